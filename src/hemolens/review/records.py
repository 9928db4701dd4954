"""Cells and their changes as JSON has them, and back: nothing is rounded."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from hemolens.cell_types import CellType, WhiteCellClass
from hemolens.cells.cell import Cell
from hemolens.cells.red_cell_shape import RedCellShape
from hemolens.errors import ReviewError
from hemolens.images.box import Box
from hemolens.review.trail import Change, ReviewedCell


class Record(BaseModel):
    """What is kept of something, field by field."""

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="constants")


class CellRecord(Record):
    """A :class:`~hemolens.cells.cell.Cell`."""

    type: CellType
    row: float
    col: float
    box: Box
    outline: list[tuple[float, float]]
    area_px: float
    diameter_px: float
    score: float
    touches_frame: bool
    white_cell_class: WhiteCellClass | None = None
    class_probability: float | None = None
    shape: RedCellShape | None = None

    @classmethod
    def of(cls, cell: Cell) -> Self:
        """Describe a cell."""
        values = {name: getattr(cell, name) for name in cls.model_fields}
        return cls(**values | {"outline": cell.outline.tolist()})

    def cell(self) -> Cell:
        """Give the cell."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return Cell(**values | {"outline": np.array(self.outline, np.float32).reshape(-1, 2)})


class _ReviewedRecord(Record):
    cell: CellRecord
    by: str
    checked: bool


class _ChangeRecord(Record):
    cell_id: str
    before: _ReviewedRecord | None
    after: _ReviewedRecord | None


_CHANGES = TypeAdapter(list[_ChangeRecord])


def changes_record(changes: tuple[Change, ...]) -> list[dict[str, Any]]:
    """Describe the changes of a correction.

    Parameters
    ----------
    changes : tuple of Change

    Returns
    -------
    list of dict
        As JSON has it: numbers, texts, lists and dicts.

    """
    records = [
        _ChangeRecord(cell_id=each.cell_id, before=_record_of(each.before), after=_record_of(each.after))
        for each in changes
    ]
    return [record.model_dump(mode="json") for record in records]


def read_changes(record: Any) -> tuple[Change, ...]:
    """Read what :func:`changes_record` describes.

    Parameters
    ----------
    record : list of dict

    Raises
    ------
    ReviewError
        It is not such a description.

    """
    try:
        records = _CHANGES.validate_python(record)
    except ValidationError as error:
        raise ReviewError(
            "the changes of a correction cannot be read",
            came=fault_of(error),
            allowed="what hemolens.review.records.changes_record gives",
            do="restore the trail from a copy",
        ) from error
    return tuple(
        Change(each.cell_id, _reviewed(each.cell_id, each.before), _reviewed(each.cell_id, each.after))
        for each in records
    )


def fault_of(error: ValidationError) -> str:
    """Say in one line what is wrong first."""
    first = error.errors(include_url=False, include_input=False)[0]
    return ": ".join(filter(None, [".".join(map(str, first["loc"])), first["msg"]]))


def _record_of(each: ReviewedCell | None) -> _ReviewedRecord | None:
    return None if each is None else _ReviewedRecord(cell=CellRecord.of(each.cell), by=each.by, checked=each.checked)


def _reviewed(cell_id: str, record: _ReviewedRecord | None) -> ReviewedCell | None:
    return None if record is None else ReviewedCell(cell_id, record.cell.cell(), record.by, record.checked)
