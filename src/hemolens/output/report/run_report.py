"""``report.html`` and ``report.pdf``: a run as a person looks at it, made photograph by photograph.

A photograph is reduced as soon as it is counted; only the small picture is kept, and not more than
:data:`MOST_PICTURES` of them. So neither memory nor the files grow beyond what can be mailed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.models.classifier_card import ClassifierCard
from hemolens.output.entries import Place
from hemolens.output.report import FILE_NAMES
from hemolens.output.report.cell_picture import CellPicture, hex_colour, jpeg_bytes, make_cell_picture, reduced
from hemolens.output.report.charts import FEWEST_CELLS, fields_plot, shape_plot, size_plot
from hemolens.output.report.html_page import html_page
from hemolens.output.report.limit_pictures import cells_beyond, picture_of
from hemolens.output.report.page import (
    NOTICE,
    Reported,
    ReportedPhotograph,
    beyond_limit,
    beyond_name,
    diameters_of,
    diameters_um,
    fields_name,
    markdown_page,
    picture_name,
    shape_name,
    sizes_name,
    thumbnail_name,
    unrejected,
)
from hemolens.output.report.pdf_page import Picture, pdf_page
from hemolens.output.report.plot import Plot
from hemolens.output.run_record import RunRecord
from hemolens.statistics.red_cells import LIMITS, MEASURES, join_red_cells
from hemolens.statistics.summary import TypeSummary

if TYPE_CHECKING:
    from hemolens.counted_image import CountedImage
    from hemolens.models.method import Methods

MOST_PICTURES = 100
"""Of a larger set the first so many photographs are shown; the others have a row in the table."""

LONGEST_SIDE_PX, FULL_SIZE_PICTURES = 1600, 20
"""Pictures of so many photographs are so long at most; of more they share the same number of pixels."""

_THUMBNAIL_PX = 160


class RunReport:
    """The report of one run.

    Parameters
    ----------
    methods : mapping
        Cell type → how it was counted.

    """

    def __init__(self, methods: Methods, classifier: ClassifierCard | None = None) -> None:
        self._photographs: list[Reported] = []
        self._cards = {method.card.digest: method.card for method in methods.values()}
        self._classifier = classifier

    def add(self, photograph: Reported) -> None:
        """Put the next photograph of the run into the report."""
        self._photographs.append(photograph)

    def contents(self, summary: Mapping[CellType, TypeSummary], record: RunRecord) -> dict[str, bytes]:
        """Give both files.

        Parameters
        ----------
        summary : mapping
            Of all counted photographs.
        record : mapping
            The record of the run (:mod:`hemolens.output.run_record`).

        Returns
        -------
        dict
            Name → bytes.

        """
        any_counted = any(isinstance(each, ReportedPhotograph) for each in self._photographs)
        cards = list(self._cards.values()) if any_counted else []
        markdown = markdown_page(self._photographs, summary, record, cards, self._classifier)
        pictures = draw_pictures(self._photographs)
        in_html = {name: _in_html(picture) for name, picture in pictures.items()}
        page = html_page(markdown, in_html, style=_file("report.css") + _colours(), script=_file("report.js"))
        return dict(zip(FILE_NAMES, (page.encode(), pdf_page(markdown, pictures, NOTICE)), strict=True))


def reported(image: str, result: CountedImage, place: Place) -> ReportedPhotograph:
    """Take from a counted photograph what the report needs of it.

    Parameters
    ----------
    image : str
        Its name in ``counts.csv``.
    result : CountedImage
    place : Place
        Of the photograph in its run; the first :data:`MOST_PICTURES` are shown.

    """
    has_picture = place.number <= MOST_PICTURES
    return ReportedPhotograph(
        image=image,
        size_px=result.image.shape[::-1],
        field_share=None if result.field_of_view is None else result.field_of_view.share,
        counts=result.counts,
        in_frame={kind: each.in_frame for kind, each in result.summary.items()},
        frame_area_px=result.frame.area_px,
        expected={kind: each.expected for kind, each in result.summary.items()},
        corrected=result.corrected,
        unsure=result.unsure,
        quality=result.quality,
        ruler=result.red_cell_diameter,
        diameters_px={kind: _diameters(result, kind) for kind in CELL_TYPES},
        picture=make_cell_picture(result, f"p{place.number}", longest_side_px(place.of)) if has_picture else None,
        thumbnail=jpeg_bytes(reduced(result.image.overview(), _THUMBNAIL_PX)) if has_picture else None,
        review=result.review,
        differential=result.differential,
        red_cells=result.red_cells,
        beyond_limits=cells_beyond(result) if has_picture else {},
    )


def longest_side_px(n_photographs: int) -> int:
    """Choose how large the pictures of a report are, so that a set can still be mailed.

    >>> longest_side_px(6), longest_side_px(50), longest_side_px(1000)
    (1600, 1011, 715)
    """
    n_pictures = min(max(n_photographs, FULL_SIZE_PICTURES), MOST_PICTURES)
    return int(LONGEST_SIDE_PX * (FULL_SIZE_PICTURES / n_pictures) ** 0.5)


def draw_pictures(photographs: list[Reported]) -> dict[str, Picture]:
    """Give every picture that the page of some photographs may show, by its name."""
    pictures: dict[str, Picture] = {}
    for number, each in enumerate(photographs, start=1):
        if not isinstance(each, ReportedPhotograph) or each.picture is None or each.thumbnail is None:
            continue
        pictures |= {picture_name(number): each.picture, thumbnail_name(number): each.thumbnail}
        for kind in CELL_TYPES:
            diameters, unit = diameters_of(each, kind)
            if len(diameters) >= FEWEST_CELLS:
                pictures[sizes_name(number, kind)] = size_plot(diameters, unit, kind)
    used = unrejected(photographs)
    for kind in CELL_TYPES:
        counts = [n for each in used if (n := each.in_frame[kind]) is not None]
        if len(used) > 1 and len(counts) == len(used):
            names, areas = [each.image for each in used], [each.frame_area_px for each in used]
            pictures[fields_name(kind)] = fields_plot(names, counts, areas, kind)
        if len(together := diameters_um(used, kind)) >= FEWEST_CELLS:
            pictures[sizes_name(0, kind)] = size_plot(together, "µm", kind)
    return pictures | _shape_pictures(used)


def _shape_pictures(used: Sequence[ReportedPhotograph]) -> dict[str, Picture]:
    joined = join_red_cells(each.red_cells for each in used if each.red_cells is not None)
    if joined.n_cells < FEWEST_CELLS:
        return {}
    pictures: dict[str, Picture] = {}
    for measure in MEASURES:
        limits = [each.value for each in LIMITS if each.measure == measure]
        pictures[shape_name(measure)] = shape_plot(joined.of(measure), measure.replace("_", " "), limits)
    for limit in LIMITS:
        if cells := beyond_limit(used, limit):
            pictures[beyond_name(limit)] = picture_of(cells)
    return pictures


def _diameters(result: CountedImage, kind: CellType) -> NDArray[np.float32]:
    return np.array([c.diameter_px for c in result.cells if c.type == kind and not c.touches_frame], np.float32)


def _in_html(picture: Picture) -> bytes:
    if isinstance(picture, Plot):
        return picture.svg().encode()
    return picture.html().encode() if isinstance(picture, CellPicture) else picture


def _file(name: str) -> str:
    return resources.files("hemolens.output.report").joinpath(name).read_text(encoding="utf-8")


def _colours() -> str:
    """Give the rules of the style that differ from one cell type to another."""
    rules = []
    for kind in CELL_TYPES:
        colour = hex_colour(kind)
        rules += [
            f".view .{kind} {{ stroke: {colour}; }}",
            f".of-{kind} {{ border-bottom: 4px solid {colour}; }}",
            f".show-{kind}:not(:checked) ~ .view .{kind} {{ display: none; }}",
        ]
    return "\n".join(rules)
