"""A share of the photographs of a run, for one of several machines that know nothing of each other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from hemolens.errors import UsageError, quoted

Each = TypeVar("Each")


class Shard(NamedTuple):
    """Every so many photographs of a run, by their places in its list.

    Attributes
    ----------
    number : int
        From 1.
    of : int
        How many shards there are.

    Examples
    --------
    >>> Shard(2, 3).pick("abcdefgh")
    ['b', 'e', 'h']

    """

    number: int
    of: int

    def pick(self, photographs: Sequence[Each]) -> list[Each]:
        """Take the photographs of this shard out of those of the run."""
        return list(photographs[self.number - 1 :: self.of])


WHOLE = Shard(1, 1)
"""All photographs."""


def read_shard(text: str) -> Shard:
    """Read a shard such as ``3/20``.

    Raises
    ------
    UsageError

    Examples
    --------
    >>> read_shard("3/20")
    Shard(number=3, of=20)

    """
    found = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text.strip())
    shard = Shard(int(found[1]), int(found[2])) if found else Shard(0, 0)
    if not 1 <= shard.number <= shard.of:
        raise UsageError(
            "there is no such shard",
            came=quoted(text),
            allowed="K/N with K from 1 to N, such as 3/20",
            do="give the number of this shard and how many there are",
            option="shard",
        )
    return shard
