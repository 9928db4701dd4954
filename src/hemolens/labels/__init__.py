"""The shelf of label formats: every one becomes :class:`~hemolens.labels.truth.Labels`.

==============================  ==========================================================
``*.csv`` with boxes            ``image,type,x0,y0,x1,y1`` (:mod:`.box_table`)
``*.csv`` with counts           ``image`` and any of ``rbc,wbc,plt`` (:mod:`.count_table`)
``*.json``                      outlines or boxes in the layout of COCO (:mod:`.coco_outlines`)
``*.json``, a folder            outlines of DO-U-Net, a file for each photograph (:mod:`.do_unet_outlines`)
``*.geojson``, a folder         objects of QuPath, a file for each photograph (:mod:`.geojson`)
``*.zip``, a folder             regions of ImageJ, a file for each photograph (:mod:`.imagej_rois`)
``*.xml``, a folder             boxes of Pascal VOC, a file for each photograph (:mod:`.voc_boxes`)
a folder                        ``classes.txt`` and boxes of YOLO (:mod:`.yolo_boxes`)
``*.ome.zarr``, a folder        label images, a store for each photograph (:mod:`.ome_zarr`)
a folder                        ``TYPE/NAME.png``: masks or label images (:mod:`.mask_folder`)
==============================  ==========================================================

An unlabelled type is unknown, not absent: a type that appears nowhere in boxes or outlines is not judged,
unless the user says that it was labelled.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from os import PathLike
from pathlib import Path

from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.errors import LabelError, UsageError, quoted
from hemolens.images.zarr_store import SUFFIX, is_store
from hemolens.labels.box_table import COLUMNS as BOX_COLUMNS
from hemolens.labels.box_table import read_box_table
from hemolens.labels.coco_outlines import read_coco_outlines
from hemolens.labels.count_table import read_count_table
from hemolens.labels.do_unet_outlines import is_do_unet, read_do_unet_outlines
from hemolens.labels.geojson import read_geojson
from hemolens.labels.imagej_rois import read_roi_zips
from hemolens.labels.label_file import files_in, read_text
from hemolens.labels.mask_folder import read_mask_folder
from hemolens.labels.ome_zarr import read_ome_zarr, stores_in
from hemolens.labels.table import read_table
from hemolens.labels.truth import Labels
from hemolens.labels.voc_boxes import read_voc_boxes
from hemolens.labels.yolo_boxes import CLASSES, read_yolo_boxes

ALLOWED = (
    "a CSV of boxes or counts, COCO in a .json file, DO-U-Net's .json, QuPath's .geojson, ImageJ's .zip of regions, "
    "Pascal VOC's .xml, an OME-Zarr with labels, a folder of one of the last five, of YOLO boxes with classes.txt, or "
    "of masks or label images in rbc, wbc, plt"
)

FILE_READERS: dict[str, Callable[[Sequence[Path], Collection[CellType] | None], Labels]] = {
    ".json": read_do_unet_outlines,
    ".geojson": read_geojson,
    ".zip": read_roi_zips,
    ".xml": read_voc_boxes,
}
"""Readers of formats with a file for each photograph, by the ending of the files."""


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
        return _read_folder(path, types)
    if not path.exists():
        raise LabelError("there are no such labels", came=quoted(path), allowed=ALLOWED, do="check the name")
    suffix = path.suffix.lower()
    if suffix == ".json" and not is_do_unet(read_text(path)):
        return read_coco_outlines(path, types)
    if suffix in FILE_READERS:
        return FILE_READERS[suffix]([path], types)
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


def _read_folder(folder: Path, types: Collection[CellType] | None) -> Labels:
    """Read a folder that holds labels of one format, or is a store of one."""
    if is_store(folder):
        return _only(read_ome_zarr([folder]), types)
    files = {suffix: files_in(folder, suffix) for suffix in FILE_READERS}
    found = [suffix for suffix, paths in files.items() if paths]
    found += [CLASSES] if (folder / CLASSES).is_file() else []
    found += ["masks"] if any((folder / kind).is_dir() for kind in CELL_TYPES) else []
    stores = stores_in(folder)
    found += [SUFFIX] if stores else []
    if len(found) > 1 and ".json" in found:  # many programs leave such a file beside their labels
        found.remove(".json")
    if len(found) > 1:
        what, do = "the folder holds labels of several formats", "name a folder with one of them"
        raise LabelError(what, came=f"{', '.join(found)} in {quoted(folder)}", allowed=ALLOWED, do=do)
    if not found:
        what, do = "the folder holds no labels", "name the folder in which the labels themselves lie"
        raise LabelError(what, came=quoted(folder), allowed=ALLOWED, do=do)
    (only,) = found
    if only in FILE_READERS:
        return FILE_READERS[only](files[only], types)
    if only == CLASSES:
        return read_yolo_boxes(folder, types)
    return _only(read_ome_zarr(stores) if only == SUFFIX else read_mask_folder(folder), types)


def _only(labels: Labels, types: Collection[CellType] | None) -> Labels:
    """Forget the types that were not named."""
    if types is None:
        return labels
    truths = {
        name: {kind: truth for kind, truth in each.items() if kind in types} for name, each in labels.truths.items()
    }
    return Labels(truths, labels.sizes, labels.notes, labels.in_parts)
