"""Notes what a process writes, sends and starts."""

import os
import socket
import sys
from pathlib import Path
from typing import Any

PATHS_OF = {
    "os.mkdir": 1, "os.remove": 1, "os.rmdir": 1, "os.rename": 2, "os.link": 2, "os.symlink": 2, "os.chmod": 1,
    "os.utime": 1, "shutil.rmtree": 1,
}  # fmt: skip
"""Event that changes files → how many paths it begins with."""

STARTS = ("subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn")


def watch(*folders: Path) -> list[str]:
    """Note from now on every write outside of some folders, every socket that leads out, and every new process.

    Only what Python itself does is seen. The pair of local sockets by which an event loop wakes itself leads nowhere.
    """
    seen: list[str] = []
    inside = [each.resolve() for each in folders]

    def is_outside(path: object) -> bool:
        if not isinstance(path, str | bytes | os.PathLike) or os.fsdecode(path) == os.devnull:
            return False
        return not any(Path(os.path.realpath(os.fsdecode(path))).is_relative_to(each) for each in inside)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        is_in_opened_folder = event.startswith("os.") and isinstance(arguments[-1], int) and arguments[-1] >= 0
        paths = () if is_in_opened_folder else arguments[: PATHS_OF.get(event, 0)]  # rmtree itself names the folder
        if event == "open" and isinstance(arguments[2], int):
            paths = arguments[:1] if arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) else ()
        is_local = event == "socket.__new__" and arguments[1] == getattr(socket, "AF_UNIX", None)
        if event.startswith(STARTS) or (event.startswith("socket.") and not is_local):
            seen.append(f"{event} {arguments!r:.200}")
        seen.extend(f"{event} {path!r}" for path in paths if is_outside(path))

    sys.addaudithook(hook)
    return seen
