"""The shelf of label formats: every one becomes :class:`~hemolens.evaluation.truth.Labels`.

==============================  ==========================================================
``*.csv`` with boxes            ``image,type,x0,y0,x1,y1`` (:mod:`.box_table`)
``*.csv`` with counts           ``image`` and any of ``rbc,wbc,plt`` (:mod:`.count_table`)
``*.json``                      outlines in the layout of COCO (:mod:`.coco_outlines`)
a folder                        ``TYPE/NAME.png``: a cell is a component (:mod:`.mask_folder`)
==============================  ==========================================================

An unlabelled type is unknown, not absent: a type that appears nowhere in boxes or outlines is not judged,
unless the user says that it was labelled.
"""

from __future__ import annotations

from collections.abc import Collection
from os import PathLike
from pathlib import Path

from hemolens.config import CELL_TYPES, CellType
from hemolens.errors import LabelError, UsageError
from hemolens.evaluation.labels.box_table import COLUMNS as BOX_COLUMNS
from hemolens.evaluation.labels.box_table import read_box_table
from hemolens.evaluation.labels.coco_outlines import read_coco_outlines
from hemolens.evaluation.labels.count_table import read_count_table
from hemolens.evaluation.labels.mask_folder import read_mask_folder
from hemolens.evaluation.labels.table import read_table
from hemolens.evaluation.truth import Labels
from hemolens.photograph import quoted

ALLOWED = "a CSV of boxes or of counts, a JSON file of COCO outlines, or a folder of masks"


def read_labels(path: str | PathLike[str], types: Collection[CellType] | None = None) -> Labels:
    """Read labels of any known format.

    Parameters
    ----------
    path : str or path
        A CSV or JSON file, or a folder of masks.
    types : collection of {"rbc", "wbc", "plt"}, optional
        The types that were labelled; all others are unknown. Boxes and outlines have 0 of a type that is named
        here and does not appear. Without it, a type is labelled if it appears anywhere.

    Returns
    -------
    Labels
        Of at least one photograph and one type.

    Raises
    ------
    LabelError
        There is no such file, it is malformed or too large, or it labels nothing.
    UsageError
        A type was named that the labels, being counts or masks, do not have.

    """
    path = Path(path)
    labels = _read(path, types)
    known = {kind for truths in labels.truths.values() for kind in truths}
    if not known:
        do = "check the file, or name the types that were labelled with --types"
        raise LabelError("nothing is labelled", came=quoted(path), allowed="labels of one type at least", do=do)
    for kind in types or ():
        if kind not in known:
            raise UsageError(
                f"the labels say nothing of the type {kind}",
                came=quoted(path),
                allowed=", ".join(each for each in CELL_TYPES if each in known),
                do="leave the type out of --types",
            )
    return labels


def _read(path: Path, types: Collection[CellType] | None) -> Labels:
    if path.is_dir():
        return _only(read_mask_folder(path), types)
    if not path.exists():
        raise LabelError("there are no such labels", came=quoted(path), allowed=ALLOWED, do="check the name")
    suffix = path.suffix.lower()
    if suffix == ".json":
        return read_coco_outlines(path, types)
    if suffix != ".csv":
        raise LabelError("not a format of labels", came=quoted(path), allowed=ALLOWED, do="convert the labels")
    table = read_table(path)
    if set(BOX_COLUMNS) <= set(table.columns):
        return read_box_table(table, types)
    if "image" in table.columns and set(CELL_TYPES) & set(table.columns):
        return _only(read_count_table(table), types)
    raise LabelError(
        f"the columns of {quoted(path.name)} are not those of labels",
        came=quoted(", ".join(table.columns)),
        allowed=f"{','.join(BOX_COLUMNS)} for boxes, image,{','.join(CELL_TYPES)} for counts",
        do="name the columns in the first line so, separated by commas",
    )


def _only(labels: Labels, types: Collection[CellType] | None) -> Labels:
    """Forget the types that were not named."""
    if types is None:
        return labels
    truths = {
        name: {kind: truth for kind, truth in each.items() if kind in types} for name, each in labels.truths.items()
    }
    return Labels(truths, labels.sizes, labels.notes)
