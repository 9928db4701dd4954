"""How a command ends before its time: Ctrl-C, a time limit, a closed terminal."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import typer

INTERRUPTED_STATUS = 130
"""What shells report for a command stopped by Ctrl-C: 128 and the number of the signal."""


@contextmanager
def ended_in_order() -> Iterator[None]:
    """End by SIGTERM and SIGHUP as by Ctrl-C: with a KeyboardInterrupt, so that what was counted is written.

    Only the first of them counts; a scheduler may send several. One that is ignored (``nohup``) stays so, and threads
    other than the main one change nothing. Windows has no SIGHUP.

    Raises
    ------
    typer.Exit
        Exit status 143 for SIGTERM, 129 for SIGHUP in place of that for Ctrl-C.

    """
    received: list[int] = []
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    is_main = threading.current_thread() is threading.main_thread()
    handled = [number for number in numbers if is_main and signal.getsignal(number) is signal.SIG_DFL]

    def end(number: int, _: FrameType | None) -> None:
        if not received:
            received.append(number)
            raise KeyboardInterrupt

    for number in handled:
        signal.signal(number, end)
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("hemolens: interrupted", err=True)
        raise typer.Exit(_status(received)) from None
    except typer.Exit as left:
        if left.exit_code != INTERRUPTED_STATUS:
            raise
        raise typer.Exit(_status(received)) from None
    finally:
        for number in handled:
            signal.signal(number, signal.SIG_DFL)


def _status(received: list[int]) -> int:
    return 128 + received[0] if received else INTERRUPTED_STATUS
