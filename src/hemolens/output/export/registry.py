"""The registry of export formats, and their files in one run."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from hemolens.errors import UsageError
from hemolens.output.entries import Entry
from hemolens.output.export.coco import Coco
from hemolens.output.export.export_format import Contents, ExportFormat, Part
from hemolens.output.export.geojson import GeoJson
from hemolens.output.export.imagej import ImageJ
from hemolens.output.export.labels import LabelImages
from hemolens.output.export.omezarr import OmeZarr
from hemolens.output.export.parquet import Parquet
from hemolens.output.export.voc import Voc
from hemolens.output.export.xlsx import Xlsx
from hemolens.output.export.yolo import Yolo

if TYPE_CHECKING:
    from hemolens.counted_image import CountedImage
    from hemolens.output.run_record import PhotographRecord
    from hemolens.statistics.summary import Summary

FORMATS: dict[str, type[ExportFormat]] = {
    "coco": Coco,
    "geojson": GeoJson,
    "imagej": ImageJ,
    "labels": LabelImages,
    "voc": Voc,
    "yolo": Yolo,
    "parquet": Parquet,
    "omezarr": OmeZarr,
    "xlsx": Xlsx,
}


def check_formats(names: Iterable[str]) -> list[str]:
    """Refuse formats that do not exist or cannot be written, before anything is read.

    Parameters
    ----------
    names : iterable of str

    Returns
    -------
    list of str
        The names in the order of :data:`FORMATS`, each once.

    Raises
    ------
    UsageError
        There is no such format, or the library that writes it is not installed.

    Examples
    --------
    >>> check_formats(["yolo", "coco", "yolo"])
    ['coco', 'yolo']

    """
    wanted = list(names)
    for name in wanted:
        if name not in FORMATS:
            raise UsageError(
                "unknown export format",
                came=repr(name),
                allowed=", ".join(FORMATS),
                do="choose from these",
                option="export",
            )
    for name in wanted:
        missing = [module for module in FORMATS[name].needs if importlib.util.find_spec(module) is None]
        if missing:
            raise UsageError(
                f"the export format {name} needs a library that is not installed",
                came=f"no {missing[0]}",
                allowed=f"an installation with {', '.join(FORMATS[name].needs)}",
                do="pip install 'hemolens[export]'",
            )
    return [name for name in FORMATS if name in wanted]


def refuse_slides(names: Iterable[str], slides: Iterable[str]) -> None:
    """Refuse formats that no slide has room for, before anything is counted.

    Parameters
    ----------
    names : iterable of str
        Names of formats.
    slides : iterable of str
        Names of the slides among the pictures of the run; looked at only where it matters.

    Raises
    ------
    UsageError
        There is a slide, and a format draws all its pixels.

    """
    drawing = [name for name in check_formats(names) if FORMATS[name].draws_every_pixel]
    slide = next(iter(slides), None) if drawing else None
    if slide is not None:
        raise UsageError(
            f"the export format {drawing[0]} writes every pixel, and a slide has too many to fit into memory",
            came=f"the slide '{slide}'",
            allowed=", ".join(name for name, each in FORMATS.items() if not each.draws_every_pixel),
            do="leave that format out",
            option="export",
        )


class ExportFiles:
    """The files of some formats in one run, put together in a draft folder.

    Parameters
    ----------
    names : iterable of str
        Names of the formats.
    entries : sequence of Entry
        The photographs of the run.

    Raises
    ------
    UsageError
        As :func:`check_formats`.

    """

    def __init__(self, names: Iterable[str], entries: Sequence[Entry]) -> None:
        self.names = check_formats(names)
        self._formats = [FORMATS[name](entries) for name in self.names]

    def begin(self, draft: Path) -> None:
        """Write what comes before the first photograph."""
        for each in self._formats:
            write_on(draft, each.begin())

    def files(self, entry: Entry) -> list[str]:
        """Name the files that hold nothing but one photograph."""
        return [name for each in self._formats for name in each.files(entry)]

    def append(self, draft: Path, entry: Entry, parts: Mapping[str, Part]) -> None:
        """Write what a counted photograph adds to the files that it shares with others, from :func:`parts_of`."""
        for name, each in zip(self.names, self._formats, strict=True):
            write_on(draft, each.append(entry, parts[name]))

    def end(self, draft: Path, photographs: Sequence[PhotographRecord], summary: Summary) -> None:
        """Write what comes after the last photograph."""
        for each in self._formats:
            write_on(draft, each.end(photographs, summary))


def own_files(names: Iterable[str], entry: Entry, result: CountedImage) -> Contents:
    """Give the files of some formats that hold nothing but one counted photograph."""
    return {name: content for each in names for name, content in FORMATS[each].own(entry, result).items()}


def parts_of(names: Iterable[str], entry: Entry, result: CountedImage) -> dict[str, Part]:
    """Give what one counted photograph adds to the shared files of some formats: name of the format → part."""
    return {name: FORMATS[name].part(entry, result) for name in names}


def write_on(draft: Path, contents: Contents) -> None:
    """Add bytes to the ends of files; one that does not exist begins."""
    for name, content in contents.items():
        path = draft / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(content)


def file_names(names: Iterable[str], entries: Sequence[Entry]) -> list[str]:
    """Name every file that a run with these formats may write, relative to the output folder.

    Parameters
    ----------
    names : iterable of str
        Names of formats; those that do not exist have no files.
    entries : sequence of Entry

    Returns
    -------
    list of str

    Examples
    --------
    >>> file_names(["coco", "voc"], [Entry("a.jpg", "overlay/a.png", None)])
    ['coco.json', 'voc/a.xml']

    """
    found: list[str] = []
    for each in (FORMATS[name] for name in names if name in FORMATS):
        found += each.shared
        found += [name for entry in entries for name in each.files(entry)]
    return found


def folder_names(files: Iterable[str]) -> list[str]:
    """Name every folder that some files lie in, each once, the outer ones first.

    >>> folder_names(["coco.json", "yolo/labels/a.txt", "yolo/classes.txt"])
    ['yolo', 'yolo/labels']
    """
    parents = [parent for file in map(PurePosixPath, files) for parent in reversed(file.parents)]
    return list(dict.fromkeys(parent.as_posix() for parent in parents if parent.name))


def top_names(names: Iterable[str]) -> list[str]:
    """Name what formats write, as one sees it in the output folder.

    >>> top_names(["coco", "labels"])
    ['coco.json', 'labels/']
    """
    files = [PurePosixPath(name) for name in file_names(names, [_SOME_ENTRY])]
    return list(dict.fromkeys(file.parts[0] + ("/" if len(file.parts) > 1 else "") for file in files))


_SOME_ENTRY = Entry("a.jpg", "overlay/a.png", None)
