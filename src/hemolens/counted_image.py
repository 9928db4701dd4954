"""What counting one image gives: numbers, cells, and how they were found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from hemolens.cell_types import CellType
from hemolens.cells.cell import Cell
from hemolens.statistics.counts import Counts, FrameCounts, count_in_frame, count_in_region_frame
from hemolens.statistics.differential import Differential, count_classes
from hemolens.statistics.red_cells import RedCells, collect_red_cells

if TYPE_CHECKING:
    from hemolens.images.image import SmearImage
    from hemolens.images.region import Region
    from hemolens.measurements.colours import MeasuredColours
    from hemolens.measurements.field_of_view import FieldOfView
    from hemolens.measurements.quality import Quality
    from hemolens.measurements.scale import RedCellDiameter
    from hemolens.models.classifier_card import ClassifierCard
    from hemolens.models.method import Methods
    from hemolens.options import CountOptions
    from hemolens.statistics.summary import CountedField, TypeSummary
    from hemolens.statistics.uncertainty import CountError, Interval

UNSURE_BELOW = 0.75
"""Calibrated score below which a person should look at a cell: more than one in four such cells is none."""


MODEL = "model"
"""In place of a person's name: the model found the cell, and nobody has changed it."""


class CellOrigin(NamedTuple):
    """Where a cell comes from.

    Attributes
    ----------
    by : str
        Who made it or last changed it: :data:`MODEL`, or the name of a person.
    checked : bool
        Whether a person has made, changed or confirmed it.

    """

    by: str = MODEL
    checked: bool = False


@dataclass(frozen=True)
class Review:
    """What people have made of the model's result: the two compared, whatever was done and undone in between.

    Attributes
    ----------
    n_added, n_removed : int
        Cells that only the corrected result has, and cells that only the model's has. Of a cell split in two one is
        removed and two are added.
    n_changed : int
        Cells of both whose type or outline differ.
    by : tuple of str
        Names of the people whose corrections hold, in the order of their first.
    origins : tuple of CellOrigin
        One for each cell of the counted image, in the same order.
    signed_by : str or None
        Who stands up for the counts; None where nobody has signed.
    signed_at : datetime or None
        With its time zone.
    comment : str
        Of the one who signed.

    """

    n_added: int
    n_removed: int
    n_changed: int
    by: tuple[str, ...]
    origins: tuple[CellOrigin, ...]
    signed_by: str | None = None
    signed_at: datetime | None = None
    comment: str = ""

    @property
    def n_checked(self) -> int:
        """Cells that a person has made, changed or confirmed."""
        return sum(origin.checked for origin in self.origins)


@dataclass(frozen=True, eq=False)
class CountedImage:
    """A counted photograph or slide.

    Attributes
    ----------
    image : SmearImage
        What was counted: a photograph, or a slide.
    options : CountOptions
        What the user chose about counting.
    methods : mapping
        Cell type → how it was counted: model, counter, settings.
    field_of_view : FieldOfView or None
        Which part of the image shows the smear; None for all of it.
    region : Region or None
        Where cells are counted; None for the whole image.
    cells : list of Cell
        Every counted cell, in pixels of the image; with a region, those of which a part lies in it.
    counts : Counts
        How many of each type, cells cut by the frame included, and of the types in :attr:`unlocated`, too.
    red_cell_diameter : RedCellDiameter
        The scale: pixels, how sure (0 … 1), where it comes from, and a warning.
    colours : MeasuredColours
        Background and red cells of the image.
    quality : Quality
        Whether the image is fit to be counted: ``verdict`` (accept, warn or reject), and the reasons in words.
    seconds : float
        Time taken, in seconds.
    review : Review or None
        What people have corrected, and who signed; None for what the model alone has counted.

    """

    image: SmearImage
    options: CountOptions
    methods: Methods
    field_of_view: FieldOfView | None
    region: Region | None
    cells: list[Cell]
    counts: Counts
    red_cell_diameter: RedCellDiameter
    colours: MeasuredColours
    quality: Quality
    seconds: float
    review: Review | None = None

    @property
    def unlocated(self) -> dict[CellType, int]:
        """Counts of the types whose cells were not located: there is no cell of them in `cells`."""
        return {kind: getattr(self.counts, kind) for kind, each in self.methods.items() if not each.locates_cells}

    @cached_property
    def count_errors(self) -> dict[CellType, CountError]:
        """The model's error in the counts of each type, where its card states it for its counter.

        Empty for a picture without the colours of a smear: the error was measured on photographs in colour. A count
        that a person vouches for (:attr:`vouched_for`) does not carry it.
        """
        if not self.quality.colours_are_natural:
            return {}
        return {
            kind: each.count_error
            for kind, each in self.methods.items()
            if each.count_error is not None and kind not in self.vouched_for
        }

    @cached_property
    def vouched_for(self) -> tuple[CellType, ...]:
        """Cell types whose count a person vouches for: every cell of the type is checked, and the image is signed off.

        Both are needed: checked cells say nothing of those that were overlooked, and a signature nothing of each cell.
        Until then all of the model's error stays, although a part may be corrected.
        """
        if self.review is None or self.review.signed_by is None:
            return ()
        unchecked = {
            cell.type for cell, origin in zip(self.cells, self.review.origins, strict=True) if not origin.checked
        }
        return tuple(kind for kind in self.methods if kind not in unchecked and kind not in self.unlocated)

    @property
    def origins(self) -> tuple[CellOrigin, ...]:
        """Where each cell comes from, in the order of the cells."""
        return (CellOrigin(),) * len(self.cells) if self.review is None else self.review.origins

    @cached_property
    def frame(self) -> FrameCounts:
        """Cells by the counting frame, and its area (:mod:`hemolens.statistics.counts`)."""
        if self.region is None:
            return count_in_frame(self.cells, self.image.shape)
        return count_in_region_frame(self.cells, self.image.shape, self.region)

    @property
    def classifier(self) -> ClassifierCard | None:
        """What is known about the classifier of white cells; None without one."""
        return self.options.classifier_card

    @cached_property
    def differential(self) -> Differential | None:
        """White cells by class; None where neither a classifier nor a person has named any."""
        is_known = self.classifier is not None or any(cell.white_cell_class is not None for cell in self.cells)
        return count_classes(self.cells) if is_known else None

    @cached_property
    def red_cells(self) -> RedCells | None:
        """The measured red cells; None where nobody asked for their shape."""
        return collect_red_cells(self.cells) if self.options.red_cell_shapes else None

    @property
    def stated_um_per_px(self) -> float | None:
        """µm per pixel for other programs: as the user gave it, else as the file states it.

        None where neither says it, or the file's was refused (:attr:`RedCellDiameter.refused_um_per_px`).
        """
        if self.options.um_per_px is not None:
            return self.options.um_per_px
        return self.image.um_per_px if self.red_cell_diameter.refused_um_per_px is None else None

    @property
    def numbers(self) -> CountedField:
        """What this photograph adds to the summary of a smear."""
        from hemolens.statistics.summary import CountedField

        ruler = self.red_cell_diameter
        return CountedField(
            self.counts,
            self.frame,
            ruler.um_per_px,
            ruler.um_is_assumed,
            self.count_errors,
            self.quality.verdict,
            self.vouched_for,
            tuple(self.unlocated),
            self.differential,
            self.red_cells,
        )

    @cached_property
    def summary(self) -> dict[CellType, TypeSummary]:
        """What this photograph alone says of its smear, for each type: interval, density, ratio.

        The numbers of a rejected photograph are here, too; the summary of several leaves them out.
        """
        from hemolens.statistics.summary import summarise_field

        return summarise_field(self.numbers)

    @cached_property
    def corrected(self) -> dict[CellType, Interval]:
        """How many cells of each type truly are on this photograph; only types whose error was measured."""
        from hemolens.statistics.uncertainty import corrected_count

        return {kind: corrected_count(getattr(self.counts, kind), error) for kind, error in self.count_errors.items()}

    def is_unsure(self, cell: Cell) -> bool:
        """Whether a person should look at a cell; never where scores are not calibrated."""
        return self.methods[cell.type].settings.scores_are_calibrated and cell.score < UNSURE_BELOW

    @property
    def unsure(self) -> dict[CellType, int]:
        """How many cells a person should look at; only types whose scores are calibrated."""
        return {
            kind: sum(cell.type == kind and self.is_unsure(cell) for cell in self.cells)
            for kind, method in self.methods.items()
            if method.settings.scores_are_calibrated
        }
