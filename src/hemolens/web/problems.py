"""What is answered when something is not done: always a :class:`~hemolens.web.schemas.Problem`, never a traceback."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from hemolens.errors import ConflictError, HemolensError, OutputError, quoted
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

    """

    def __init__(self, status: int, what: str, *, conflict: bool = False) -> None:
        super().__init__(what)
        self.status, self.problem = status, Problem(what=what, conflict=conflict)


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
        415: "Not a photograph",
        422: "A value is not allowed",
        429: "Too many requests",
        503: "Busy, or the disk is full: try again",
    }.items()
}
"""For the description of the API: what any route may answer."""


_STATUS: dict[type[HemolensError], int] = {ConflictError: 409, OutputError: 503}


def add_problems(app: FastAPI) -> None:
    """Make an answer of everything that goes wrong."""

    @app.exception_handler(Refused)
    def _refused(_: Request, error: Refused) -> JSONResponse:
        return _answer(error.status, error.problem)

    @app.exception_handler(HemolensError)
    def _known(_: Request, error: HemolensError) -> JSONResponse:
        status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 422)
        return _answer(status, Problem(what=str(error), option=error.option, conflict=status == 409))

    @app.exception_handler(RequestValidationError)
    def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        place = ".".join(str(each) for each in first["loc"][1:]) or "the request"
        return _answer(422, Problem(what=f"{quoted(place)} is not allowed: {first['msg']}", option=place))

    @app.exception_handler(HTTPException)
    def _http(_: Request, error: HTTPException) -> JSONResponse:
        return _answer(error.status_code, Problem(what=str(error.detail)), error.headers)

    @app.exception_handler(OperationalError)
    def _busy(_: Request, error: OperationalError) -> JSONResponse:
        _log.warning("the database does not answer: %s", error.orig)
        return _answer(503, Problem(what="the database is busy or its disk is full: try again in a moment"))

    @app.exception_handler(Exception)
    def _bug(_: Request, error: Exception) -> JSONResponse:
        _log.exception("a bug in hemolens", exc_info=error)
        return _answer(500, Problem(what="a bug in hemolens, please report it; nothing was changed"))


def _answer(status: int, problem: Problem, headers: Any = None) -> JSONResponse:
    return JSONResponse(problem.model_dump(), status, headers)
