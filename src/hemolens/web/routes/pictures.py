"""Photographs as pictures: tiles for zooming, and parts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from hemolens.images.box import Box
from hemolens.images.deep_zoom import crop, tile
from hemolens.output.report.cell_picture import jpeg_bytes
from hemolens.web.access import Viewer
from hemolens.web.problems import not_found
from hemolens.web.service import Served, photograph_row

router = APIRouter(tags=["pictures"])
_KEPT = {"Cache-Control": "private, max-age=31536000, immutable"}
_JPEG: dict[int | str, dict[str, object]] = {200: {"content": {"image/jpeg": {}}, "description": "A picture"}}


@router.get("/photographs/{photograph}/tiles/{level}/{col}/{row}.jpg", responses=_JPEG, response_class=Response)
def get_tile(photograph: str, level: int, col: int, row: int, service: Served, _: Viewer) -> Response:
    """Give a tile, 512 pixels wide; the last level is full resolution, each before it half of that."""
    with service.database.reading() as session:
        image = service.image(photograph_row(session, photograph))
    drawn = tile(image, level, col, row)
    if drawn is None:
        raise not_found("tile")
    return Response(jpeg_bytes(drawn), media_type="image/jpeg", headers=_KEPT)


@router.get("/photographs/{photograph}/part.jpg", responses=_JPEG, response_class=Response)
def get_part(
    photograph: str,
    x: Annotated[float, Query(ge=-1e6, le=1e7, allow_inf_nan=False)],
    y: Annotated[float, Query(ge=-1e6, le=1e7, allow_inf_nan=False)],
    width: Annotated[float, Query(gt=0, le=4096, allow_inf_nan=False)],
    side: Annotated[int, Query(ge=16, le=1024)],
    service: Served,
    _: Viewer,
) -> Response:
    """Give the square around a place, `width` pixels of the photograph wide, drawn `side` pixels wide."""
    half = max(round(width / 2), 1)
    with service.database.reading() as session:
        image = service.image(photograph_row(session, photograph))
    drawn = crop(image, Box(round(y) - half, round(x) - half, round(y) + half, round(x) + half), side)
    return Response(jpeg_bytes(drawn), media_type="image/jpeg", headers=_KEPT)
