"""What the quality gate says of good, spoilt and foreign pictures, beside what it should say.

    python benchmarks/quality_gate.py --data data                      judge all; writes the records and the page
    python benchmarks/quality_gate.py --data data --pictures pictures  the same, and keeps the pictures to look at
    python benchmarks/quality_gate.py --data data --ranges             measure the ranges of training photographs again
    python benchmarks/quality_gate.py                                  writes the page again from the records

Records: benchmarks/quality-gate.json; page: benchmarks/quality-gate.md. Of large photographs the middle, 640 × 480
pixels, is used. What is expected of each change is written below; it comes from counting changed photographs that
are not in the table. The crowded smears were drawn again after a first look, since piles of two are no crowd. Every
picture is counted: the reference is the labelled or drawn number of red cells; for ALL-IDB1, whose red cells are
outlined on few photographs, the count of the unchanged photograph.

The limits and ranges were chosen on other photographs: capture sessions S04, S05, S07 and S08 of ALL-IDB1, the CBC test
photographs of BCCD, every second photograph of TXL-PBC in the order of names (its sessions are not known), those of
bionet that are held out, and BCDD altogether are in this table only. The ranges are measured (--ranges); the limits
were set by hand on some 50 counted photographs of the other part, unchanged and changed. The limit of the check
`swapped` alone was set with a look at photographs of the table, too: re-stained ones of the CBC test, of bionet and of
ALL-IDB1, on which anything from 1.15 to 1.35 gave practically the same.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage import data as pictures_of_skimage

from hemolens.evaluation.robustness import blur, compress, resize
from hemolens.images.box import Box
from hemolens.images.photograph import photograph_from_array
from hemolens.labels.all_idb1 import AllIdb1
from hemolens.measurements.quality import LOOKS, distance_from, judge_photograph, looks_of
from hemolens.measurements.scale import RedCellDiameter, estimate_red_cell_diameter
from hemolens.pipeline import count_image
from hemolens.result import Result
from hemolens.synthetic import StainName, draw_smear

Pixels = NDArray[np.uint8]
Change = Callable[[Pixels, float], Pixels]
Groups = list[tuple[str, list[dict[str, Any]]]]

HELD_OUT_SESSIONS = ("S04", "S05", "S07", "S08")
N_TRAINING = {"bionet": 42}
"""Photographs of a source that ranges are measured on, if not 12: bionet has seven families of colour."""

WINDOW = (480, 640)
SIZE = (300, 400)
"""Rows and columns of pictures that are no photographs of a smear."""

FEWEST_RED_CELLS = 5
"""A training photograph on which fewer are counted says little of its stain."""

VERDICTS = ("accept", "warn", "reject")
RECORDS = Path(__file__).with_name("quality-gate.json")
PAGE = RECORDS.with_suffix(".md")
RANGES = Path(__file__).parent.parent / "src" / "hemolens" / "measurements" / "quality.toml"


def change_light(pixels: Pixels, factor: float) -> Pixels:
    """Multiply the light (sRGB taken as a power of 2.2), clipped to what bytes hold."""
    light = (np.arange(256) / 255) ** 2.2 * factor
    return np.round(np.clip(light, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8)[pixels]


def change_stain(pixels: Pixels, factor: float) -> Pixels:
    """Multiply the absorbance of everything darker than the background."""
    bright = np.percentile(pixels.reshape(-1, 3), 97, axis=0)
    share = np.maximum(np.minimum(pixels / bright, 1), 1e-3)
    return np.round(bright * share**factor).astype(np.uint8)


def change_lamp(pixels: Pixels, gains: tuple[float, float, float]) -> Pixels:
    """Multiply each colour."""
    return np.clip(np.round(pixels * np.array(gains)), 0, 255).astype(np.uint8)


def add_grain(pixels: Pixels, deviation: float) -> Pixels:
    """Add independent Gaussian noise to every value."""
    noise = np.random.default_rng(0).normal(0, deviation, pixels.shape)
    return np.clip(np.round(pixels + noise), 0, 255).astype(np.uint8)


def light(factor: float) -> Change:
    return lambda pixels, _: change_light(pixels, factor)


def stain(factor: float) -> Change:
    return lambda pixels, _: change_stain(pixels, factor)


def lamp(*gains: float) -> Change:
    return lambda pixels, _: change_lamp(pixels, gains)


def grain(deviation: float) -> Change:
    return lambda pixels, _: add_grain(pixels, deviation)


def out_of_focus(diameters: float) -> Change:
    return lambda pixels, diameter_px: blur(pixels, diameters * diameter_px)


CHANGES: dict[str, list[tuple[str, Change]]] = {
    "accept": [
        ("blur σ 0.03 d", out_of_focus(0.03)),
        ("light × 0.6", light(0.6)),
        ("stain × 0.7", stain(0.7)),
        ("light × 1.3", light(1.3)),
        ("lamp a little warmer", lamp(1.06, 1.0, 0.92)),
        ("JPEG quality 30", lambda pixels, _: compress(pixels, 30)),
        ("grain of 5 grey levels", grain(5)),
    ],
    "warn": [
        ("blur σ 0.08 d", out_of_focus(0.08)),
        ("stain × 0.25", stain(0.25)),
        ("light × 0.05", light(0.05)),
        ("light × 4", light(4)),
        ("grain of 20 grey levels", grain(20)),
    ],
    "reject": [
        ("blur σ 0.2 d", out_of_focus(0.2)),
        ("stain × 0.04", stain(0.04)),
        ("light × 0.003", light(0.003)),
        ("light × 15", light(15)),
        ("grain of 80 grey levels", grain(80)),
        ("red cells 8 px wide", lambda pixels, diameter_px: resize(pixels, 8 / diameter_px)),
        ("green lamp", lamp(0.55, 1.0, 0.55)),
    ],
}
"""What is done to photographs, by the verdict that is expected; d is the red-cell diameter."""


class Case(NamedTuple):
    """A picture to be judged: what it is of, what was done to it, what is expected, and the count to compare with."""

    source: str
    image: str
    change: str
    expected: str
    pixels: Pixels
    reference: int | None


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as table:
        return list(csv.DictReader(table))


def photographs(data: Path, *, held_out: bool) -> dict[str, list[Path]]:
    """Photographs of each source that belong to the table, or those that limits and ranges may be chosen on."""
    all_idb1, other = AllIdb1.within(data), data / "other"
    sessions: dict[str, list[Path]] = {}
    for name, session in all_idb1.sessions.items():
        if (session in HELD_OUT_SESSIONS) == held_out:
            sessions.setdefault(session, []).append(all_idb1.path(name))
    test = {row["image"] for row in rows_of(other / "bccd_cbc/splits.csv") if row["cbc_split"] == "test"}
    bccd = [path for path in sorted((other / "bccd_cbc/images").iterdir()) if (path.name in test) == held_out]
    use = "val" if held_out else "train"
    bionet = sorted(
        (row["family"], other / "bionet/images" / row["image"])
        for row in rows_of(other / "bionet/images.csv")
        if row["suggested_use"] == use
    )
    found = {
        "ALL-IDB1": [path for turn in range(5) for paths in sessions.values() for path in paths[turn : turn + 1]],
        "BCCD": bccd,
        "TXL-PBC": sorted((other / "txl_pbc/images").iterdir())[held_out::2],
        "bionet": [path for _, path in bionet],
    }
    return found | ({"BCDD": sorted((other / "bcdd_ankara/images").iterdir())} if held_out else {})


def evenly(paths: Sequence[Path], n: int) -> list[Path]:
    """Take `n` of them, spread over the whole."""
    return [paths[i * len(paths) // n] for i in range(n)]


def window(path: Path) -> Pixels:
    """Read the middle of a photograph."""
    pixels = np.asarray(Image.open(path).convert("RGB"))
    row, col = (max(0, (have - want) // 2) for have, want in zip(pixels.shape, WINDOW, strict=False))
    return np.ascontiguousarray(pixels[row : row + WINDOW[0], col : col + WINDOW[1]])


BOXES = {
    "BCCD": "bccd_cbc/annotations_txl.csv",
    "TXL-PBC": "txl_pbc/annotations_raabin_trainval.csv",
    "BCDD": "bcdd_ankara/annotations.csv",
    "bionet": "bionet/annotations.csv",
}


def labelled_counts(data: Path, source: str, paths: Sequence[Path]) -> dict[Path, int | None]:
    """Red cells whose labelled box has its middle in the window; None where they are not boxed."""
    if source not in BOXES:
        return dict.fromkeys(paths)
    boxes: dict[str, list[tuple[float, float]]] = {}
    for row in rows_of(data / "other" / BOXES[source]):
        if row["type"] == "rbc":
            middle = ((float(row["y0"]) + float(row["y1"])) / 2, (float(row["x0"]) + float(row["x1"])) / 2)
            boxes.setdefault(row["image"], []).append(middle)
    counts: dict[Path, int | None] = {}
    for path in paths:
        with Image.open(path) as picture:
            n_cols, n_rows = picture.size
        reach = (min(n_rows, WINDOW[0]) / 2, min(n_cols, WINDOW[1]) / 2)
        middles = boxes.get(path.name)
        counts[path] = middles and sum(
            abs(row - n_rows / 2) <= reach[0] and abs(col - n_cols / 2) <= reach[1] for row, col in middles
        )  # type: ignore[assignment]
    return counts


def real_cases(data: Path) -> Iterator[Case]:
    """Unchanged photographs, and some of them changed in four ways each."""
    turn = 0
    for source, paths in photographs(data, held_out=True).items():
        n_changed, n_unchanged = (8, 12) if source == "ALL-IDB1" else (5, 15)
        chosen = paths[:n_unchanged] if source == "ALL-IDB1" else evenly(paths, n_unchanged)
        for i, (path, n_red) in enumerate(labelled_counts(data, source, chosen).items()):
            pixels = window(path)
            yield Case(source, path.stem, "unchanged", "accept", pixels, n_red)
            if i % (n_unchanged // n_changed) == 0 and i // (n_unchanged // n_changed) < n_changed:
                diameter_px = estimate_red_cell_diameter(pixels).px
                for expected, step in (("accept", 0), ("warn", 0), ("reject", 0), ("reject", 3)):
                    name, change = CHANGES[expected][(turn + step) % len(CHANGES[expected])]
                    yield Case(source, path.stem, name, expected, change(pixels, diameter_px), n_red)
                turn += 1


STAINS: tuple[StainName, ...] = ("pink", "tan", "grey", "pale", "violet")


def drawn_cases() -> Iterator[Case]:
    """Synthetic smears, unchanged and changed; crowded ones; empty ones."""
    for i, look in enumerate(STAINS):
        smear = draw_smear(i, height=360, width=480, n_rbc=18, n_wbc=1, n_plt=2, red_cell_diameter_px=60, stain=look)
        yield Case("drawn", look, "unchanged", "accept", smear.pixels, smear.n_rbc)
        for expected in ("accept", "warn", "reject"):
            name, change = CHANGES[expected][i]
            yield Case("drawn", look, name, expected, change(smear.pixels, 60.0), smear.n_rbc)
        empty = draw_smear(i, height=360, width=480, n_rbc=0, n_wbc=0, n_plt=i % 2, stain=look)
        yield crowded_case(i, look)
        yield Case("drawn", look, "empty field", "reject", empty.pixels, 0)


def crowded_case(seed: int, look: StainName) -> Case:
    """Lay one synthetic smear over another: light that passed one passes the other as well."""
    under, over = (
        draw_smear(each, height=360, width=480, n_rbc=30, n_wbc=0, n_plt=1, red_cell_diameter_px=60, stain=look,
                   cut_by_frame=True, uneven_light=0)
        for each in (seed, seed + 50)
    )  # fmt: skip
    background = np.percentile(over.pixels.reshape(-1, 3), 97, axis=0)
    pixels = np.clip(np.round(under.pixels * (over.pixels / background)), 0, 255).astype(np.uint8)
    return Case("drawn", look, "crowded", "warn", pixels, under.n_rbc + over.n_rbc)


def clouds(seed: int) -> Pixels:
    """Draw soft colours such as a photograph out of all focus has."""
    draw = np.random.default_rng(seed)
    distance = np.hypot(np.fft.fftfreq(SIZE[0])[:, None], np.fft.fftfreq(SIZE[1]))
    distance[0, 0] = 1
    planes = [np.fft.ifft2(np.fft.fft2(draw.normal(size=SIZE)) / distance**1.3).real for _ in range(3)]
    planes = [170 + 35 * (plane - plane.mean()) / plane.std() for plane in planes]
    return np.clip(np.stack(planes, axis=-1), 0, 255).astype(np.uint8)


def text_page() -> Pixels:
    page = np.full((*SIZE, 3), 245, np.uint8)
    for line in range(12):
        cv2.putText(page, f"line {line} of a page of text", (8, 22 + 24 * line), 0, 0.7, (20, 20, 30), 1, cv2.LINE_AA)
    return page


def foreign_cases() -> Iterator[Case]:
    """Pictures of anything but a smear; those with a name of their own come with scikit-image."""
    draw, flat = np.random.default_rng(0), partial(np.full, (*SIZE, 3), dtype=np.uint8)
    across = np.linspace(230, 150, SIZE[1])[None, :, None] * np.array([1.0, 0.9, 0.85])
    drawn = {
        "noise": draw.integers(0, 256, (*SIZE, 3), dtype=np.uint8),
        "soft noise": cv2.GaussianBlur(draw.integers(0, 256, (*SIZE, 3), dtype=np.uint8), (0, 0), 6),
        "flat grey": flat(200),
        "black": flat(0),
        "white": flat(255),
        "gradient": np.broadcast_to(across, (*SIZE, 3)).round().astype(np.uint8),
        "page of text": text_page(),
        **{f"clouds {seed}": clouds(seed) for seed in (1, 2)},
    }
    names = ("brick", "grass", "gravel", "camera", "coins", "page", "astronaut", "coffee", "chelsea",
             "immunohistochemistry", "checkerboard", "moon")  # fmt: skip
    for name in names:
        picture = getattr(pictures_of_skimage, name)()
        drawn[name] = np.asarray(Image.fromarray(picture).convert("RGB"))[: SIZE[0], : SIZE[1]]
    for name, pixels in drawn.items():
        yield Case("no smear", name, "no smear", "reject", np.ascontiguousarray(pixels), 0)


def all_cases(data: Path, kept_in: Path | None = None) -> list[Case]:
    """Make the pictures of the table, in its order, and keep them where that is asked for."""
    cases = [*real_cases(data), *drawn_cases(), *foreign_cases()]
    if kept_in is not None:
        kept_in.mkdir(parents=True, exist_ok=True)
        for n, case in enumerate(cases):
            Image.fromarray(case.pixels).save(kept_in / f"{n:03d} {case.source} {case.expected}.png")
    return cases


def judge(case: Case) -> dict[str, Any]:
    """Count a picture and write down its verdict."""
    result: Result = count_image(photograph_from_array(case.pixels))
    return {
        "source": case.source,
        "image": case.image,
        "change": case.change,
        "expected": case.expected,
        "verdict": result.quality.verdict,
        "reason": result.quality.reason,
        "rbc": result.counts.rbc,
        "reference": case.reference,
        "measures": {name: round(value, 4) for name, value in result.quality.measures.items()},
    }


def measure_training(data: Path) -> list[dict[str, Any]]:
    """Looks of photographs of training that are not in the table."""
    found = []
    for source, paths in photographs(data, held_out=False).items():
        for path in paths[:12] if source == "ALL-IDB1" else evenly(paths, N_TRAINING.get(source, 12)):
            result = count_image(photograph_from_array(window(path)))
            looks = {name: round(value, 4) for name, value in looks_of(result.quality.measures).items()}
            found.append({"source": source, "image": path.stem, "rbc": result.counts.rbc, "looks": looks})
    return found


def ranges_of(training: list[dict[str, Any]]) -> dict[str, list[float]]:
    """Ranges of the looks: what nine tenths of the photographs of each source span, red cells counted or not at all."""
    counted = [one for one in training if one["rbc"] >= FEWEST_RED_CELLS]
    ranges = {}
    for name in LOOKS:
        spans = [
            np.percentile([one["looks"][name] for one in counted if one["source"] == source], [5, 95])
            for source in {one["source"] for one in counted}
        ]
        ranges[name] = [round(float(min(low for low, _ in spans)), 3), round(float(max(high for _, high in spans)), 3)]
    return ranges


def write_ranges(training: list[dict[str, Any]]) -> None:
    """Write the ranges into the package; no picture is in them."""
    sources = ", ".join(f"{n} of {source}" for source, n in Counter(one["source"] for one in training).items())
    lines = [
        "# What photographs of training look like: for each look the span of nine tenths of each source's photographs.",
        "# Written by benchmarks/quality_gate.py --ranges; hemolens.measurements.quality says what each look is.",
        f'photographs = "{sources}; the terms of each are in the cards of the models"',
        "",
        "[ranges]",
        *(f"{name} = [{low}, {high}]" for name, (low, high) in ranges_of(training).items()),
    ]
    RANGES.write_text("\n".join(lines) + "\n", "utf-8")


def error_of(record: dict[str, Any], records: Sequence[dict[str, Any]]) -> float | None:
    """How far the red-cell count is from its reference, as a share of that; None for the reference itself."""
    reference = record["reference"]
    if reference is None:
        if record["change"] == "unchanged":
            return None
        same = (record["source"], record["image"], "unchanged")
        reference = next(one["rbc"] for one in records if (one["source"], one["image"], one["change"]) == same)
    return abs(record["rbc"] - reference) / max(1, reference)


def verdict_table(rows: Sequence[tuple[str, Sequence[dict[str, Any]]]], heading: str) -> list[str]:
    """Lay out how many pictures of each row got which verdict."""
    lines = [f"| {heading} | pictures | " + " | ".join(VERDICTS) + " |", "|---|" + "--:|" * (len(VERDICTS) + 1)]
    for name, records in rows:
        found = Counter(record["verdict"] for record in records)
        lines.append(f"| {name} | {len(records)} | " + " | ".join(str(found[verdict]) for verdict in VERDICTS) + " |")
    return lines


def by(records: Sequence[dict[str, Any]], *keys: str) -> Groups:
    """Group records, in the order in which the groups come."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        groups.setdefault(", ".join(record[key] for key in keys), []).append(record)
    return list(groups.items())


def by_source(unchanged: Sequence[dict[str, Any]], records: Sequence[dict[str, Any]]) -> Groups:
    """Group unchanged pictures by source, those that are counted wrong apart."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for record in unchanged:
        wrong = (error_of(record, records) or 0) > 0.3
        groups.setdefault(record["source"] + ", counted wrong" * wrong, []).append(record)
    return sorted(groups.items())


def by_error(records: Sequence[dict[str, Any]]) -> Groups:
    """Group the pictures of smears that have a reference by how far the count is from it."""
    smears = [record for record in records if record["source"] != "no smear" and record["change"] != "empty field"]
    errors = [(error_of(record, records), record) for record in smears]
    counted = [(error, record) for error, record in errors if error is not None]
    return [
        ("up to 10 %", [record for error, record in counted if error <= 0.1]),
        ("10 to 30 %", [record for error, record in counted if 0.1 < error <= 0.3]),
        ("above 30 %", [record for error, record in counted if error > 0.3]),
    ]


def area_under_curve(good: NDArray[np.float64], foreign: NDArray[np.float64]) -> float:
    """How often a foreign picture lies farther off than a good one; ties count half."""
    apart = foreign[:, None] - good[None, :]
    return float(((apart > 0) + 0.5 * (apart == 0)).mean())


def distance_table(found: dict[str, Any]) -> list[str]:
    """Compare the two ways of saying 'unlike training' on unchanged photographs and on what is no smear."""
    training, records = found["training"], found["records"]
    looks = np.array([[one["looks"][name] for name in LOOKS] for one in training if one["rbc"] >= FEWEST_RED_CELLS])
    inverse = np.linalg.inv(np.cov(looks, rowvar=False))
    ranges = {name: (low, high) for name, (low, high) in ranges_of(training).items()}

    def mahalanobis(record: dict[str, Any]) -> float:
        off = np.array(list(looks_of(record["measures"]).values())) - looks.mean(axis=0)
        return float(np.sqrt(off @ inverse @ off))

    lines = [
        "| distance | area under the curve | largest of a good one | foreign ones beyond that |",
        "|---|--:|--:|--:|",
    ]
    good = [record for record in records if record["change"] == "unchanged" and record["source"] != "drawn"]
    foreign = [record for record in records if record["source"] == "no smear"]
    for name, measure in (("ranges", lambda one: distance_from(ranges, one["measures"])), ("Mahalanobis", mahalanobis)):
        near, far = (np.array([measure(record) for record in part]) for part in (good, foreign))
        beyond = int((far > near.max()).sum())
        lines.append(f"| {name} | {area_under_curve(near, far):.3f} | {near.max():.1f} | {beyond} of {len(far)} |")
    return lines


def wrong_table(records: Sequence[dict[str, Any]]) -> list[str]:
    """List the pictures with another verdict than expected."""
    lines = [
        "| picture | change | expected | verdict | red cells | labelled | reason |",
        "|---|---|---|---|--:|--:|---|",
    ]
    for one in records:
        if one["verdict"] != one["expected"]:
            numbers = (one["rbc"], "–" if one["reference"] is None else one["reference"])
            words = [f"{one['source']} {one['image']}", one["change"], one["expected"], one["verdict"], *numbers]
            lines.append(f"| {' | '.join(map(str, words))} | {one['reason'] or '–'} |")
    return lines


def page_of(found: dict[str, Any]) -> str:
    """Lay out the records."""
    records = found["records"]
    unchanged = [record for record in records if record["change"] == "unchanged"]
    changed = [record for record in records if record["change"] != "unchanged"]
    parts = [
        ["# What the quality gate says"],
        [
            f"{len(records)} pictures, none of them used to choose a limit but that of `swapped`.",
            "`benchmarks/quality_gate.py`, which wrote",
            "this page, says what each picture is, what is expected of it, and on which others the limits were chosen.",
        ],
        ["## Expected and found"],
        verdict_table(by(records, "expected"), "expected"),
        ["## Photographs as they are, and synthetic smears"],
        ["A photograph is counted wrong where the number of red cells is more than 30 % from that of the labels."],
        verdict_table(by_source(unchanged, records), "source"),
        ["## Changed pictures"],
        ["d is the red-cell diameter."],
        verdict_table(by(changed, "expected", "change"), "expected, change"),
        ["## Where the count goes wrong"],
        [
            "Photographs and synthetic smears, changed and as they are, by how far the number of red cells is from",
            "that of the labels, or for ALL-IDB1 from that of the unchanged photograph.",
        ],
        verdict_table(by_error(records), "off by"),
        ["## Unlike anything in training"],
        [
            "Two distances of the same looks from those of the training photographs: how well each tells unchanged",
            "photographs from pictures that are no smear.",
        ],
        distance_table(found),
        ["## Other than expected"],
        wrong_table(records),
        ["## Time"],
        [f"Judging 2592 × 1944 pixels takes {found['cpu_seconds']:.3f} CPU-seconds, reading and counting apart."],
    ]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def seconds_to_judge() -> float:
    """CPU-seconds for a synthetic smear of five megapixels, cells known."""
    smear = draw_smear(1, height=972, width=1296, n_rbc=120, red_cell_diameter_px=40)
    cells = [
        replace(cell, box=Box(*(2 * n for n in cell.box)), outline=cell.outline * 2, row=cell.row * 2, col=cell.col * 2)
        for cell in smear.cells
    ]
    pixels, diameter = resize(smear.pixels, 2), RedCellDiameter(80.0, 0.9)
    started = time.process_time()
    for _ in range(5):
        judge_photograph(pixels, diameter, cells)
    return (time.process_time() - started) / 5


def main() -> None:
    """Measure what can be measured, write the records and the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with all-idb1/ and other/")
    parser.add_argument("--pictures", type=Path, help="folder to keep the judged pictures in")
    parser.add_argument("--ranges", action="store_true", help="measure the ranges of training photographs, too")
    options = parser.parse_args()
    found = json.loads(RECORDS.read_text("utf-8")) if RECORDS.exists() else {}
    if options.data is not None:
        cv2.setNumThreads(1)
        if options.ranges:
            found["training"] = measure_training(options.data)
            write_ranges(found["training"])
        found["cpu_seconds"] = round(seconds_to_judge(), 3)
        found["records"] = [judge(case) for case in all_cases(options.data, options.pictures)]
        write_records(found)
    page = page_of(found)
    PAGE.write_text(page, "utf-8")
    print(page)


def write_records(found: dict[str, Any]) -> None:
    """Write one line for each picture."""
    training, records = (
        ",\n  ".join(json.dumps(one, ensure_ascii=False) for one in found[part]) for part in ("training", "records")
    )
    head = f'{{"cpu_seconds": {found["cpu_seconds"]},\n"training": [\n  {training}\n]'
    text = f'{head},\n"records": [\n  {records}\n]}}\n'
    RECORDS.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
