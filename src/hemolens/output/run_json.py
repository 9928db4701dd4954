"""``run.json``: what is needed to run it again."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from hemolens import RESEARCH_USE_ONLY
from hemolens.measurements.colours import FACTORS, factors
from hemolens.output.entries import Entry
from hemolens.output.export.registry import file_names
from hemolens.output.report import FILE_NAMES as REPORT_NAMES

if TYPE_CHECKING:
    from hemolens.images.region import Region
    from hemolens.measurements.quality import Quality
    from hemolens.measurements.scale import RedCellDiameter
    from hemolens.result import Result
    from hemolens.statistics.site import Site

NAME = "run.json"
LIBRARIES = (
    "numpy",
    "onnxruntime",
    "opencv-python-headless",
    "pillow",
    "scikit-image",
    "scipy",
    "tifffile",
)

COUNTING_FRAME = {"in": ["right", "lower"], "out": ["left", "upper"]}
"""Sides of a photograph or a region whose cells are counted, and whose are not (:mod:`hemolens.statistics.counts`)."""


def run_record(
    command: Mapping[str, object] | None,
    started: datetime,
    formats: Sequence[str] = (),
    site: Site | None = None,
) -> dict[str, Any]:
    """Begin the record of a run.

    Parameters
    ----------
    command : mapping or None
        Name of the command and its options as the user gave them; None for a call from Python.
    started : datetime
        With its time zone.
    formats : sequence of str
        Names of the formats that were asked for with ``--export``.
    site : Site or None
        Factors of the microscope.

    Returns
    -------
    dict
        Ready for JSON; ``models``, ``counters``, ``settings``, ``report`` and ``photographs`` are still empty and
        ``complete`` is False.

    """
    from hemolens import __version__

    return {
        "hemolens": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "libraries": {name: _version(name) for name in LIBRARIES},
        "started": started.isoformat(timespec="seconds"),
        "seconds": None,
        "complete": False,
        "command": None if command is None else dict(command),
        "models": {},
        "counters": {},
        "settings": {},
        "exports": list(formats),
        "report": [],
        "counting_frame": COUNTING_FRAME,
        "region": None,
        "site": {kind: factor.model_dump(exclude_none=True) for kind, factor in (site or {}).items()},
        "photographs": [],
        "note": RESEARCH_USE_ONLY,
    }


def counted_record(entry: Entry, result: Result) -> dict[str, Any]:
    """Describe a counted photograph: the file and its bytes, not its counts.

    Parameters
    ----------
    entry : Entry
    result : Result

    Returns
    -------
    dict
        Ready for JSON.

    """
    height, width = result.photograph.shape
    return {
        "image": entry.image,
        "path": entry.given,
        "sha256": result.photograph.sha256,
        "width": width,
        "height": height,
        "um_per_px": result.photograph.um_per_px,
        "scale": _scale_record(result.red_cell_diameter),
        "colours": _colours_record(result),
        "quality": _quality_record(result.quality),
        "overlay": entry.overlay,
        "error": None,
    }


def region_record(region: Region | None) -> list[list[list[list[float]]]] | None:
    """Give the corners of a region: polygons, of each its rings, of each x and y in pixels; None for no region."""
    return None if region is None else [[ring.tolist() for ring in rings] for rings in region.polygons]


def _scale_record(diameter: RedCellDiameter) -> dict[str, Any]:
    """Describe the ruler, and what the photograph itself says where something else was given."""
    estimate = diameter.estimate or diameter
    return {
        "red_cell_diameter_px": diameter.px,
        "origin": diameter.origin,
        "estimate_px": None if estimate.origin == "fallback" else estimate.px,
        "estimate_confidence": estimate.confidence,
        "warning": diameter.warning,
    }


def _colours_record(result: Result) -> dict[str, Any] | None:
    """Give what was measured of the colours, and by what each absorbance was multiplied within which limits."""
    measured = result.colours
    if measured is None:
        return None
    red_cells = measured.red_cell_absorbance
    return {
        "background": measured.background.round(1).tolist(),
        "red_cell_absorbance": None if red_cells is None else red_cells.round(4).tolist(),
        "factors": {kind: factors(standard, measured).round(4).tolist() for kind, standard in result.standards.items()},
        "limits": list(FACTORS),
    }


def _quality_record(quality: Quality) -> dict[str, Any]:
    """Give the verdict, its reasons, and every measure that it was based on."""
    return {
        "verdict": quality.verdict,
        "reasons": [finding.words for finding in quality.findings],
        "measures": quality.measures,
    }


def failed_record(entry: Entry, error: str) -> dict[str, Any]:
    """Describe a photograph that was not counted.

    Parameters
    ----------
    entry : Entry
    error : str
        Why, in one line.

    Returns
    -------
    dict
        Ready for JSON; without ``overlay``, since there is none.

    """
    return {"image": entry.image, "path": entry.given, "sha256": None, "error": error}


def run_bytes(record: Mapping[str, Any]) -> bytes:
    """Write the record as JSON.

    Parameters
    ----------
    record : mapping

    Returns
    -------
    bytes
        UTF-8, indented; bytes of a path that are no text are written as escapes.

    """
    text = json.dumps(record, indent=2, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace") + b"\n"


def earlier_files(folder: Path) -> list[Path]:
    """Find the overlay pictures, exports and report that an earlier run left in a folder.

    Parameters
    ----------
    folder : Path
        The output folder.

    Returns
    -------
    list of Path
        Only overlays that that run's ``run.json`` names and that lie in ``overlay/``, the files that the formats
        it names have for these photographs, and its report; empty when there is no such file or it cannot be
        understood. The user's own pictures are never among them.

    """
    try:
        record = json.loads((folder / NAME).read_text("utf-8"))
        names = [PurePosixPath(photograph.get("overlay") or "") for photograph in record["photographs"]]
        formats = [str(name) for name in record.get("exports", [])]
        report = [name for name in REPORT_NAMES if name in record.get("report", [])]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return []
    overlays = [
        name
        for name in names
        if name.parent == PurePosixPath("overlay") and name.name != ".." and name.suffix == ".png"
    ]
    entries = [Entry("", name.as_posix(), None) for name in overlays]
    return [folder / name for name in (*map(str, overlays), *file_names(formats, entries), *report)]


def _version(library: str) -> str | None:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return None
