"""The page, built from the sources in ``page/`` when the package is made."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse, PlainTextResponse, Response
from fastapi.staticfiles import StaticFiles

from hemolens.web.problems import Refused

BUILT = Path(__file__).parent / "page_built"
"""Where the build puts it."""

MISSING = "The page of hemolens is not built. From a copy of the sources run: make web"


def add_page(app: FastAPI) -> None:
    """Answer what is not of the API with the page."""
    if BUILT.is_dir():
        app.mount("/assets", StaticFiles(directory=BUILT / "assets", check_dir=False), name="assets")

    @app.get("/{path:path}", include_in_schema=False)
    def _page(path: str) -> Response:
        if path.startswith("api/"):
            raise Refused(404, "there is nothing at this address")
        if not (BUILT / "index.html").is_file():
            return PlainTextResponse(MISSING, 503)
        return FileResponse(BUILT / "index.html", headers={"Cache-Control": "no-cache"})
