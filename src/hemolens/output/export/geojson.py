"""``geojson/NAME.geojson``: the cells of one photograph as objects of QuPath.

A FeatureCollection (RFC 7946) with a detection for each cell: its outline, its class with the colour of the overlay,
and its measurements. Coordinates are pixels from the upper left corner of the photograph, as QuPath counts them. In
QuPath 0.4 or later: drag the file onto the open photograph, or *File → Import objects from file*.
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from hemolens.cells.cell import Cell
from hemolens.output.cells_csv import measurements_of, name_of
from hemolens.output.entries import Entry
from hemolens.output.export.export_format import Contents, ExportFormat
from hemolens.output.export.polygon import polygon_of
from hemolens.output.overlay import COLOURS

if TYPE_CHECKING:
    from hemolens.counted_image import CountedImage


class GeoJson(ExportFormat):
    """A file for each photograph."""

    @staticmethod
    def files(entry: Entry) -> tuple[str, ...]:
        return (f"geojson/{entry.stem}.geojson",)

    @staticmethod
    def own(entry: Entry, result: CountedImage) -> Contents:
        return {name: geojson_bytes(result) for name in GeoJson.files(entry)}


def geojson_bytes(result: CountedImage) -> bytes:
    """Write the cells of one photograph.

    Parameters
    ----------
    result : CountedImage

    Returns
    -------
    bytes
        JSON in UTF-8, a line for each cell in the order of ``cells.csv``. Lengths in pixels, areas in square pixels.
        The same photograph and cells give the same bytes.

    """
    lines = [
        json.dumps(_feature(number, cell, result.image.sha256)) for number, cell in enumerate(result.cells, start=1)
    ]
    text = '{"type": "FeatureCollection", "features": [\n' + ",\n".join(lines) + "\n]}\n"
    return text.encode()


def _feature(number: int, cell: Cell, sha256: str) -> dict[str, Any]:
    ring = polygon_of(cell).tolist()
    return {
        "type": "Feature",
        "id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{sha256} {number}")),
        "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
        "properties": {
            "objectType": "detection",
            "name": f"{cell.type}-{number}",
            "classification": {"name": name_of(cell), "color": list(COLOURS[cell.type])},
            "measurements": measurements_of(cell),
        },
    }
