"""Standard output and standard error that nobody reads must not end a run."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any, TextIO


class UnfailingStream:
    """A text stream whose writing and flushing never fail: what cannot be shown is lost, and nothing else.

    Parameters
    ----------
    stream : text file

    Examples
    --------
    >>> import io
    >>> closed = io.StringIO()
    >>> closed.close()
    >>> UnfailingStream(closed).write("lost")
    4

    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):  # ValueError: it is closed
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def keep_streams_from_failing() -> None:
    """Put :class:`UnfailingStream` in the place of standard output and standard error, for the rest of the process."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None and not isinstance(stream, UnfailingStream):
            setattr(sys, name, UnfailingStream(stream))
