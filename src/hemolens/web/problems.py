"""What is answered when something is not done: always a :class:`~hemolens.web.schemas.Problem`, never a traceback."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from hemolens.errors import ConflictError, HemolensError, OutputError, quoted
from hemolens.web.database.sessions import BUSY
from hemolens.web.schemas import Problem

_log = logging.getLogger("hemolens.web")


class Refused(Exception):  # noqa: N818  it is not an error of the program
    """The answer is no.

    Parameters
    ----------
    status : int
        Of HTTP: 401, 403, 404, 409, 413, 415, 429 …
    what : str
        Why, and what to do, in one line.
    conflict : bool
        Whether somebody else changed what was to be changed.
    retry_after_s : float, optional
        After how many seconds it may be tried again.

    """

    def __init__(self, status: int, what: str, *, conflict: bool = False, retry_after_s: float | None = None) -> None:
        super().__init__(what)
        self.status, self.problem = status, Problem(what=what, conflict=conflict)
        self.headers: dict[str, str] = {}
        if status == 401:
            self.headers["WWW-Authenticate"] = "Bearer"
        if retry_after_s is not None:
            self.headers["Retry-After"] = str(math.ceil(retry_after_s))


def not_found(what: str) -> Refused:
    """Say that there is no such thing, or no longer."""
    return Refused(404, f"there is no such {what}, or it was deleted")


RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": text}
    for status, text in {
        400: "Malformed",
        401: "Log in first",
        403: "Not allowed",
        404: "There is no such thing",
        409: "It has changed, or may not be changed",
        413: "Too large",
        415: "Not a photograph, or not JSON",
        421: "A service of another name",
        422: "A value is not allowed",
        429: "Too many requests",
        503: "Busy, or the disk is full: try again",
    }.items()
}
"""For the description of the API: what any route may answer."""


_STATUS: dict[type[HemolensError], int] = {ConflictError: 409, OutputError: 503}


def add_problems(app: FastAPI) -> None:
    """Make an answer of everything that goes wrong."""

    async def handle(_: Request, error: Exception) -> JSONResponse:
        return answer_to(error)

    for kind in (Refused, HemolensError, RequestValidationError, HTTPException, *BUSY):
        app.add_exception_handler(kind, handle)


def answer_to(error: Exception) -> JSONResponse:
    """Make an answer of what went wrong; what nobody expected is logged, and not told."""
    headers: Mapping[str, str] | None = None
    match error:
        case Refused():
            status, problem, headers = error.status, error.problem, error.headers
        case HemolensError():
            status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 422)
            problem = Problem(what=str(error), option=error.option, conflict=status == 409)
        case RequestValidationError():
            first = error.errors()[0]
            place = ".".join(str(each) for each in first["loc"][1:]) or "the request"
            status, problem = 422, Problem(what=f"{quoted(place)} is not allowed: {first['msg']}", option=place)
        case HTTPException(__cause__=OSError()):  # the body could not be put aside
            status, problem = 503, Problem(what="the service cannot keep what is sent: make room on its disk")
        case HTTPException():
            status, problem, headers = error.status_code, Problem(what=str(error.detail)), error.headers
        case _ if isinstance(error, BUSY):
            _log.warning("the database does not answer: %s", getattr(error, "orig", error))  # without what was written
            status, problem = 503, Problem(what="the database is busy or its disk is full: try again in a moment")
        case _:
            _log.error("a bug in hemolens", exc_info=error)
            status, problem = 500, Problem(what="a bug in hemolens, please report it; nothing was changed")
    return JSONResponse(problem.model_dump(), status, headers)
