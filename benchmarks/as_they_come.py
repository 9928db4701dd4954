"""What the program says of grey pictures, interchanged colours and negatives, of specks and of lines.

    python benchmarks/as_they_come.py --data data    count all; writes the records and the page
    python benchmarks/as_they_come.py                writes the page again from the records

Records: benchmarks/as-they-come.json; page: benchmarks/as-they-come.md. Of each photograph the middle, 640 × 480
pixels, is counted as it is, and that of every fourth one changed in each way. A change is told where its check has a
finding. The limits of these checks (``src/hemolens/measurements/quality.py``) were set by hand on the photographs that
:func:`looked_at` draws; those here are others of the same sources. The width and the limit of specks were changed once
more after a first run, for drawn specks that were counted as platelets without a warning.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hemolens.images.photograph import photograph_from_array
from hemolens.measurements.scale import estimate_red_cell_diameter
from hemolens.output.report.html_page import markdown_table
from hemolens.pipeline import count_image
from quality_gate import window

Pixels = NDArray[np.uint8]
Sources = dict[str, list[Path]]

RECORDS = Path(__file__).with_name("as-they-come.json")
PAGE = RECORDS.with_suffix(".md")
FOLDERS = {
    "ALL-IDB1": "all-idb1/images",
    "BCCD": "other/bccd_cbc/images",
    "TXL-PBC": "other/txl_pbc/images",
    "BCDD": "other/bcdd_ankara/images",
}
CHECKS = ("grey", "channels", "negative", "specks", "lines")
TYPES = ("rbc", "wbc", "plt")


def grey(pixels: Pixels, diameter_px: float) -> Pixels:
    return np.repeat(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)


def interchanged(pixels: Pixels, diameter_px: float) -> Pixels:
    return np.ascontiguousarray(pixels[..., ::-1])


def negative(pixels: Pixels, diameter_px: float) -> Pixels:
    return 255 - pixels


def specked(pixels: Pixels, diameter_px: float) -> Pixels:
    """Strew dark specks of 0.09 red-cell diameters (0.7 µm), one on an area of a red cell and a half."""
    area = np.pi / 4 * diameter_px**2
    n = round(pixels.shape[0] * pixels.shape[1] / area / 1.5)
    changed = pixels.copy()
    for centre in np.random.default_rng(0).uniform((0, 0), pixels.shape[1::-1], (n, 2)):
        at = np.rint(16 * centre).astype(int).tolist()
        cv2.circle(changed, at, max(1, round(0.72 * diameter_px)), (60, 30, 90), cv2.FILLED, cv2.LINE_AA, 4)
    return changed


def ruled(pixels: Pixels, diameter_px: float) -> Pixels:
    """Draw a grid two red cells wide."""
    changed = pixels.copy()
    step, width = 2 * diameter_px, max(1, round(diameter_px / 40))
    for at in np.arange(step / 2, max(pixels.shape[:2]), step).astype(int).tolist():
        for start, end in (((at, 0), (at, pixels.shape[0])), ((0, at), (pixels.shape[1], at))):
            cv2.line(changed, start, end, (20, 20, 20), width, cv2.LINE_AA)
    return changed


def framed(pixels: Pixels, diameter_px: float) -> Pixels:
    """Draw one square four red cells wide, as of a Miller disc, a little turned."""
    corners = cv2.boxPoints(((pixels.shape[1] / 2, pixels.shape[0] / 2), (4 * diameter_px, 4 * diameter_px), 5.0))
    outline, width = [np.rint(corners).astype(np.int32)], max(1, round(diameter_px / 40))
    return np.asarray(cv2.polylines(pixels.copy(), outline, True, (20, 20, 20), width, cv2.LINE_AA), np.uint8)


CHANGES: dict[str, tuple[str, Callable[[Pixels, float], Pixels]]] = {
    "grey": ("grey", grey),
    "red and blue interchanged": ("channels", interchanged),
    "negative": ("negative", negative),
    "dark specks, 0.7 µm": ("specks", specked),
    "a grid": ("lines", ruled),
    "a square four red cells wide": ("lines", framed),
}
"""Name → the check that should tell it, and what is done; the number is the red-cell diameter in pixels."""


def photographs(data: Path) -> Sources:
    """All photographs of each source, in the order of names; those of bionet by family."""
    found = {name: sorted((data / folder).iterdir()) for name, folder in FOLDERS.items()}
    with (data / "other/bionet/images.csv").open(newline="", encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    for family in sorted({row["family"] for row in rows}):
        images = [row["image"] for row in rows if row["family"] == family]
        found[f"bionet, {family}"] = [data / "other/bionet/images" / image for image in images]
    return found


def looked_at(sources: Sources) -> set[Path]:
    """Draw the photographs on which the limits were set."""
    drawn: set[Path] = set()
    for seed, n_each, n_family in ((1, 24, 6), (7, 40, 8)):
        draw = random.Random(seed)  # noqa: S311 - repeatable on purpose
        for name, paths in sources.items():
            if (seed, name) == (7, "ALL-IDB1"):
                drawn.update(paths[::4])
            else:
                drawn.update(draw.sample(paths, n_family if name.startswith("bionet") else n_each))
    return drawn


def judged(pixels: Pixels) -> tuple[dict[str, int], list[str]]:
    """Count a picture; give its numbers of cells and the checks of this page that found something."""
    result = count_image(photograph_from_array(pixels))
    found = [finding.check for finding in result.quality.findings if finding.check in CHECKS]
    return {kind: getattr(result.counts, kind) for kind in TYPES}, found


def chosen(data: Path) -> list[tuple[str, Path, bool]]:
    """Choose photographs that were not looked at: source, path, and whether they are to be changed, too."""
    sources = photographs(data)
    draw, known = random.Random(2), looked_at(sources)  # noqa: S311 - repeatable on purpose
    found = []
    for source, paths in sources.items():
        free = [path for path in paths if path not in known]
        drawn = draw.sample(free, min(len(free), 8 if source.startswith("bionet") else 24))
        found += [(source, path, n % 4 == 0) for n, path in enumerate(drawn)]
    return found


def measure(source: str, path: Path, is_changed: bool) -> dict[str, Any]:
    """Count a photograph as it is, and changed in each way."""
    pixels = window(path)
    counts, found = judged(pixels)
    record: dict[str, Any] = {"source": source, "image": path.name, "counts": counts, "found": found}
    if is_changed:
        diameter_px = estimate_red_cell_diameter(pixels).px
        record["changed"] = {}
        for name, (_, change) in CHANGES.items():
            counts, found = judged(change(pixels, diameter_px))
            record["changed"][name] = {"counts": counts, "found": found}
    return record


def page_of(records: list[dict[str, Any]]) -> str:
    """Lay out the records: of each change, how often it is told and what becomes of the counts."""
    changed = [record for record in records if "changed" in record]
    before = sum((Counter(record["counts"]) for record in changed), Counter())
    n_alarms = sum(bool(record["found"]) for record in records)
    rows = [["as they are", str(len(records)), f"{n_alarms} by any of these checks", "100", "100", "100"]]
    for name, (check, _) in CHANGES.items():
        found = [record["changed"][name] for record in changed]
        after = sum((Counter(each["counts"]) for each in found), Counter())
        told = sum(check in each["found"] for each in found)
        shares = [f"{100 * after[kind] / before[kind]:.0f}" for kind in TYPES]
        rows.append([name, str(len(found)), str(told), *shares])
    return markdown_table(["photographs", "number", "told", "red cells", "white cells", "platelets"], rows) + "\n"


def main() -> None:
    """Measure where photographs are given, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with all-idb1/ and other/")
    options = parser.parse_args()
    if options.data is not None:
        with ProcessPoolExecutor() as pool:
            records = pool.map(measure, *zip(*chosen(options.data), strict=True))
            lines = ",\n".join(json.dumps(record, ensure_ascii=False) for record in records)
        RECORDS.write_text(f"[\n{lines}\n]\n", "utf-8")
    PAGE.write_text(page_of(json.loads(RECORDS.read_text("utf-8"))), "utf-8")


if __name__ == "__main__":
    main()
