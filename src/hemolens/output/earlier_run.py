"""What an earlier run left in its folder."""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePosixPath

from hemolens.output.entries import Entry
from hemolens.output.export.registry import FORMATS, file_names, top_names
from hemolens.output.kept_photographs import NAME as KEPT_NAME
from hemolens.output.report import FILE_NAMES as REPORT_NAMES
from hemolens.output.results_folder import tables_on_request
from hemolens.output.run_record import NAME as RUN_NAME
from hemolens.output.run_record import read_run


def earlier_files(folder: Path) -> list[Path]:
    """Find the overlay pictures, exports, further tables and report that an earlier run left in a folder.

    Parameters
    ----------
    folder : Path
        The output folder.

    Returns
    -------
    list of Path
        Files that are there: only overlays that that run's ``run.json`` names and that lie in ``overlay/``, the files
        that the formats it names have for these photographs, and its report; empty when there is no such file or it
        cannot be understood. The user's own pictures, and what lies behind a link, are never among them.

    """
    record = read_run(folder)
    if record is None:
        return []
    names = [PurePosixPath(photograph.overlay or "") for photograph in record.photographs]
    overlays = [
        name
        for name in names
        if name.parent == PurePosixPath("overlay") and name.name != ".." and name.suffix == ".png"
    ]
    entries = [Entry("", name.as_posix(), None) for name in overlays]
    exported = file_names(record.output.get("export", []), entries)
    report = [name for name in REPORT_NAMES if name in record.report]
    files = (*map(str, overlays), *exported, *tables_on_request(record.options), *report, KEPT_NAME)
    return [folder / name for name in files if _is_file_of(folder, name)]


def is_result(path: Path) -> bool:
    """Whether a file or folder belongs to the results of an earlier run rather than to its photographs.

    Parameters
    ----------
    path : Path

    Returns
    -------
    bool
        True for what lies in ``overlay/`` or the folder of an export format beside a ``run.json``, and for these
        folders. The photographs of a user who writes results into their folder are none.

    """
    folders = [Path(os.path.abspath(path)), *Path(os.path.abspath(path)).parents]  # noqa: PTH100 - keeps links
    return any(each.name in _RESULT_FOLDERS and _has_run(each.parent) for each in folders)


def _has_run(folder: Path) -> bool:
    """Whether a run's record is there, to judge by its beginning: reading all of it for each photograph takes long."""
    path = folder / RUN_NAME
    try:
        if not path.is_file():  # to open a pipe would wait for ever
            return False
        with path.open("rb") as file:
            start = file.read(200)
    except OSError:
        return False
    return b'"schema_version"' in start and b'"hemolens"' in start


_RESULT_FOLDERS = {"overlay", *(name.rstrip("/") for name in top_names(FORMATS) if name.endswith("/"))}


def _is_file_of(folder: Path, name: str) -> bool:
    """Whether a file of that name is there, in the folder itself rather than where a link leads."""
    path = folder / name
    try:
        is_linked = os.path.realpath(path.parent) != os.path.join(os.path.realpath(folder), *Path(name).parent.parts)  # noqa: PTH118
        return not is_linked and not stat.S_ISDIR(path.lstat().st_mode)
    except (OSError, ValueError):  # missing, or nothing can have that name
        return False
