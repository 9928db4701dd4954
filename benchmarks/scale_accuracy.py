"""How well the red-cell diameter is measured: accuracy, confidence, robustness and time.

    python benchmarks/scale_accuracy.py --data data                 all of it; writes the records and the page
    python benchmarks/scale_accuracy.py --data data --tuning-only   accuracy on the tuning parts, writes nothing
    python benchmarks/scale_accuracy.py                             writes the page again from the records

Records: benchmarks/scale-accuracy.json; page: benchmarks/scale-accuracy.md. The labelled diameter of a photograph is

- all-idb1, measured: the median diameter from hand-drawn outlines (13 photographs);
- all-idb1, session: the median of the measured photographs of the same capture session and zoom, so it says
  little about the last 5 %; sessions without one are left out;
- the others: the median of (width + height) / 2 of the red-cell boxes that stay 3 px off the frame, at
  least three of them.

Annotators draw more or less loosely, so the same cell has another labelled size in another source. How loosely is
measured cell by cell on the tuning part (benchmarks/label_margin.py), and the truth is the labelled diameter brought to
the outlines of ALL-IDB1, on which the networks are trained.

The sources were halved by a seeded draw: the estimator was tuned on one half (``tune``) and has seen the
other (``held out``) here only. The paper's red-cell test photographs and the CBC test split are held out, and have
rows of their own.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import time
from collections import defaultdict
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hemolens.labels.all_idb1 import AllIdb1
from hemolens.measurements.scale import (
    LARGEST_UNEXPLAINED,
    LEAST_SURE,
    LEAST_TRUSTED,
    estimate_red_cell_diameter,
)
from label_margin import Box, margins_of, outlined_cells

BOXES = {
    "bccd_cbc": "annotations_txl.csv",
    "txl_pbc": "annotations_raabin_trainval.csv",
    "bcdd_ankara": "annotations.csv",
}
OUTLINED = "all-idb1, measured"
PAPER_TEST = {"Im037_0", "Im045_0", "Im053_1"}
RECORDS = Path(__file__).with_name("scale-accuracy.json")
PAGE = RECORDS.with_suffix(".md")
BANDS = (0.0, 0.2, LEAST_TRUSTED, 0.5, 0.6, 0.7, 0.8, 1.0)
N_CHANGED = {"all-idb1, measured": 3, "all-idb1, session": 3, "bccd_cbc": 10, "txl_pbc": 10, "bcdd_ankara": 10}

Pixels = NDArray[np.uint8]


def rows_of(path: Path) -> list[dict[str, str]]:
    """Read the rows of a CSV table."""
    with path.open(newline="", encoding="utf-8") as table:
        return list(csv.DictReader(table))


def all_idb_truths(data: Path) -> list[dict[str, Any]]:
    """Truths of the ALL-IDB1 photographs, measured or taken over from the session."""
    all_idb1 = AllIdb1.within(data)
    rows = all_idb1.images.values()
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
                "path": all_idb1.path(row["image"]),
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
    truths: list[dict[str, Any]] = []
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


def pixels_of(truth: dict[str, Any]) -> Pixels:
    """Read the photograph of a truth as RGB."""
    with Image.open(truth["path"]) as picture:
        return np.asarray(picture.convert("RGB"))


def measure(truth: dict[str, Any]) -> dict[str, Any]:
    """Estimate one photograph."""
    pixels = pixels_of(truth)
    start = time.process_time()
    found = estimate_red_cell_diameter(pixels)
    seconds = time.process_time() - start
    return {
        "source": truth["source"],
        "image": truth["path"].name,
        "half": truth["half"],
        "benchmark_test": truth["benchmark_test"],
        "megapixels": round(pixels.shape[0] * pixels.shape[1] / 1e6, 1),
        "labelled_px": round(truth["truth_px"], 1),
        "estimate_px": round(found.px, 1),
        "confidence": round(found.confidence, 3),
        "cpu_seconds": round(seconds, 3),
    }


def label_margins(data: Path, truths: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """How loosely each source is labelled, from its tuning part: number of cells, median margin and its quartiles."""
    drawn: dict[str, list[float]] = defaultdict(list)
    outlined = outlined_cells(AllIdb1.within(data))
    for truth in truths:
        if truth["half"] == "tune" and truth["source"] == OUTLINED:
            drawn[OUTLINED] += margins_of(truth["path"], outlined[truth["path"].stem], [])
    for source, table in BOXES.items():
        cells: dict[str, list[tuple[str, Box]]] = defaultdict(list)
        for row in rows_of(data / "other" / source / table):
            box = (float(row["x0"]), float(row["y0"]), float(row["x1"]), float(row["y1"]))
            cells[row["image"]].append((row["type"], box))
        for truth in truths:
            if truth["half"] == "tune" and truth["source"] == source:
                named = cells[truth["path"].name]
                red = [(box, (box[2] - box[0] + box[3] - box[1]) / 2) for kind, box in named if kind == "rbc"]
                drawn[source] += margins_of(truth["path"], red, [box for kind, box in named if kind != "rbc"])
    return {
        source: {
            "n_cells": len(margins),
            **{
                name: round(float(np.percentile(margins, at)), 3)
                for name, at in (("median", 50), ("lower_quartile", 25), ("upper_quartile", 75))
            },
        }
        for source, margins in drawn.items()
    }


def looseness(source: str, margins: dict[str, dict[str, float]]) -> float:
    """Labelled size in a source ÷ size of the same cell's outline in ALL-IDB1."""
    return margins[source]["median"] / margins[OUTLINED]["median"] if source in BOXES else 1.0


def in_hsv(hue: float = 0.0, saturation: float = 1.0, brightness: float = 1.0) -> Callable[[Pixels], Pixels]:
    """Make a change of hue (degrees added), saturation and brightness (factors), clipped to what bytes hold."""

    def change(pixels: Pixels) -> Pixels:
        hsv = cv2.cvtColor((pixels / 255).astype(np.float32), cv2.COLOR_RGB2HSV)
        hsv[..., 0] = (hsv[..., 0] + hue) % 360
        hsv[..., 1:] = np.clip(hsv[..., 1:] * np.float32([saturation, brightness]), 0, 1)
        return np.round(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB) * 255).astype(np.uint8)

    return change


def resized(factor: float) -> Callable[[Pixels], Pixels]:
    """Make a change of size."""
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return lambda pixels: cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=how)


def as_poor_jpeg(pixels: Pixels) -> Pixels:
    """Store as JPEG of quality 30 and read again."""
    stored = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 30])[1]
    return np.asarray(cv2.imdecode(stored, cv2.IMREAD_COLOR), np.uint8)


CHANGES: dict[str, tuple[float, Callable[[Pixels], Pixels]]] = {  # name → how the diameter must follow, and the change
    "hue −10°": (1, in_hsv(hue=-10)),
    "hue +10°": (1, in_hsv(hue=10)),
    "saturation × 0.7": (1, in_hsv(saturation=0.7)),
    "saturation × 1.3": (1, in_hsv(saturation=1.3)),
    "brightness × 0.7": (1, in_hsv(brightness=0.7)),
    "brightness × 1.3": (1, in_hsv(brightness=1.3)),
    "blur σ 2 px": (1, lambda pixels: cv2.GaussianBlur(pixels, (0, 0), 2).astype(np.uint8)),
    "JPEG quality 30": (1, as_poor_jpeg),
    "turned by 90°": (1, lambda pixels: np.ascontiguousarray(np.rot90(pixels))),
    "size × 0.5": (0.5, resized(0.5)),
    "size × 1.5": (1.5, resized(1.5)),
}


def movements(truths: list[dict[str, Any]]) -> dict[str, dict[str, list[float]]]:
    """How far the estimate moves under each change, by source: estimate ÷ what it should be, minus 1."""
    moved: dict[str, dict[str, list[float]]] = {source: {name: [] for name in CHANGES} for source in N_CHANGED}
    for source, n_photographs in N_CHANGED.items():
        held_out = [t for t in truths if t["source"] == source and t["half"] == "held out" and not t["benchmark_test"]]
        for truth in held_out[:n_photographs]:
            pixels = pixels_of(truth)
            before = estimate_red_cell_diameter(pixels).px
            for name, (factor, change) in CHANGES.items():
                after = estimate_red_cell_diameter(change(pixels)).px
                moved[source][name].append(round(after / (before * factor) - 1, 4))
    return moved


def summarise(records: list[dict[str, Any]], loose: float) -> dict[str, float]:
    """Figures of one group of records of one source; zero photographs have no figures."""
    ratio = np.array([record["estimate_px"] / record["labelled_px"] for record in records])
    raw, error = np.abs(ratio - 1), np.abs(ratio * loose - 1)
    figures = {
        "n": len(records),
        "ratio_to_label": np.median(ratio),
        "error_to_label": np.median(raw),
        "ratio": np.median(ratio * loose),
        "median_error": np.median(error),
        "p90_error": np.percentile(error, 90),
        "beyond_15": (error > 0.15).sum(),
        "untrusted": sum(record["confidence"] < LEAST_TRUSTED for record in records),
    }
    return {name: round(float(value), 3) for name, value in figures.items()}


def accuracy_table(records: list[dict[str, Any]], margins: dict[str, dict[str, float]]) -> list[str]:
    groups: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for record in records:
        groups[record["source"], record["half"]].append(record)
        if record["benchmark_test"]:
            groups[record["source"], "benchmark test"].append(record)
    lines = [
        "| source | part | photographs | ÷ label | error to label | looseness | ÷ truth | median error "
        "| 90 % of errors below | above 15 % | not trusted |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for (source, part), group in sorted(groups.items()):
        loose = looseness(source, margins)
        row = summarise(group, loose)
        lines.append(
            f"| {source} | {part} | {row['n']:.0f} | {row['ratio_to_label']:.3f} | {row['error_to_label']:.1%} "
            f"| {loose:.3f} | {row['ratio']:.3f} | {row['median_error']:.1%} | {row['p90_error']:.1%} "
            f"| {row['beyond_15']:.0f} | {row['untrusted']:.0f} |"
        )
    return lines


def margin_table(margins: dict[str, dict[str, float]]) -> list[str]:
    lines = ["| source | cells | labelled ÷ half-contrast diameter | middle half |", "|---|--:|--:|--:|"]
    for source, row in sorted(margins.items()):
        quartiles = f"{row['lower_quartile']:.3f} to {row['upper_quartile']:.3f}"
        lines.append(f"| {source} | {row['n_cells']:.0f} | {row['median']:.3f} | {quartiles} |")
    return lines


def confidence_table(records: list[dict[str, Any]], margins: dict[str, dict[str, float]]) -> list[str]:
    lines = ["| confidence | tune | above 15 % | held out | above 15 % |", "|---|--:|--:|--:|--:|"]
    for low, high in pairwise(BANDS):
        cells = []
        for half in ("tune", "held out"):
            ratios = [
                record["estimate_px"] / record["labelled_px"] * looseness(record["source"], margins)
                for record in records
                if record["half"] == half and low <= record["confidence"] < high + (high == 1.0)
            ]
            cells += [str(len(ratios)), str(sum(abs(ratio - 1) > 0.15 for ratio in ratios))]
        lines.append(f"| {low} to {high} | " + " | ".join(cells) + " |")
    return lines


def overruled_table(records: list[dict[str, Any]], margins: dict[str, dict[str, float]]) -> list[str]:
    """Count the files with the right scale that a sure estimate would overrule.

    A file's scale is right where it makes a usual red cell as wide as those of the photograph are, or up to a quarter
    narrower or wider: as small and large red cells are.
    """
    sure = [record for record in records if record["confidence"] >= LEAST_SURE]
    ratios = [record["estimate_px"] / record["labelled_px"] * looseness(record["source"], margins) for record in sure]
    lines = ["| red cells | photographs | largest factor between file and estimate | overruled |", "|---|--:|--:|--:|"]
    for name, width in (("usual", 1.0), ("a quarter narrower", 0.75), ("a quarter wider", 1.25)):
        factors = [max(width * ratio, 1 / (width * ratio)) for ratio in ratios]
        n_overruled = sum(factor > LARGEST_UNEXPLAINED for factor in factors)
        lines.append(f"| {name} | {len(factors)} | {max(factors):.2f} | {n_overruled} |")
    return lines


def movement_table(moved: dict[str, dict[str, list[float]]]) -> list[str]:
    counts = [f"{source} ({len(next(iter(changes.values())))})" for source, changes in moved.items()]
    lines = ["| change | " + " | ".join(counts) + " |", "|---|" + "--:|" * len(counts)]
    for name in CHANGES:
        sizes = [np.abs(changes[name]) for changes in moved.values()]
        lines.append(f"| {name} | " + " | ".join(f"{np.median(size):.1%}" for size in sizes) + " |")
    return lines


def page_of(found: dict[str, Any]) -> str:
    """Lay out the records."""
    records, margins = found["records"], found["margins"]
    largest = [record["cpu_seconds"] for record in records if record["megapixels"] == 5.0]
    parts = [
        ["# How well the red-cell diameter is measured", "", "Written by `benchmarks/scale_accuracy.py`."],
        ["## How loosely the labels are drawn", "", "On the tuning parts, cells that stand alone."],
        margin_table(margins),
        [
            "## Accuracy",
            "",
            "Label: the labelled diameter as it is. Truth: brought to the outlines of ALL-IDB1, label ÷ looseness.",
            "Errors are shares of the truth where nothing else is said. `benchmark test` is part of `held out`.",
        ],
        accuracy_table(records, margins),
        ["## Confidence", "", f"Photographs, and those with an error above 15 %. Trusted from {LEAST_TRUSTED}."],
        confidence_table(records, margins),
        [
            "## Against a file's scale",
            "",
            f"An estimate of confidence {LEAST_SURE} or more overrules a file whose scale differs by more than a",
            f"factor of {LARGEST_UNEXPLAINED}. How often that would hit a file with the right scale, by how wide the",
            "red cells are:",
        ],
        overruled_table(records, margins),
        ["## Robustness", "", "Median movement of the estimate, on so many held-out photographs of each source."],
        movement_table(found["movements"]),
        [
            "## Time",
            "",
            f"On {len(largest)} photographs of 2592 × 1944 pixels: {np.median(largest):.2f} CPU-seconds in the median, "
            f"{max(largest):.2f} at most.",
        ],
    ]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def main() -> None:
    """Measure what can be measured, write the records and the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with all-idb1/ and other/")
    parser.add_argument("--tuning-only", action="store_true", help="look at the tuning parts, write nothing")
    options = parser.parse_args()
    if options.data is not None:
        cv2.setNumThreads(1)
        truths = all_idb_truths(options.data) + [t for source in BOXES for t in box_truths(options.data, source)]
        halve(truths)
        truths = [t for t in truths if t["truth_px"] is not None]
        if options.tuning_only:
            truths = [t for t in truths if t["half"] == "tune"]
        margins = label_margins(options.data, truths)
        records = [measure(truth) for truth in truths]
        if options.tuning_only:
            print("\n".join([*margin_table(margins), "", *accuracy_table(records, margins)]))
            print("\n".join(["", *confidence_table(records, margins)]))
            return
        lines = ",\n  ".join(json.dumps(record) for record in records)
        head = f'{{"margins": {json.dumps(margins)},\n"movements": {json.dumps(movements(truths), ensure_ascii=False)}'
        RECORDS.write_text(f'{head},\n"records": [\n  {lines}\n]}}\n', "utf-8")
    page = page_of(json.loads(RECORDS.read_text("utf-8")))
    PAGE.write_text(page, "utf-8")
    print(page)


if __name__ == "__main__":
    main()
