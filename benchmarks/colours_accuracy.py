"""How well the absorbance of red cells is measured, without any network.

    python benchmarks/colours_accuracy.py --data data    measures; writes the records and the page
    python benchmarks/colours_accuracy.py                writes the page again from the records

Records: benchmarks/colours-accuracy.json; page: benchmarks/colours-accuracy.md. The labelled absorbance of a photograph
is the median over the inner part of its labelled red cells (outlines and boxes shrunk, no box that meets one of a white
cell or platelet), against the brighter half of what lies under no label. The scale is the labelled diameter.

Two more things are measured on the same photographs: the same with the stain made weaker and stronger, and pictures of
their white cells alone, cut out along the ellipse in their box and laid on their background, of which no red cell's
absorbance should be measured.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from hemolens.images.photograph import read_photograph
from hemolens.images.polygon import draw_polygon
from hemolens.labels.all_idb1 import AllIdb1
from hemolens.measurements.colours import absorbance, measure_colours
from hemolens.segmentation.network_maps import resize_to_diameter

BOXES = {
    "bccd_cbc": ("annotations_txl.csv", 1.156),
    "txl_pbc": ("annotations_raabin_trainval.csv", 1.119),
    "bcdd_ankara": ("annotations.csv", 1.015),
    "bionet": ("annotations.csv", 1.1),
}
"""Table, and width of a box divided by that of the cell in it (benchmarks/label_margin.py; bionet: by its README)."""

EVERY = {"bionet": 4}
"""Of this source every so many-th photograph is measured: its fields recur."""

INNER, AROUND = 0.7, 1.1
STRENGTHS = (0.5, 2.0)
LEAST = 0.02
"""Absorbance: smaller ones count as this, a camera's three grey levels."""
SCALE_PX = 20.0
RECORDS = Path(__file__).with_name("colours-accuracy.json")
PAGE = RECORDS.with_suffix(".md")

Pixels = NDArray[np.uint8]
Mask = NDArray[np.uint8]


class Labelled(NamedTuple):
    """A photograph; the inner part of its red cells, and what lies under any label; its white cells' boxes."""

    source: str
    name: str
    pixels: Pixels
    diameter_px: float
    red_cells: Mask
    labelled: Mask
    white_cells: list[NDArray[np.float64]]


def outlined(data: Path) -> Iterator[Labelled]:
    """Photographs of ALL-IDB1 whose red cells are outlined."""
    all_idb1 = AllIdb1.within(data)
    for name in sorted(all_idb1.outlines):
        pixels = all_idb1.pixels(name)
        inner, labelled = np.zeros(pixels.shape[:2], np.uint8), np.zeros(pixels.shape[:2], np.uint8)
        for ring in all_idb1.outlines[name]:
            middle = ring.mean(axis=0)
            for picture, size in ((inner, np.sqrt(INNER)), (labelled, AROUND)):
                draw_polygon(picture, np.rint(middle + (ring - middle) * size - 0.5) + 0.5, 1)
        if (white := all_idb1.mask(name, "wbc")) is not None:
            wide = cv2.dilate(white.astype(np.uint8), np.ones((15, 15), np.uint8)) > 0
            inner[wide], labelled[wide] = 0, 1
        yield Labelled("all-idb1", name, pixels, all_idb1.red_cell_diameters[name], inner, labelled, [])


def boxed(data: Path, source: str) -> Iterator[Labelled]:
    """Photographs of a source that has boxes."""
    folder = data / "other" / source
    table, margin = BOXES[source]
    boxes: dict[str, list[tuple[str, NDArray[np.float64]]]] = defaultdict(list)
    with (folder / table).open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            box = np.array([float(row[key]) for key in ("x0", "y0", "x1", "y1")])
            boxes[row["image"]].append((row["type"], box))
    sizes = {name: [(box[2:] - box[:2]).mean() for kind, box in own if kind == "rbc"] for name, own in boxes.items()}
    usual = float(np.median([size for own in sizes.values() for size in own]))
    for name in sorted(boxes)[:: EVERY.get(source, 1)]:
        pixels = read_photograph(folder / "images" / name).pixels
        inner, labelled = np.zeros(pixels.shape[:2], np.uint8), np.zeros(pixels.shape[:2], np.uint8)
        others = [box for kind, box in boxes[name] if kind != "rbc"]
        for kind, box in boxes[name]:
            draw_ellipse(labelled, box, AROUND)
            if kind == "rbc" and not any((box[:2] < each[2:]).all() and (each[:2] < box[2:]).all() for each in others):
                draw_ellipse(inner, box, INNER)
        diameter = float(np.median(sizes[name])) if len(sizes[name]) >= 3 else usual
        white = [box for kind, box in boxes[name] if kind == "wbc"]
        yield Labelled(source, name, pixels, diameter / margin, inner, labelled, white)


def draw_ellipse(picture: Mask, box: NDArray[np.float64], size: float) -> None:
    """Draw the ellipse in a box, so many times as large."""
    middle, sides = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) * size
    cv2.ellipse(picture, (tuple(middle.tolist()), tuple(sides.tolist()), 0.0), 1, cv2.FILLED)


def white_cells_alone(photograph: Labelled, small: Pixels, background: NDArray[np.float64]) -> Pixels | None:
    """Lay the white cells of a photograph, and nothing else, nine times on its background; None without any.

    ``small`` is the photograph at the scale of the result.
    """
    if not photograph.white_cells:
        return None
    draw = np.random.default_rng(0)
    side = round(15 * SCALE_PX)
    boxes = np.maximum(photograph.white_cells, 0) * (len(small) / len(photograph.pixels))
    picture = np.clip(draw.normal(background, 1.5, (side, side, 3)), 0, 255).astype(np.uint8)
    for n in range(9):
        x0, y0, x1, y1 = boxes[n % len(boxes)].astype(int).tolist()
        cell = small[y0:y1, x0:x1]
        height, width = cell.shape[:2]
        if min(height, width) < 3 or max(height, width) >= side:
            continue
        row, col = draw.integers(0, side - height), draw.integers(0, side - width)
        inside = np.zeros((height, width), np.uint8)
        draw_ellipse(inside, np.array([0.0, 0.0, width, height]), 0.95)
        picture[row : row + height, col : col + width][inside > 0] = cell[inside > 0]
    return picture


def measure(photograph: Labelled) -> dict[str, Any] | None:
    """Compare measured with labelled absorbance; None where the labels do not say what it is."""
    free, inside = photograph.pixels[photograph.labelled == 0], photograph.pixels[photograph.red_cells > 0]
    if len(free) < 0.01 * photograph.labelled.size or not len(inside):
        return None
    background = np.median(free[free[:, 1] >= np.median(free[:, 1])], axis=0)
    small = resize_to_diameter(photograph.pixels, photograph.diameter_px, SCALE_PX)
    record: dict[str, Any] = {
        "source": photograph.source,
        "image": photograph.name,
        "labelled": np.median(absorbance(inside, background), axis=0).round(4).tolist(),
        "measured": measured_in(small),
    }
    for strength in STRENGTHS:
        light = np.maximum(small, 1) / background
        record[f"strength {strength}"] = measured_in(np.clip(background * light**strength, 0, 255).astype(np.uint8))
    alone = white_cells_alone(photograph, small, background)
    if alone is not None:
        record["white cells alone"] = measured_in(alone)
    return record


def measured_in(pixels: Pixels) -> list[float] | None:
    found = measure_colours(pixels, SCALE_PX).red_cell_absorbance
    return None if found is None else found.round(4).tolist()


def ratios(records: list[dict[str, Any]], key: str, strength: float = 1.0) -> NDArray[np.float64]:
    """Measured ÷ labelled absorbance of those that were measured, shape (N, 3)."""
    pairs = [(each[key], each["labelled"]) for each in records if each.get(key) is not None]
    measured, labelled = np.array(pairs).reshape(-1, 2, 3).transpose(1, 0, 2)
    return np.asarray(np.maximum(measured, LEAST) / np.maximum(labelled * strength, LEAST))


def row_of(name: str, records: list[dict[str, Any]], key: str, strength: float = 1.0) -> str:
    """One row: photographs, not measured, median ratio, median error, share within two factors; R, G, B."""
    found = ratios(records, key, strength)
    off = np.exp(np.abs(np.log(found)))
    within = [(off <= factor).sum(axis=0) / len(records) for factor in (1.15, 1.33)]
    cells = [f"{value:.2f}" for value in np.median(found, axis=0)] + [f"{v - 1:.0%}" for v in np.median(off, axis=0)]
    shares = [" / ".join(f"{value:.0%}" for value in values) for values in within]
    head = f"| {name} | {len(records)} | {len(records) - len(found)} "
    return head + f"| {' / '.join(cells[:3])} | {' / '.join(cells[3:])} | {' | '.join(shares)} |"


def page_of(records: list[dict[str, Any]]) -> str:
    """Lay out the records."""
    sources = {source: [each for each in records if each["source"] == source] for source in ("all-idb1", *BOXES)}
    head = [
        "| source | photographs | not measured | ÷ label | error | within 1.15 | within 1.33 |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    lines = [
        "# How well the absorbance of red cells is measured",
        "",
        "Written by `benchmarks/colours_accuracy.py`, which says what is compared. Red / green / blue; medians",
        "over the photographs, and shares of them.",
        "",
        *head,
        *(row_of(source, own, "measured") for source, own in sources.items()),
    ]
    for strength in STRENGTHS:
        lines += ["", f"## Stain × {strength:g}", "", *head]
        lines += [row_of(source, own, f"strength {strength}", strength) for source, own in sources.items()]
    lines += [
        "",
        "## White cells alone",
        "",
        "Pictures without any red cell, how many were measured nevertheless, and in how many of these green absorbance",
        "is above 1.5 and 2.5 times that of the photograph's red cells: so many times too pale nuclei would become.",
        "",
        "| source | pictures | measured | above 1.5 | above 2.5 |",
        "|---|--:|--:|--:|--:|",
    ]
    for source, own in sources.items():
        alone = [each for each in own if "white cells alone" in each]
        if alone:
            green = ratios(alone, "white cells alone")[:, 1]
            lines.append(f"| {source} | {len(alone)} | {len(green)} | {(green > 1.5).sum()} | {(green > 2.5).sum()} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure what can be measured, write the records and the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with all-idb1/ and other/")
    options = parser.parse_args()
    if options.data is not None:
        cv2.setNumThreads(1)
        found = [measure(each) for each in outlined(options.data)]
        for source in BOXES:
            found += [measure(each) for each in boxed(options.data, source)]
        lines = ",\n".join(json.dumps(record) for record in found if record is not None)
        RECORDS.write_text(f"[\n{lines}\n]\n", "utf-8")
    page = page_of(json.loads(RECORDS.read_text("utf-8")))
    PAGE.write_text(page, "utf-8")
    print(page)


if __name__ == "__main__":
    main()
