"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from hemolens.errors import OutputError, UsageError, quoted
from hemolens.files.interruptions import interruptions_wait

if TYPE_CHECKING:
    from filelock import FileLock

PREFIX = ".hemolens-"
"""Of the names of draft folders."""

LOCK = ".hemolens.lock"
"""The file that is locked while somebody writes into its folder. The lock of a dead process is free."""

UNFINISHED = "unfinished-"
"""Of the names of folders with what a run had written when it was killed."""


class WholeFiles:
    """A hidden draft folder whose files replace those of ``folder`` when all of them are ready.

    ::

        out/.hemolens-x1y2/counts.csv  ──┐
        out/.hemolens-x1y2/overlay/a.png │ publish()   →   out/counts.csv, out/overlay/a.png
        out/counts.csv (earlier run)   ◄─┘ replaced, one file after the other

    The draft lies inside ``folder``, hence on the same disk, so that each replacement is one
    indivisible step. Whoever stops half-way calls :meth:`discard`; nothing in ``folder`` has changed
    then. Nobody else can write into ``folder`` in this way until one of the two was called.

    A run that was killed leaves its draft. The next one in that folder keeps what the draft has as ``unfinished-1``,
    ``unfinished-2``, and so on.

    Parameters
    ----------
    folder : Path
        Made, with its parents, when it does not exist.
    wait_s : float, default 0
        For how many seconds to wait while another run writes into the folder.

    Attributes
    ----------
    draft : Path
        Where the files are written first.
    unfinished : list of Path
        Folders with what killed runs had written.
    is_published : bool
        Whether the files are in their places.

    Raises
    ------
    UsageError
        ``folder`` is a file, cannot be made or written to, or another run writes into it.

    """

    def __init__(self, folder: Path, wait_s: float = 0) -> None:
        self.folder = folder
        self._made_folder = not os.path.lexists(folder)
        self._lock: FileLock | None = None
        self.unfinished: list[Path] = []
        self.is_published = False
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = _lock(folder, wait_s)
            self.unfinished = _keep_unfinished(folder)
            self.draft = Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder))
        except UsageError:
            raise
        except (FileExistsError, NotADirectoryError):
            raise UsageError(
                "the output folder is not a folder",
                came=f"'{folder}', which is or lies below a file",
                allowed="a folder, existing or new",
                do="choose another folder",
                option="out",
            ) from None
        except (OSError, ValueError) as error:
            self._unlock()
            raise UsageError(
                "the output folder cannot be written to",
                came=f"'{folder}' ({_reason(error)})",
                allowed="a folder in which files can be made",
                do="choose another folder, or change its permissions",
                option="out",
            ) from error

    def publish(self, stale: Sequence[Path] = (), last: str = "") -> None:
        """Move every file of the draft to its place.

        Parameters
        ----------
        stale : sequence of Path
            Files of ``folder`` that are removed first, with the folders that are empty then: what an earlier run left
            and this one lacks.
        last : str
            Name of the file that is moved after all others, and removed before the first: while it is
            there, all files belong to one run.

        Raises
        ------
        OutputError
            A file cannot be replaced, for instance because another program holds it open. The draft
            is kept, and the message says where.

        """
        drafted = sorted(path.relative_to(self.draft) for path in self.draft.rglob("*") if path.is_file())
        drafted.sort(key=lambda path: path == Path(last))
        with interruptions_wait():
            try:
                self._move(drafted, stale, last)
                self.is_published = True
            finally:
                self._unlock()

    def _move(self, drafted: Sequence[Path], stale: Sequence[Path], last: str) -> None:
        target = self.folder / last
        try:
            for old in [target, *stale] if last else stale:
                old.unlink(missing_ok=True)
            self._remove_emptied_folders(stale)
            for relative in drafted:
                target = self.folder / relative
                target.parent.mkdir(parents=True, exist_ok=True)
                (self.draft / relative).replace(target)
        except OSError as error:
            raise OutputError(
                f"'{target}' cannot be replaced",
                came=_reason(error),
                allowed="a file that no other program holds open",
                do=f"close it and take the finished files from '{self.draft}'",
            ) from error
        shutil.rmtree(self.draft, ignore_errors=True)

    def _remove_emptied_folders(self, removed: Sequence[Path]) -> None:
        below = {parent for path in removed for parent in path.parents if self.folder in parent.parents}
        for inner_first in sorted(below, key=lambda path: -len(path.parts)):
            with suppress(OSError):  # it holds something else, or is none of ours
                inner_first.rmdir()

    def keep_unfinished(self) -> None:
        """Give the draft up, but keep what it has, as the next run in the folder does for one that was killed."""
        self.unfinished += _keep_unfinished(self.folder)
        self._unlock()

    def discard(self) -> None:
        """Throw the draft away, and the folder too if it was made for it and holds nothing else."""
        shutil.rmtree(self.draft, ignore_errors=True)
        self._unlock()
        if self._made_folder:
            with suppress(OSError):  # it holds something else, or has gone
                self.folder.rmdir()

    def _unlock(self) -> None:
        if self._lock is None:
            return
        with suppress(OSError):  # Windows removes no open file; there, it goes with the lock
            (self.folder / LOCK).unlink()
        with suppress(OSError):
            self._lock.release()
        self._lock = None


def _lock(folder: Path, wait_s: float) -> FileLock:
    from filelock import FileLock, Timeout

    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=wait_s)
    except Timeout:
        raise UsageError(
            "another run is writing into the output folder",
            came=quoted(folder),
            allowed="a folder into which nothing else writes",
            do="wait until that run is over, or choose another folder",
            option="out",
        ) from None
    return lock


def _keep_unfinished(folder: Path) -> list[Path]:
    """Give the drafts of killed runs names that are seen, and remove those that hold nothing."""
    kept = []
    for draft in sorted(folder.glob(f"{PREFIX}*/")):
        if any(path.stat().st_size for path in draft.rglob("*") if path.is_file()):
            free = next(each for n in count(1) if not os.path.lexists(each := folder / f"{UNFINISHED}{n}"))
            kept.append(draft.rename(free))
        else:
            shutil.rmtree(draft, ignore_errors=True)
    return kept


def unfinished_folders(folder: Path) -> list[Path]:
    """Find the folders with what killed runs had written, the last one at the end."""
    numbered = {path: path.name.removeprefix(UNFINISHED) for path in folder.glob(f"{UNFINISHED}*/")}
    return sorted((path for path, n in numbered.items() if n.isdecimal()), key=lambda path: int(numbered[path]))


def write_whole(path: Path, content: bytes) -> None:
    """Write one file so that it appears whole or not at all.

    Parameters
    ----------
    path : Path
        Its folder is made when it does not exist; a file of that name is replaced.
    content : bytes

    Raises
    ------
    UsageError
        The folder cannot be written to, or another run has been writing into it for ten seconds.
    OutputError
        The disk is full, or the file cannot be replaced.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(Path(folder) / "a.txt", b"whole")
    ...     (Path(folder) / "a.txt").read_bytes()
    b'whole'

    """
    write_all(path.parent, {path.name: content}, wait_s=10)


def write_all(folder: Path, contents: Mapping[str, bytes], last: str = "", wait_s: float = 0) -> None:
    """Write files that belong together, so that all of them appear or none does.

    Parameters
    ----------
    folder : Path
    contents : mapping
        Name of each file → what it holds.
    last : str
        As in :meth:`WholeFiles.publish`.
    wait_s : float
        As in :class:`WholeFiles`.

    Raises
    ------
    UsageError
        The folder cannot be written to.
    OutputError
        The disk is full, or a file cannot be replaced.

    """
    files = WholeFiles(folder, wait_s)
    try:
        with disk_errors_named(folder):
            for name, content in contents.items():
                (files.draft / name).write_bytes(content)
    except BaseException:
        files.discard()
        raise
    files.publish(last=last)


def bring(path: Path, content: bytes | Path) -> int:
    """Put a file where there is none yet, and bring it to the disk.

    Parameters
    ----------
    path : Path
        Its folder is made when it does not exist.
    content : bytes or Path
        What it holds, or a file that holds it: one on the same disk is linked, not copied, where the disk can do that.

    Returns
    -------
    int
        Its size in bytes.

    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        with path.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    else:
        try:
            path.hardlink_to(content)
        except OSError:
            shutil.copyfile(content, path)
    return path.stat().st_size


@contextmanager
def disk_errors_named(folder: Path) -> Iterator[None]:
    """Turn an error of the disk into one line for the user.

    Parameters
    ----------
    folder : Path
        Where something is being written.

    Raises
    ------
    OutputError
        In the place of an ``OSError``.

    """
    try:
        yield
    except OSError as error:
        raise OutputError(
            "the results cannot be written",
            came=f"'{_reason(error)}' in '{folder}'",
            allowed="a folder on a disk with room for the tables and the overlay pictures",
            do="make room, or choose another folder",
            option="out",
        ) from error


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
