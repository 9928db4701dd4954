"""Steps that are done as a whole, although somebody wants to stop the program."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""What ends a program: Ctrl-C, a time limit, a closed terminal. Windows has no SIGHUP."""


@contextmanager
def interruptions_wait() -> Iterator[None]:
    """Let Ctrl-C, and the other signals that end a program in an orderly way, wait until a step is done.

    They are delivered afterwards. Signals that end the program at once still do; so do all in threads other than the
    main one, where Python delivers none.

    Examples
    --------
    >>> try:
    ...     with interruptions_wait():
    ...         signal.raise_signal(signal.SIGINT)
    ...         print("done")
    ... except KeyboardInterrupt:
    ...     print("stopped")
    done
    stopped

    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []
    handled = {number: handler for number in SIGNALS if callable(handler := signal.getsignal(number))}
    for number in handled:
        signal.signal(number, lambda number, _: received.append(number))
    try:
        yield
    finally:
        for number, handler in handled.items():
            signal.signal(number, handler)
    if received:
        signal.raise_signal(received[0])
