"""What counting costs: seconds, memory and the share of each stage, beside a matrix product timed in the same run.

    python benchmarks/speed.py [--photograph FILE] [--repeats 3]

- The whole process (`hemolens count`: start-up, counting, writing) on one photograph of 2592 × 1944 pixels, one and two
  threads: the photograph given, or a drawn one.
- The cost against the size of the picture (synthetic smears of one density) and against the number of cells in it.
- A folder of such photographs, counted by one process and by two workers (`--workers`): photographs a minute, and the
  processor seconds of each, beside the sum of the stages.
- The share of each stage, and the part of the machine's speed (single-precision matrix product, one thread) that the
  network reaches.

Writes benchmarks/speed.json, benchmarks/speed.md and its curves (SVG). Machines differ: compare the ratios, not
the seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

import hemolens
from curves import write_curve
from hemolens.models.store import DEFAULT_MODEL
from hemolens.segmentation.network_maps import load_model
from hemolens.synthetic import draw_smear

HERE = Path(__file__).parent
SIDES = {
    0.5: (612, 816),
    1.0: (866, 1155),
    2.0: (1225, 1633),
    5.0: (1944, 2592),
    10.0: (2738, 3651),
    20.0: (3873, 5164),
}
"""Megapixels → height and width."""

CELLS_PER_MEGAPIXEL = 80
N_CELLS = (10, 1000, 5000, 10_000, 20_000)
FIELD_SIDE = 7100
CELL_PX = 40
"""Numbers of red cells in a field of so many pixels each way, and how wide they are; each field is measured once, with
that diameter given: of ten cells it cannot be estimated."""

N_BATCH = 60
"""Photographs of the folder."""

SIZE, CELLS = "size in megapixels", f"cells in a field of {FIELD_SIDE**2 / 1e6:.0f} megapixels"
COMMAND = [sys.executable, "-c", "from hemolens.cli import main; main()", "count"]
MATRIX = 2048


class Cost(NamedTuple):
    """What a process took: seconds on the clock, seconds of processors, megabytes at its largest."""

    wall: float
    cpu: float
    peak_mb: float


def run(command: Sequence[str], n_threads: int) -> Cost:
    """Run a process on so many processors, and wait for it.

    Its memory counts from the size of this process, which forks: measure before doing anything large here.
    """
    processors = sorted(os.sched_getaffinity(0))[:n_threads]
    environment = os.environ | {"OMP_NUM_THREADS": str(n_threads), "OPENBLAS_NUM_THREADS": str(n_threads)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    started = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603
    os.sched_setaffinity(process.pid, processors)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command[3:])}: exit status {os.waitstatus_to_exitcode(status)}")
    return Cost(time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def cost_of(picture: Path, n_threads: int, n_repeats: int, *options: str) -> Cost:
    """The median cost of counting a picture, start-up and writing included.

    Before several, a first run is not measured: it leaves the modules compiled, as an installation from a wheel does.
    """
    with tempfile.TemporaryDirectory() as out:
        command = [*COMMAND, str(picture), "--out", out, *options]
        if n_repeats > 1:
            run(command, n_threads)
        costs = [run(command, n_threads) for _ in range(n_repeats)]
    return Cost(*(float(np.median(values)) for values in zip(*costs, strict=True)))


def matrix_gflops() -> float:
    """Speed of a single-precision matrix product, one thread, in GFLOP/s, in a process of its own."""
    code = (
        "import numpy as np, time\n"
        f"a = np.random.default_rng(0).random(({MATRIX}, {MATRIX}), np.float32)\n"
        "a @ a\n"
        "times = []\n"
        "for _ in range(7):\n"
        "    t = time.perf_counter(); a @ a; times.append(time.perf_counter() - t)\n"
        "print(min(times))"
    )
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return 2 * MATRIX**3 / float(done.stdout) / 1e9


def network_gflop(model: str, shape: tuple[int, int]) -> float:
    """Operations (two for a multiplication with its addition) of a model's convolutions on a tile, in GFLOP."""
    import onnx

    from hemolens.models.store import read_model

    graph = onnx.load_from_string(read_model(model).onnx)
    for value, side in zip(graph.graph.input[0].type.tensor_type.shape.dim, (1, *shape, 3), strict=True):
        value.dim_value = side
    graph = onnx.shape_inference.infer_shapes(graph, strict_mode=True)
    known = [*graph.graph.value_info, *graph.graph.output]
    sizes = {value.name: [side.dim_value for side in value.type.tensor_type.shape.dim] for value in known}
    sizes |= {each.name: list(each.dims) for each in graph.graph.initializer}
    operations = 0
    for node in graph.graph.node:
        if node.op_type == "Conv":
            n_out, n_in, *kernel = sizes[node.input[1]]
            operations += 2 * n_out * n_in * int(np.prod(kernel)) * int(np.prod(sizes[node.output[0]][2:]))
    return operations / 1e9


def network_share(gflops: float) -> dict[str, float]:
    """How fast the default model runs on one tile, one thread, beside the matrix product."""
    import onnxruntime

    from hemolens.models.store import read_model

    name = DEFAULT_MODEL
    shape = (1152, 1152)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(read_model(name).onnx, options, providers=["CPUExecutionProvider"])
    pixels = np.random.default_rng(0).integers(0, 256, (1, *shape, 3), dtype=np.uint8)
    times = []
    for _ in range(4):
        started = time.perf_counter()
        session.run(None, {"pixels": pixels})
        times.append(time.perf_counter() - started)
    reached = network_gflop(name, shape) / min(times)
    return {"gflop_per_s": reached, "share_of_matrix_product": reached / gflops}


def stages(picture: Path) -> dict[str, float]:
    """Processor seconds of each stage, one after the other in one warm process."""
    from hemolens.block_count import BlockCount, compute_maps, find_bodies
    from hemolens.cells.cell import resolve_types
    from hemolens.images.box import Box
    from hemolens.images.photograph import read_photograph
    from hemolens.options import CountOptions
    from hemolens.output.cells_csv import cell_rows
    from hemolens.output.entries import Entry
    from hemolens.output.overlay import draw_overlay
    from hemolens.output.overlay_png import png_bytes
    from hemolens.pipeline import conclude
    from hemolens.plan.plan import make_plan
    from hemolens.statistics.counts import count_cells

    load_model(DEFAULT_MODEL)
    spent: dict[str, float] = {}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        started = time.process_time()
        result = work()
        spent[name] = time.process_time() - started
        return result

    photograph = timed("reading", lambda: read_photograph(picture))
    plan = timed("scale and colours", lambda: make_plan(photograph, CountOptions()))
    maps = timed("network", lambda: compute_maps(plan, Box(0, 0, *photograph.shape)))
    cells = timed("finding cells", lambda: resolve_types(find_bodies(plan, maps)))
    result = timed("quality", lambda: conclude(replace(plan, blocks=plan.blocks[:1]), [BlockCount(cells, {})], 0.0))
    overlay = timed("overlay", lambda: draw_overlay(result))
    timed("PNG", lambda: png_bytes(overlay))
    timed("tables", lambda: (count_cells(cells), list(cell_rows(Entry("a", "a", "a"), result))))
    return spent


def drawn(folder: Path, name: str, **arguments: Any) -> Path:
    """Draw a smear into a file."""
    path = folder / f"{name}.png"
    Image.fromarray(draw_smear(1, **arguments).pixels).save(path, compress_level=1)
    return path


def batch(picture: Path, n_workers: int, n_threads: int) -> dict[str, float]:
    """Count a folder of copies of a picture with so many workers, on so many processors."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "photographs"
        folder.mkdir()
        for number in range(N_BATCH):
            shutil.copy(picture, folder / f"{number}{picture.suffix}")
        cost = run([*COMMAND, str(folder), "--out", f"{name}/out", "--workers", str(n_workers)], n_threads)
    return {
        "workers": n_workers, "processors": n_threads, "photographs": N_BATCH,
        "photographs_per_minute": round(60 * N_BATCH / cost.wall, 1), "cpu_s_each": round(cost.cpu / N_BATCH, 3),
    }  # fmt: skip


def record(measure: str, at: float, n_threads: int, cost: Cost, gflops: float) -> dict[str, Any]:
    """One row of the results; the products are those that one thread does in the processor seconds.

    The memory is that of the photograph alone: by the time the others are counted, this process has drawn them, and
    a child's memory counts from its parent's.
    """
    products = cost.cpu * gflops * 1e9 / (2 * MATRIX**3)
    return {
        "measure": measure, "at": at, "threads": n_threads, "wall_s": round(cost.wall, 3), "cpu_s": round(cost.cpu, 3),
        "peak_mb": round(cost.peak_mb) if measure.startswith("photograph") else None,
        "matrix_products": round(products, 1),
    }  # fmt: skip


def markdown(result: dict[str, Any]) -> str:
    """The results as a page."""
    machine = result["machine"]
    lines = [
        "# What counting costs",
        "",
        f"`benchmarks/speed.py`, hemolens {machine['hemolens']}, {machine['processor']}, Python {machine['python']},",
        f"ONNX Runtime {machine['onnxruntime']}; one thread does {result['matrix_gflop_per_s']:.0f} GFLOP/s in a",
        f"single-precision matrix product, and {result['network']['gflop_per_s']:.0f} in the network",
        f"({result['network']['share_of_matrix_product']:.0%}). *Products*: products of two matrices of side {MATRIX}",
        "that one thread does in the processor seconds.",
        "",
        "| what | at | threads | wall s | CPU s | products | peak MB |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    lines += [
        f"| {row['measure']} | {row['at']:g} | {row['threads']} | {row['wall_s']:.2f} | {row['cpu_s']:.2f} "
        f"| {row['matrix_products']:.1f} | {row['peak_mb'] or ''} |"
        for row in result["records"]
    ]
    curves = [
        (HERE / "speed-size.svg", SIZE, "processor seconds"),
        (HERE / "speed-cells.svg", CELLS, "processor seconds"),
    ]
    for path, measure, y_name in curves:
        points = [(row["at"], row["cpu_s"]) for row in result["records"] if row["measure"] == measure]
        lines += ["", write_curve(path, points, measure, y_name)]
    total = sum(result["stages"].values())
    n_photographs = result["batch"][0]["photographs"]
    lines += ["", f"A folder of {n_photographs} photographs of 5 megapixels, start-up included:", ""]
    lines += ["| workers | processors | photographs a minute | CPU s each |", "|--:|--:|--:|--:|"]
    lines += [
        f"| {row['workers']} | {row['processors']} | {row['photographs_per_minute']:.1f} | {row['cpu_s_each']:.2f} |"
        for row in result["batch"]
    ]
    lines += ["", f"The stages of one take {total:.2f} processor seconds, one after the other in a warm process:"]
    lines += ["", "| stage | CPU s | share |", "|---|--:|--:|"]
    lines += [f"| {name} | {seconds:.3f} | {seconds / total:.0%} |" for name, seconds in result["stages"].items()]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photograph", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    import onnxruntime

    gflops = matrix_gflops()
    records = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        height, width = SIDES[5.0]
        picture = arguments.photograph or drawn(folder, "photograph", height=height, width=width, n_rbc=400, n_plt=20)
        for n_threads in (1, 2):
            cost = cost_of(picture, n_threads, arguments.repeats)
            records.append(record("photograph of 5 megapixels, threads", n_threads, n_threads, cost, gflops))
        spent = stages(picture)
        for megapixels, (height, width) in SIDES.items():
            n_cells = round(CELLS_PER_MEGAPIXEL * megapixels)
            smear = drawn(folder, f"size-{megapixels}", height=height, width=width, n_rbc=n_cells, n_wbc=1, n_plt=1)
            records.append(record(SIZE, megapixels, 1, cost_of(smear, 1, arguments.repeats), gflops))
        for n_cells in N_CELLS:
            smear = drawn(
                folder, f"cells-{n_cells}", height=FIELD_SIDE, width=FIELD_SIDE, n_rbc=n_cells, n_wbc=0, n_plt=0,
                red_cell_diameter_px=CELL_PX,
            )  # fmt: skip
            cost = cost_of(smear, 1, 1, "--diameter-px", str(CELL_PX))
            records.append(record(CELLS, n_cells, 1, cost, gflops))
        batches = [batch(picture, n_workers, n_threads) for n_workers, n_threads in ((1, 1), (1, 2), (2, 2))]
    result = {
        "machine": {
            "processor": f"{platform.machine()}, {os.cpu_count()} processors",
            "python": platform.python_version(),
            "onnxruntime": onnxruntime.__version__,
            "hemolens": hemolens.__version__,
        },
        "photograph": "given" if arguments.photograph else "drawn",
        "matrix_gflop_per_s": round(gflops, 1),
        "network": {name: round(value, 3) for name, value in network_share(gflops).items()},
        "records": records,
        "batch": batches,
        "stages": {name: round(seconds, 4) for name, seconds in spent.items()},
    }
    (HERE / "speed.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (HERE / "speed.md").write_text(markdown(result), encoding="utf-8")


if __name__ == "__main__":
    main()
