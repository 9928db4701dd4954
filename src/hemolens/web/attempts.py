"""Attempts at passwords: how often somebody may be wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, Request

from hemolens.web.accounts import folded
from hemolens.web.limits import Allowance
from hemolens.web.problems import Refused


class Attempts:
    """Wrong passwords that are allowed: of a name from one address, of a name from anywhere, and from one address."""

    def __init__(self) -> None:
        self._here, self._name, self._address = Allowance(10, 900), Allowance(50, 3600), Allowance(100, 3600)

    @contextmanager
    def one(self, name: str, address: str) -> Iterator[None]:
        """Try a password while the block runs; one that is wrong is left with an exception.

        Raises
        ------
        Refused
            Too many were wrong.

        """
        name = folded(name)
        asked = ((self._here, f"{address} {name}"), (self._name, name), (self._address, address))
        taken: list[tuple[Allowance, str]] = []
        for allowance, key in asked:
            wait_s = allowance.take(key)
            if wait_s:
                _give_back(taken)
                raise Refused(429, "too many wrong passwords: wait before you try again", retry_after_s=wait_s)
            taken.append((allowance, key))
        yield
        _give_back(taken)


def _give_back(taken: list[tuple[Allowance, str]]) -> None:
    for allowance, key in taken:
        allowance.give_back(key)


def _attempts_of(request: Request) -> Attempts:
    attempts: Attempts = request.app.state.attempts
    return attempts


Guarded = Annotated[Attempts, Depends(_attempts_of)]
