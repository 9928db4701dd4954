"""What counting a whole slide costs: seconds, memory at its largest, and the count against the sum of its parts.

    python benchmarks/slide.py [--megapixels 25 100 400]

Draws a smear, lays it side by side into a pyramidal TIFF of so many megapixels in a temporary folder, and counts that
with `hemolens count` in a process of its own, then on two dask workers, whose cells must be the same. The parts are
equal and no cell is cut, so their sum is a multiple of the count of one. A matrix product is timed in the same run:
machines differ. Writes benchmarks/slide.json, benchmarks/slide.md and its curves (SVG); what was measured before for
other sizes stays in them. Needs `hemolens[cluster,slides]`.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import hemolens
from curves import write_curve
from hemolens.cell_types import CELL_TYPES
from hemolens.images.resampling import resize
from hemolens.synthetic import draw_smear
from speed import MATRIX, matrix_gflops

HERE = Path(__file__).parent
PART_PX = 2500
DIAMETER_PX = 40.0
CELLS = {"n_rbc": 600, "n_wbc": 4, "n_plt": 30}
LEVELS = (1, 4, 20)
TILE_PX = 512
CLUSTER = "local:2"
COMMAND = [sys.executable, "-c", "from hemolens.cli import main; main()", "count"]


def write_slide(path: Path, part: NDArray[np.uint8], n_parts: int) -> None:
    """Lay a picture n × n times into a tiled TIFF with its reductions."""
    import tifffile

    with tifffile.TiffWriter(path, bigtiff=True) as tiff:
        for reduction in LEVELS:
            small = resize(part, (part.shape[0] // reduction, part.shape[1] // reduction))
            side = small.shape[0] * n_parts
            tiff.write(
                tiles_of(small, side),
                shape=(side, side, 3),
                dtype=np.uint8,
                tile=(TILE_PX, TILE_PX),
                photometric="rgb",
                compression="zlib",
                subifds=len(LEVELS) - 1 if reduction == 1 else 0,
                subfiletype=0 if reduction == 1 else 1,
            )


def tiles_of(part: NDArray[np.uint8], side: int) -> Iterator[NDArray[np.uint8]]:
    """Tiles of a picture that is repeated to a square of this side, row by row."""
    for row in range(0, side, TILE_PX):
        for col in range(0, side, TILE_PX):
            rows, cols = np.arange(row, row + TILE_PX) % part.shape[0], np.arange(col, col + TILE_PX) % part.shape[1]
            yield part[np.ix_(rows, cols)]


def count(picture: Path, out: Path, *options: str) -> dict[str, Any]:
    """Count a picture in a process of its own; its counts, and what it took."""
    started = time.perf_counter()
    command = [*COMMAND, str(picture), "--out", str(out), "--diameter-px", str(DIAMETER_PX), *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{picture.name}: exit status {os.waitstatus_to_exitcode(status)}")
    (row,) = csv.DictReader((out / "counts.csv").read_text("utf-8").splitlines())
    return {
        "counts": {kind: int(row[kind]) for kind in CELL_TYPES},
        "wall_s": round(time.perf_counter() - started, 1),
        "cpu_s": round(usage.ru_utime + usage.ru_stime, 1),
        "peak_mb": round(usage.ru_maxrss / 1024),
    }


def measure(megapixels: int, folder: Path, gflops: float) -> dict[str, Any]:
    """Count a slide of so many megapixels and one of its parts."""
    n_parts = round(math.sqrt(megapixels * 1e6) / PART_PX)
    part = draw_smear(
        1, height=PART_PX, width=PART_PX, red_cell_diameter_px=DIAMETER_PX, uneven_light=0.0, **CELLS
    ).pixels
    write_slide(folder / "slide.svs", part, n_parts)
    Image.fromarray(part).save(folder / "part.png", compress_level=1)
    one = count(folder / "part.png", folder / "part")["counts"]
    whole = count(folder / "slide.svs", folder / "slide")
    shared = count(folder / "slide.svs", folder / "shared", "--cluster", CLUSTER)
    cells, shared_cells = ((folder / name / "cells.csv").read_bytes() for name in ("slide", "shared"))
    parts = {kind: n * n_parts**2 for kind, n in one.items()}
    off = sum(whole["counts"].values()) / sum(parts.values()) - 1
    return {
        "megapixels": megapixels,
        **whole,
        "sum_of_parts": parts,
        "off": round(off, 5),
        "matrix_products_per_megapixel": round(whole["cpu_s"] / megapixels * gflops * 1e9 / (2 * MATRIX**3), 2),
        "cluster": CLUSTER,
        "cluster_wall_s": shared["wall_s"],
        "cluster_cpu_s": shared["cpu_s"],
        "cluster_cells_equal": cells == shared_cells,
    }


def markdown(result: dict[str, Any]) -> str:
    """The results as a page."""
    machine = result["machine"]
    lines = [
        "# What counting a whole slide costs",
        "",
        f"`benchmarks/slide.py`, hemolens {machine['hemolens']}, {machine['processor']}, Python {machine['python']}.",
        f"Parts of {PART_PX} × {PART_PX} pixels, red cells {DIAMETER_PX:g} wide, {sum(CELLS.values())} cells each.",
        "",
        f"*Products*: of two matrices of side {MATRIX}, that one thread does in the processor seconds of a megapixel.",
        "",
        "| megapixels | wall s | CPU s | CPU s a megapixel | products | peak MB | cells | sum of the parts | off "
        f"| `--cluster {CLUSTER}`: wall s | CPU s a megapixel | the same cells |",
        "|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|",
    ]
    lines += [
        f"| {each['megapixels']} | {each['wall_s']} | {each['cpu_s']} | {each['cpu_s'] / each['megapixels']:.2f} "
        f"| {each['matrix_products_per_megapixel']} | {each['peak_mb']} | {sum(each['counts'].values())} "
        f"| {sum(each['sum_of_parts'].values())} | {each['off']:+.2%} "
        f"| {each['cluster_wall_s']} | {each['cluster_cpu_s'] / each['megapixels']:.2f} "
        f"| {'yes' if each['cluster_cells_equal'] else 'no'} |"
        for each in result["records"]
    ]
    for name, cost, y_name in (
        ("slide-seconds.svg", "cpu_s", "processor seconds"), ("slide-memory.svg", "peak_mb", "megabytes at the peak"),
    ):  # fmt: skip
        points = [(each["megapixels"], each[cost]) for each in result["records"]]
        lines += ["", write_curve(HERE / name, points, "megapixels", y_name)]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megapixels", type=int, nargs="+", default=[25, 100, 400])
    record = HERE / "slide.json"
    earlier = json.loads(record.read_text("utf-8"))["records"] if record.exists() else []
    records = {each["megapixels"]: each for each in earlier if "cluster_cpu_s" in each}
    given, gflops = parser.parse_args(), matrix_gflops()
    for megapixels in given.megapixels:
        with tempfile.TemporaryDirectory() as name:
            records[megapixels] = measure(megapixels, Path(name), gflops)
    result = {
        "machine": {
            "processor": f"{platform.machine()}, {os.cpu_count()} processors",
            "python": platform.python_version(),
            "hemolens": hemolens.__version__,
        },
        "records": [records[megapixels] for megapixels in sorted(records)],
    }
    record.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (HERE / "slide.md").write_text(markdown(result), encoding="utf-8")


if __name__ == "__main__":
    main()
