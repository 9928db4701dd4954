"""Count on a dask cluster of this machine while workers are killed, and works out what a large cluster would do.

    python benchmarks/cluster.py [--photographs 2000] [--kills 3] [--large 40] [--part runs]

Draws small photographs and counts them in one process, on one single-threaded worker, on two, and on two of which one
is killed now and then (runs). What must hold: but for times all files are the same byte for byte. Photographs of five
megapixels are counted on one worker and on two (large). One of them is counted and written, and tasks that do nothing
are sent through the scheduler: what these take goes into a simulation of 1,000 workers (plans). Writes
benchmarks/cluster.json and benchmarks/cluster.md; what was measured before of other parts stays in them. Figures of a
busy machine say little: the load is recorded.
"""

from __future__ import annotations

import argparse
import heapq
import json
import os
import pickle
import random
import shutil
import signal
import tempfile
import time
from collections import deque
from collections.abc import Generator, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from batch_kills import contents, draw
from hemolens.batch.cluster import Kit, connected, count_on_cluster
from hemolens.batch.photograph_task import Counting, PhotographTask, count_here, count_photograph
from hemolens.batch.photographs import count_photographs, find_candidates
from hemolens.batch.workers import AHEAD
from hemolens.block_count import count_block
from hemolens.images.slides import open_image
from hemolens.options import CountOptions
from hemolens.output.entries import Place
from hemolens.output.options import OutputOptions
from hemolens.output.photograph_output import PhotographOutput
from hemolens.output.report.html_page import markdown_table
from hemolens.output.run_files import RunFiles
from hemolens.plan.plan import make_plan
from hemolens.synthetic import draw_smear

HERE = Path(__file__).parent
SEED = 1
N_NOTHING, N_WARM = 300, 16
WORKERS = 1000
PHOTOGRAPHS = 1_000_000
SLIDES, SLIDE_PX = 1000, 10**10
PARTS = ("runs", "large", "plans")
SIMULATED = 60_000
"""Tasks of a simulation: so many show the steady state."""


def count(photographs: Path, out: Path, counting: Counting) -> float:
    """Count, and give the seconds."""
    began = time.perf_counter()
    count_photographs(find_candidates([photographs]), out, CountOptions(), counting=counting)
    return time.perf_counter() - began


def killing(
    tasks: Iterable[PhotographTask], client: Any, moments: set[int], killed: list[int]
) -> Generator[PhotographOutput]:
    """Count on a cluster, and kill one of its workers after so many photographs."""
    for n, photograph in enumerate(count_on_cluster(tasks, client.scheduler.address)):
        if n in moments:
            killed.append(min(client.run(os.getpid).values()))
            os.kill(killed[-1], signal.SIGKILL)
        yield photograph


def measure_runs(n_photographs: int, n_kills: int) -> dict[str, Any]:
    """Count small photographs in several ways."""
    with tempfile.TemporaryDirectory() as name:
        folder, seconds, killed = Path(name), dict[int, float](), list[int]()
        draw(folder / "drawn", n_photographs)
        draw(folder / "few", N_WARM)
        count(folder / "drawn", folder / "one process", count_here)
        expected = contents(folder / "one process")
        for n in (1, 2):
            seconds[n] = count_warm(folder, n)
            if contents(folder / f"{n}") != expected:
                raise SystemExit(f"{n} workers write something else")
        dice = random.Random(SEED)  # noqa: S311 - moments, no secrets
        moments = set(dice.sample(range(n_photographs), n_kills))
        with connected("local:2") as client:
            count(folder / "drawn", folder / "killed", partial(killing, client=client, moments=moments, killed=killed))
        same_after_kills = contents(folder / "killed") == expected
    return {
        **compared(n_photographs, seconds),
        "workers_killed": len(killed),
        "files_equal_after_kills": same_after_kills,
    }


def measure_large(n_photographs: int) -> dict[str, Any]:
    """Count photographs of five megapixels on one worker and on two."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        draw_large(folder / "drawn", n_photographs)
        draw_large(folder / "few", 2)
        return compared(n_photographs, {n: count_warm(folder, n) for n in (1, 2)})


def draw_large(folder: Path, n_photographs: int) -> list[Path]:
    """Draw a photograph of five megapixels, and lay copies of it beside it."""
    folder.mkdir()
    paths = [folder / f"{n}.jpg" for n in range(n_photographs)]
    Image.fromarray(draw_smear(SEED, height=1944, width=2592, n_rbc=500, n_wbc=4, n_plt=20).pixels).save(paths[0])
    for path in paths[1:]:
        shutil.copy(paths[0], path)
    return paths


def count_warm(folder: Path, n_workers: int) -> float:
    """Count what is drawn on so many workers, which have counted the few before, and give the seconds."""
    with connected(f"local:{n_workers}") as client:  # started before the clock
        client.wait_for_workers(n_workers)
        on = partial(count_on_cluster, address=client.scheduler.address)
        count(folder / "few", folder / f"warm {n_workers}", on)  # its workers have loaded the network then
        return count(folder / "drawn", folder / f"{n_workers}", on)


def compared(n_photographs: int, seconds: dict[int, float]) -> dict[str, Any]:
    """Record how much faster two workers are than one."""
    return {
        "photographs": n_photographs,
        "seconds_one_worker": round(seconds[1], 2),
        "seconds_two_workers": round(seconds[2], 2),
        "times_as_fast": round(seconds[1] / seconds[2], 2),
        "load": round(os.getloadavg()[0], 1),
    }


def measure_tasks() -> dict[str, float]:
    """Measure what a photograph of five megapixels takes of a worker, of the wires and of the machine that writes."""
    with tempfile.TemporaryDirectory() as name:
        (path,) = draw_large(Path(name) / "drawn", 1)
        (candidate,) = find_candidates([path]).each
        options, output = CountOptions(), OutputOptions()
        task = PhotographTask(candidate, options, output, Place(1, 1))
        began = time.process_time()
        photograph = count_photograph(task)
        counted = time.process_time()
        with RunFiles(Path(name) / "out", [candidate.entry], options, output) as files:
            wrote = time.perf_counter()
            files.append(photograph)
            wrote = time.perf_counter() - wrote
        plan = make_plan(open_image(path), options)
        cells = [count_block(plan, block) for block in plan.blocks]
        n_pixels = sum((each.own.row1 - each.own.row0) * (each.own.col1 - each.own.col0) for each in plan.blocks)
        with connected("local:1") as client:
            client.submit(int).result()
            began_nothing = time.perf_counter()
            client.gather([client.submit(int, pure=False) for _ in range(N_NOTHING)])
            nothing = (time.perf_counter() - began_nothing) / N_NOTHING
        return {
            "task_processor_s": round(counted - began, 3),
            "task_bytes": len(pickle.dumps(task)),
            "kit_bytes": len(pickle.dumps(Kit.of(options.methods))),
            "photograph_bytes": path.stat().st_size,
            "output_bytes": len(pickle.dumps(photograph)),
            "append_s": round(wrote, 5),
            "scheduler_s": round(nothing, 5),
            "cell_bytes_per_mpx": round(len(pickle.dumps(cells)) / n_pixels * 1e6),
            "block_px": n_pixels // len(plan.blocks),
        }


def simulate(n_workers: int, task_s: float, serve_s: float, n_tasks: int = SIMULATED) -> dict[str, float]:
    """Play a run: workers count, results are taken in their order by one server, and few are ahead of it.

    A task takes between half and one and a half times `task_s`; one in a hundred takes five times as long.
    """
    chance = random.Random(SEED)  # noqa: S311 - durations, no secrets
    free, begun = [0.0] * n_workers, deque[float]()
    served = busy = 0.0
    for n in range(n_tasks + AHEAD * n_workers):
        if len(begun) == AHEAD * n_workers or n >= n_tasks:
            if not begun:
                break
            served = max(served, begun.popleft()) + serve_s
        if n < n_tasks:
            length = task_s * (5 if chance.random() < 0.01 else 0.5 + chance.random())
            busy += length
            end = max(served, heapq.heappop(free)) + length
            heapq.heappush(free, end)
            begun.append(end)
    return {"tasks_per_s": round(n_tasks / served, 2), "workers_busy": round(busy / served / n_workers, 3)}


def plan_large(measured: dict[str, float]) -> list[dict[str, Any]]:
    """Work out the large runs from what was measured."""
    task_s, block_px = measured["task_processor_s"], measured["block_px"]
    serve_photograph, n_blocks = measured["scheduler_s"] + measured["append_s"], SLIDES * SLIDE_PX // int(block_px)
    block_bytes = measured["cell_bytes_per_mpx"] * block_px / 1e6
    runs = [
        ("a million photographs of five megapixels", PHOTOGRAPHS, serve_photograph, measured["output_bytes"]),
        ("1,000 slides of ten gigapixels", n_blocks, measured["scheduler_s"], block_bytes),
    ]
    plans = []
    for name, n_tasks, serve_s, n_bytes in runs:
        for n_workers in (10, 100, WORKERS):
            found = simulate(n_workers, task_s, serve_s)
            hours = n_tasks / found["tasks_per_s"] / 3600
            moved = {"terabytes": round(n_tasks * n_bytes / 1e12, 2)}
            moved["megabytes_per_s"] = round(found["tasks_per_s"] * n_bytes / 1e6, 1)
            plans.append(
                {"run": name, "workers": n_workers, "tasks": n_tasks, **found, "hours": round(hours, 1), **moved}
            )
    return plans


def page(record: dict[str, Any]) -> str:
    """Write the record for people."""
    runs, large, measured = record["runs"], record["large"], record["measured"]
    table = markdown_table(
        ["run", "workers", "tasks", "tasks a second", "workers busy", "hours", "TB moved", "MB/s"],
        [[str(value) for value in plan.values()] for plan in record["plans"]],
    )
    equal = "were" if runs["files_equal_after_kills"] else "were not"
    return f"""# On a cluster

{runs["photographs"]} small drawn photographs, {record["processors"]} processors, load {runs["load"]}: two workers
were {runs["times_as_fast"]} times as fast as one. After {runs["workers_killed"]} kills of a worker the files {equal}
those of one process, but for times. {large["photographs"]} photographs of five megapixels, load {large["load"]}:
{large["times_as_fast"]} times as fast.

Measured for the plan: a photograph of five megapixels takes {measured["task_processor_s"]} s of a processor. Its task
is {measured["task_bytes"]} bytes, its output {measured["output_bytes"]} bytes. Appending that takes
{measured["append_s"]} s, and the scheduler {measured["scheduler_s"]} s for a task.

Simulated from that, with one task in a hundred five times as long and results taken in order:

{table}

The scheduler and the machine that writes take results one by one: where workers are not busy, they wait for these. What
a network can carry is not in the simulation: compare the last column with yours. Nor is what one process does for a
slide before and after its blocks, nor the reading of the files, {measured["photograph_bytes"]} bytes a photograph.
A part of the run for each of several schedulers (`--shard`) takes the wait away.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photographs", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--large", type=int, default=40)
    parser.add_argument("--part", choices=PARTS, action="append", help="all by default")
    given = parser.parse_args()
    path, parts = HERE / "cluster.json", given.part or PARTS
    record = json.loads(path.read_text("utf-8")) if path.exists() else {}
    record["processors"] = os.cpu_count()
    if "runs" in parts:
        record["runs"] = measure_runs(given.photographs, given.kills)
    if "large" in parts:
        record["large"] = measure_large(given.large)
    if "plans" in parts:
        record["measured"] = measure_tasks()
        record["plans"] = plan_large(record["measured"])
    path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    (HERE / "cluster.md").write_text(page(record), encoding="utf-8")


if __name__ == "__main__":
    main()
