"""What an earlier run left in its folder."""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePosixPath

from hemolens.output.entries import Entry
from hemolens.output.export.registry import file_names
from hemolens.output.report import FILE_NAMES as REPORT_NAMES
from hemolens.output.run_record import read_run


def earlier_files(folder: Path) -> list[Path]:
    """Find the overlay pictures, exports and report that an earlier run left in a folder.

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
    return [folder / name for name in (*map(str, overlays), *exported, *report) if _is_file_of(folder, name)]


def _is_file_of(folder: Path, name: str) -> bool:
    """Whether a file of that name is there, in the folder itself rather than where a link leads."""
    path = folder / name
    try:
        is_linked = os.path.realpath(path.parent) != os.path.join(os.path.realpath(folder), *Path(name).parent.parts)  # noqa: PTH118
        return not is_linked and not stat.S_ISDIR(path.lstat().st_mode)
    except (OSError, ValueError):  # missing, or nothing can have that name
        return False
