"""Everything hemolens raises on purpose.

::

    HemolensError
    ├── UsageError        the call is wrong: an option, a value, a combination
    ├── PhotographError   a file or an array that is not a readable photograph
    ├── ModelError        trained weights or their card are missing or damaged
    ├── LabelError        labels to measure against are malformed or do not fit their photographs
    ├── TrainingError     a training configuration, its labels or its checkpoint do not fit
    ├── OutputError       results cannot be written where they were asked for
    ├── ClusterError      the machines that count are out of reach, or cannot count
    ├── ReviewError       a correction cannot be made, or a kept result cannot be read
    └── ConflictError     a correction does not fit the cells as somebody else has left them

A message says four things: what is wrong, what came, what is allowed, and what to do.
:class:`HemolensError` composes it, so that none of the four is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Self


class HemolensError(Exception):
    """Base of all errors of hemolens.

    Parameters
    ----------
    what : str
        What is wrong.
    came, allowed, do : str
        What came, what is allowed, and what to do about it.
    option : str, optional
        Name of the parameter that is wrong, such as ``"diameter_px"``; a door says what it is called there.

    Examples
    --------
    >>> print(UsageError("unknown counter", came="'hough'", allowed="watershed, circle-hough",
    ...                  do="choose one of these", option="counter"))
    unknown counter: got 'hough'; allowed: watershed, circle-hough; choose one of these

    """

    def __init__(self, what: str, *, came: str, allowed: str, do: str, option: str | None = None) -> None:
        self.what, self.came, self.allowed, self.do, self.option = what, came, allowed, do, option
        super().__init__(" ".join(f"{what}: got {came}; allowed: {allowed}; {do}".split()))

    def __reduce__(self) -> tuple[Callable[[], HemolensError], tuple[()]]:
        """Let it pass from one process to another."""
        make = partial(type(self), self.what, came=self.came, allowed=self.allowed, do=self.do, option=self.option)
        return make, ()

    def renamed(self, old: str, new: str) -> Self:
        """Give the same error with another name for something, such as that which the user knows.

        >>> error = UsageError("no photograph", came="'/data/4f.png'", allowed="a PNG", do="send another")
        >>> print(error.renamed("/data/4f.png", "smear.png"))
        no photograph: got 'smear.png'; allowed: a PNG; send another
        """
        what, came, allowed, do = (text.replace(old, new) for text in (self.what, self.came, self.allowed, self.do))
        return type(self)(what, came=came, allowed=allowed, do=do, option=self.option)


class UsageError(HemolensError):
    """The call is wrong: an option, a value or a combination of them."""


class PhotographError(HemolensError):
    """A file or an array that cannot be read as a photograph."""


class ModelError(HemolensError):
    """Trained weights or their card are missing, damaged or of another format."""


class LabelError(HemolensError):
    """Labels to measure against are malformed, or do not fit their photographs."""


class TrainingError(HemolensError):
    """A training configuration, its labels or its checkpoint are not usable."""


class OutputError(HemolensError):
    """Results cannot be written where they were asked for."""


class ClusterError(HemolensError):
    """The machines that count are out of reach, or cannot count."""


class ReviewError(HemolensError):
    """A correction cannot be made as it was asked for, or a kept result cannot be read."""


class ConflictError(HemolensError):
    """A correction does not fit the cells as they are now: somebody has changed them in between."""


def quoted(text: object) -> str:
    """Quote a name for a one-line message; control characters become escapes."""
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in str(text))
    return f"'{safe}'"
