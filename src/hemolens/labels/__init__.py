"""Labels of any known format → :class:`~hemolens.labels.truth.Labels`.

An unlabelled type is unknown, not absent: a type that appears nowhere in boxes or outlines is not judged, unless the
user says that it was labelled.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from os import PathLike
from pathlib import Path

from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.errors import LabelError, UsageError, quoted
from hemolens.labels import (
    box_table,
    coco_outlines,
    count_table,
    do_unet_outlines,
    geojson,
    imagej_rois,
    mask_folder,
    ome_zarr,
    voc_boxes,
    yolo_boxes,
)
from hemolens.labels.label_format import LabelFormat
from hemolens.labels.table import read_table
from hemolens.labels.truth import Labels

FORMATS: tuple[LabelFormat, ...] = (
    box_table.FORMAT,
    count_table.FORMAT,
    mask_folder.FORMAT,
    do_unet_outlines.FORMAT,
    coco_outlines.FORMAT,
    geojson.FORMAT,
    imagej_rois.FORMAT,
    voc_boxes.FORMAT,
    ome_zarr.FORMAT,
    yolo_boxes.FORMAT,
)
"""A file is of the first of these that recognises it."""

ALLOWED = f"labels of one of the formats {', '.join(each.name for each in FORMATS)}"


def read_labels(path: str | PathLike[str], types: Collection[CellType] | None = None) -> Labels:
    """Read labels of any known format.

    Parameters
    ----------
    path : str or path
        A file, or a folder with a file for each photograph.
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
    label_format, found = recognise(path)
    labels = _only(label_format.read(found, types), types)
    known = {kind for truths in labels.truths.values() for kind in truths}
    if not known:
        do = "check the file, or name the types that were labelled"
        raise LabelError(
            "nothing is labelled", came=quoted(path), allowed="labels of one type at least", do=do, option="types"
        )
    for kind in types or ():
        if kind not in known:
            raise UsageError(
                f"the labels say nothing of the type {kind}",
                came=quoted(path),
                allowed=", ".join(each for each in CELL_TYPES if each in known),
                do="leave this type out",
                option="types",
            )
    return labels


def recognise(path: Path) -> tuple[LabelFormat, Sequence[Path]]:
    """Say which format labels have, and which files of it there are.

    Raises
    ------
    LabelError
        There is no such file or folder, it is of no known format, or a folder holds labels of several formats.

    """
    if not path.exists():
        raise LabelError("there are no such labels", came=quoted(path), allowed=ALLOWED, do="check the name")
    found = {each.name: (each, paths) for each in FORMATS if (paths := each.find(path))}
    if not found:
        raise _unknown_folder(path) if path.is_dir() else _unknown_file(path)
    if path.is_dir() and len(found) > 1:
        found = {name: pair for name, pair in found.items() if not pair[0].is_left_by_programs}
    if path.is_dir() and len(found) > 1:
        raise LabelError(
            "the folder holds labels of several formats",
            came=f"{', '.join(found)} in {quoted(path)}",
            allowed="a folder with labels of one format",
            do="name a folder with one of them",
        )
    return next(iter(found.values()))


def _unknown_folder(path: Path) -> LabelError:
    do = "name the folder in which the labels themselves lie"
    return LabelError("the folder holds no labels", came=quoted(path), allowed=ALLOWED, do=do)


def _unknown_file(path: Path) -> LabelError:
    if path.suffix.lower() != ".csv":
        do = "convert the labels, or name the folder that they lie in"
        return LabelError("not a format of labels", came=quoted(path), allowed=ALLOWED, do=do)
    return LabelError(
        f"the columns of {quoted(path.name)} are not those of labels",
        came=quoted(", ".join(read_table(path).columns)),
        allowed=f"{','.join(box_table.COLUMNS)} for boxes, image,{','.join(CELL_TYPES)} for counts",
        do="name the columns in the first line so, separated by commas",
    )


def _only(labels: Labels, types: Collection[CellType] | None) -> Labels:
    """Forget the types that were not named."""
    if types is None:
        return labels
    truths = {
        name: {kind: truth for kind, truth in each.items() if kind in types} for name, each in labels.truths.items()
    }
    return Labels(truths, labels.sizes, labels.notes, labels.in_parts)
