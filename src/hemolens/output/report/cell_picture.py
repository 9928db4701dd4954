"""A photograph and its cells → a reduced picture with the outlines over it, for pages.

The photograph is reduced, the outlines are not drawn into it: in the HTML they can be switched off type by type, say
what they are when the pointer rests on them, and stay thin when one zooms in.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import PlainSerializer, PlainValidator

from hemolens.cell_types import CELL_NAMES, CELL_TYPES, CellType
from hemolens.cells.cell import Cell
from hemolens.output.overlay import COLOURS, draw_cells

if TYPE_CHECKING:
    from hemolens.counted_image import CountedImage
    from hemolens.measurements.scale import RedCellDiameter

JPEG_QUALITY = 80

MOST_OUTLINES = 10_000
"""More cells than these are drawn into the picture: a page with so many outlines would open slowly or not at all."""

Points = Annotated[
    NDArray[np.float64],
    PlainValidator(lambda given: np.asarray(given, np.float64)),
    PlainSerializer(lambda points: points.tolist()),
]
"""ndarray of float64, which JSON can hold."""

_HINT = "Rest the pointer on a cell to see what it is. Click the picture: then the wheel zooms, and dragging moves."

_TOLERANCE_PX = 0.7
"""An outline with fewer corners is nowhere further from the true one, in pixels of the picture."""


def hex_colour(kind: CellType) -> str:
    """Write the colour of a cell type as in HTML.

    >>> hex_colour("wbc")
    '#ffdd00'
    """
    return "#" + "".join(f"{part:02x}" for part in COLOURS[kind])


@dataclass(frozen=True, eq=False)
class Outline:
    """One cell over a picture.

    Attributes
    ----------
    number : int
        Its number in ``cells.csv``.
    type : {"rbc", "wbc", "plt"}
    points : ndarray of float64, shape (N, 2)
        x and y of its corners in pixels of the picture, zero at the outer corner of the first one.
    title : str
        What it is, how wide, how sure.
    is_unsure : bool
        Whether a person should look at it.

    """

    number: int
    type: CellType
    points: Points
    title: str
    is_unsure: bool


@dataclass(frozen=True, eq=False)
class CellPicture:
    """A reduced photograph with the outlines of its cells.

    Attributes
    ----------
    anchor : str
        Its id on the page; letters and digits.
    jpeg : bytes
    width, height : int
        In pixels of the picture.
    outlines : list of Outline
        Red cells first and platelets last, so that the small ones are not hidden; empty where there are so many that
        they are drawn into the picture.
    borders : list of ndarray of float64, shape (N, 2)
        Closed lines around the region that is counted, as `Outline.points`; empty for the whole photograph.
    types : sequence of {"rbc", "wbc", "plt"}
        Those whose cells were located.

    """

    anchor: str
    jpeg: bytes
    width: int
    height: int
    outlines: list[Outline]
    borders: list[Points]
    types: Sequence[CellType] = CELL_TYPES

    def html(self) -> str:
        """Give the picture with a box to tick for each cell type, as HTML that may stand within a line."""
        switches = "".join(self._switch(kind) for kind in self.types) if self.outlines else ""
        buttons = "".join(
            f'<button type="button" data-factor="{factor}" hidden>{name}</button>'
            for factor, name in (("1.5", "zoom in"), ("0.667", "zoom out"), ("0", "whole image"))
        )
        picture = base64.b64encode(self.jpeg).decode()
        shapes = [self._border(points) for points in self.borders] + [self._polygon(each) for each in self.outlines]
        return (
            f'<span class="cells" id="{self.anchor}">{switches}{buttons}<small>{_HINT}</small>'
            f'<svg class="view" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" '
            f'width="{self.width}" tabindex="0" role="img" aria-label="photograph with its counted cells">'
            f'<image width="{self.width}" height="{self.height}" href="data:image/jpeg;base64,{picture}"/>\n'
            + "\n".join(shapes)
            + "</svg></span>"
        )

    def _switch(self, kind: CellType) -> str:
        name, n = f"{self.anchor}-{kind}", sum(each.type == kind for each in self.outlines)
        return (
            f'<input type="checkbox" id="{name}" class="show-{kind}" checked>'
            f'<label for="{name}" class="of-{kind}">{CELL_NAMES[kind]}: {n}</label> '
        )

    def _polygon(self, each: Outline) -> str:
        kind = f"{each.type} unsure" if each.is_unsure else each.type
        return (
            f'<polygon id="{self.anchor}-{each.number}" class="{kind}" points="{_in_svg(each.points)}">'
            f"<title>{html.escape(each.title)}</title></polygon>"
        )

    @staticmethod
    def _border(points: NDArray[np.float64]) -> str:
        return f'<polygon class="border" points="{_in_svg(points)}"/>'


def make_cell_picture(result: CountedImage, anchor: str, longest_side_px: int) -> CellPicture:
    """Reduce a counted photograph and bring its outlines to the same size.

    Parameters
    ----------
    result : CountedImage
    anchor : str
        Id of the picture on its page; letters and digits.
    longest_side_px : int
        The picture is not longer or wider; a smaller photograph is not enlarged.

    Returns
    -------
    CellPicture

    """
    pixels = reduced(result.image.overview(), longest_side_px)
    height, width = pixels.shape[:2]
    if len(result.cells) > MOST_OUTLINES:
        ruler_px, shape = result.red_cell_diameter.px, result.image.shape
        drawn = draw_cells(pixels, result.cells, ruler_px, result.region, of_shape=shape)
        return CellPicture(anchor, jpeg_bytes(drawn), width, height, [], [])
    scale = np.array([width, height]) / np.array(result.image.shape[::-1])
    outlines = [
        Outline(
            number,
            cell.type,
            _with_fewer_corners((cell.outline[:, ::-1].astype(np.float64) + 0.5) * scale),
            cell_title(cell, number, result.red_cell_diameter, is_unsure=result.is_unsure(cell)),
            result.is_unsure(cell),
        )
        for number, cell in enumerate(result.cells, start=1)
    ]
    outlines.sort(key=lambda each: CELL_TYPES.index(each.type))
    borders = [] if result.region is None else [ring * scale for ring in result.region.borders]
    types = [kind for kind in CELL_TYPES if kind not in result.unlocated]
    return CellPicture(anchor, jpeg_bytes(pixels), width, height, outlines, borders, types)


def cell_title(cell: Cell, number: int, ruler: RedCellDiameter, *, is_unsure: bool) -> str:
    """Say what a cell is, how wide and how sure, in one line."""
    um = ruler.um_per_px
    in_um = "" if um is None else f" = {cell.diameter_px * um:.1f} µm ({ruler.um_origin.partition(':')[0]})"
    parts = [f"diameter {cell.diameter_px:.1f} px{in_um}", f"score {cell.score:.2f}"]
    parts += ["unsure: look at it"] if is_unsure else []
    parts += ["at the frame"] if cell.touches_frame else []
    return f"{CELL_NAMES[cell.type].removesuffix('s')} {number}: {', '.join(parts)}"


def reduced(pixels: NDArray[np.uint8], longest_side_px: int) -> NDArray[np.uint8]:
    """Make a picture so small that no side is longer; a smaller one stays as it is.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
    longest_side_px : int

    Returns
    -------
    ndarray of uint8, shape (H', W', 3)

    Examples
    --------
    >>> reduced(np.zeros((30, 60, 3), np.uint8), 20).shape
    (10, 20, 3)

    """
    import cv2

    height, width = pixels.shape[:2]
    scale = min(1.0, longest_side_px / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.array(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def jpeg_bytes(pixels: NDArray[np.uint8]) -> bytes:
    r"""Encode a picture as JPEG.

    >>> jpeg_bytes(np.zeros((1, 1, 3), np.uint8))[:2]
    b'\xff\xd8'
    """
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="JPEG", quality=JPEG_QUALITY)
    return buffer.getvalue()


def _with_fewer_corners(points: NDArray[np.float64]) -> NDArray[np.float64]:
    import cv2

    fewer = cv2.approxPolyDP(points.astype(np.float32)[:, None], _TOLERANCE_PX, True).reshape(-1, 2)
    kept: NDArray[np.float64] = (fewer if len(fewer) > 2 else points).astype(np.float64)
    return kept


def _in_svg(points: NDArray[np.float64]) -> str:
    return " ".join(f"{x:.5g},{y:.5g}" for x, y in points.round(1).tolist())
