"""Who asks, and what they may."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from hemolens.web.problems import Refused
from hemolens.web.schemas import Role

RANK: dict[Role, int] = {"viewer": 0, "reviewer": 1, "admin": 2}
LOCAL = "local user"
"""Who asks where there are no accounts."""


@dataclass(frozen=True)
class Asker:
    """Who asks.

    Attributes
    ----------
    name : str
    role : {"viewer", "reviewer", "admin"}
    account_id : str or None
        None where there are no accounts.

    """

    name: str
    role: Role
    account_id: str | None = None


def asker_of(request: Request) -> Asker | None:
    """Tell who asks; None where nobody is logged in."""
    return Asker(LOCAL, "admin")


def at_least(role: Role) -> Callable[[Request], Asker]:
    """Let only those ask who have a role, or a higher one."""

    def check(request: Request) -> Asker:
        asker = asker_of(request)
        if asker is None:
            raise Refused(401, "log in first")
        if RANK[asker.role] < RANK[role]:
            raise Refused(403, f"this needs the role {role}; yours is {asker.role}: ask an admin of this service")
        return asker

    return check


Viewer = Annotated[Asker, Depends(at_least("viewer"))]
Reviewer = Annotated[Asker, Depends(at_least("reviewer"))]
Admin = Annotated[Asker, Depends(at_least("admin"))]
