"""How well the red-cell diameter is measured, source by source.

    python benchmarks/scale_accuracy.py --data data

Prints one row for each source and writes benchmarks/scale-accuracy.json. The truth of a photograph is

- all-idb1, measured: the median diameter from hand-drawn outlines (13 photographs);
- all-idb1, session: the median of the measured photographs of the same capture session and zoom, so it says
  little about the last 5 %; sessions without one are left out;
- the others: the median of (width + height) / 2 of the red-cell boxes that stay 3 px off the frame, at
  least three of them. Boxes are drawn with a margin, so the ratio to them is below 1 by nature; ``about its
  own ratio`` is the error after dividing by the median ratio of the source.

The sources were halved by a seeded draw: the estimator was tuned on one half (``tune``) and has seen the
other (``held out``) here only. The paper's red-cell test photographs and the CBC test split are held out.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from hemolens.scale import estimate_red_cell_diameter

BOXES = {
    "bccd_cbc": "annotations_txl.csv",
    "txl_pbc": "annotations_raabin_trainval.csv",
    "bcdd_ankara": "annotations.csv",
}
PAPER_TEST = {"Im037_0", "Im045_0", "Im053_1"}
RECORDS = Path(__file__).with_name("scale-accuracy.json")


def rows_of(path: Path) -> list[dict[str, str]]:
    """Read the rows of a CSV table."""
    with path.open(newline="", encoding="utf-8") as table:
        return list(csv.DictReader(table))


def all_idb_truths(data: Path) -> list[dict[str, Any]]:
    """Truths of the ALL-IDB1 photographs, measured or taken over from the session."""
    rows = rows_of(data / "all-idb1/images.csv")
    sessions: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in rows:
        if row["rbc_diameter_px"]:
            sessions[row["session"], row["digital_zoom"]].append(float(row["rbc_diameter_px"]))
    truths = []
    for row in rows:
        key, measured = (row["session"], row["digital_zoom"]), bool(row["rbc_diameter_px"])
        truth = float(np.median(sessions[key])) if key in sessions else None
        if measured:
            truth = float(row["rbc_diameter_px"])
        truths.append(
            {
                "source": "all-idb1, measured" if measured else "all-idb1, session",
                "path": data / "all-idb1/images" / f"{row['image']}.jpg",
                "truth_px": truth,
                "benchmark_test": row["image"] in PAPER_TEST,
            }
        )
    return truths


def box_truths(data: Path, source: str) -> list[dict[str, Any]]:
    """Truths of the photographs that have boxes."""
    folder = data / "other" / source
    test = set()
    if (folder / "splits.csv").exists():
        test = {row["image"] for row in rows_of(folder / "splits.csv") if row.get("cbc_split") == "test"}
    boxes: dict[str, list[list[float]]] = defaultdict(list)
    for row in rows_of(folder / BOXES[source]):
        if row["type"] == "rbc":
            boxes[row["image"]].append([float(row[key]) for key in ("x0", "y0", "x1", "y1")])
    truths = []
    for name in sorted(boxes):
        path, box = folder / "images" / name, np.array(boxes[name])
        with Image.open(path) as picture:
            width, height = picture.size
        whole = box[(box[:, :2] > 2).all(axis=1) & (box[:, 2] < width - 3) & (box[:, 3] < height - 3)]
        if len(whole) >= 3:
            truth = float(np.median((whole[:, 2:] - whole[:, :2]).mean(axis=1)))
            truths.append({"source": source, "path": path, "truth_px": truth, "benchmark_test": name in test})
    return truths


def halve(truths: list[dict[str, Any]]) -> None:
    """Write ``half`` into every truth: ``tune`` or ``held out``."""
    draw = random.Random(0)  # noqa: S311 - repeatable on purpose
    for truth in truths:
        truth["half"] = "held out"
    for source in ("bccd_cbc", "bcdd_ankara", "all-idb1, measured", "all-idb1, session", "txl_pbc"):
        free = [truth for truth in truths if truth["source"] == source and not truth["benchmark_test"]]
        draw.shuffle(free)
        for truth in free[: (len(free) + 1) // 2]:
            truth["half"] = "tune"


def measure(truth: dict[str, Any]) -> dict[str, Any]:
    """Estimate one photograph."""
    with Image.open(truth["path"]) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    start = time.process_time()
    found = estimate_red_cell_diameter(pixels)
    seconds = time.process_time() - start
    return {
        "source": truth["source"],
        "image": truth["path"].name,
        "half": truth["half"],
        "benchmark_test": truth["benchmark_test"],
        "truth_px": round(truth["truth_px"], 1),
        "estimate_px": round(found.px, 1),
        "confidence": round(found.confidence, 3),
        "cpu_seconds": round(seconds, 3),
    }


def summarise(records: list[dict[str, Any]]) -> dict[str, float]:
    """Figures of one group of records."""
    ratio = np.array([record["estimate_px"] / record["truth_px"] for record in records])
    usual = float(np.median(ratio))
    error, own = np.abs(ratio - 1), np.abs(ratio / usual - 1)
    figures = {
        "n": len(records),
        "median_ratio": usual,
        "median_error": float(np.median(error)),
        "p90_error": float(np.percentile(error, 90)),
        "within_10": float((error <= 0.1).mean()),
        "within_20": float((error <= 0.2).mean()),
        "own_within_10": float((own <= 0.1).mean()),
        "own_within_20": float((own <= 0.2).mean()),
        "off_by_half": int(((ratio / usual > 1.5) | (ratio / usual < 1 / 1.5)).sum()),
        "cpu_seconds": float(np.mean([record["cpu_seconds"] for record in records])),
    }
    return {name: round(value, 3) for name, value in figures.items()}


def main() -> None:
    """Measure every photograph that has a truth, print the table and write the records."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with all-idb1/ and other/")
    data = parser.parse_args().data
    truths = all_idb_truths(data) + [truth for source in BOXES for truth in box_truths(data, source)]
    halve(truths)
    records = [measure(truth) for truth in truths if truth["truth_px"] is not None]
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in records:
        groups[f"{record['source']}, {record['half']}"].append(record)
        if record["benchmark_test"]:
            groups[f"{record['source']}, benchmark test"].append(record)
    summary = {name: summarise(group) for name, group in groups.items()}
    print(f"{'':35s}{'':30s}{'|error|':>16s}{'within':>12s}  about its own ratio")
    print(
        f"{'source':35s}{'n':>5s}{'ratio':>8s}{'off by ×1.5':>13s}{'s':>6s}{'median':>8s}{'90 %':>7s}"
        f"{'10 %':>7s}{'20 %':>6s}{'10 %':>8s}{'20 %':>6s}"
    )
    for name, row in sorted(summary.items()):
        print(
            f"{name:35s}{row['n']:5.0f}{row['median_ratio']:8.3f}{row['off_by_half']:13.0f}"
            f"{row['cpu_seconds']:6.2f}{row['median_error']:8.3f}{row['p90_error']:7.3f}{row['within_10']:7.2f}"
            f"{row['within_20']:6.2f}{row['own_within_10']:8.2f}{row['own_within_20']:6.2f}"
        )
    lines = ",\n  ".join(json.dumps(record) for record in records)
    RECORDS.write_text(f'{{"summary": {json.dumps(summary, indent=1)},\n"records": [\n  {lines}\n]}}\n', "utf-8")


if __name__ == "__main__":
    main()
