"""Kills a long run at random moments, goes on each time, and compares the result with that of an undisturbed run.

    python benchmarks/batch_kills.py [--photographs 10000] [--kills 50] [--workers 2]

Draws small photographs and counts them once in peace. Then counts them again with --resume, sends SIGKILL at a moment
that the seed chooses, and begins the same command anew, as often as there are kills; the last one is left to end. What
must hold: every photograph has one row, and but for times all files are the same byte for byte; nothing hidden or
unfinished is left; and the memory of the process that was started stays below 400 MB. Writes
benchmarks/batch-kills.json. Needs /proc, hence Linux.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from hemolens.synthetic import draw_smear

HERE = Path(__file__).parent
COMMAND = [sys.executable, "-c", "from hemolens.cli import main; main()", "count"]
SEED = 1
CELLS = {"n_rbc": 12, "n_wbc": 1, "n_plt": 2, "red_cell_diameter_px": 24.0, "cut_by_frame": True}
POLL_S = 0.05
MOST_MB = 400


def draw(folder: Path, n_photographs: int) -> None:
    """Draw the photographs."""
    folder.mkdir()
    for number in range(n_photographs):
        Image.fromarray(draw_smear(number, height=120, width=160, **CELLS).pixels).save(folder / f"{number:05}.png")


def run(photographs: Path, out: Path, workers: int, is_over: Callable[[], bool] = lambda: False) -> tuple[int, float]:
    """Count, killed as soon as told; give the exit status and the largest memory in MB."""
    command = [*COMMAND, str(photographs), "--out", str(out), "--resume", "--workers", str(workers)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
    most_kb = 0
    while process.poll() is None:
        most_kb = max(most_kb, memory_kb(process.pid))
        if is_over():
            process.kill()
        time.sleep(POLL_S)
    return process.returncode, most_kb / 1024


def memory_kb(pid: int) -> int:
    """Give the largest memory that a process has had, in KB; 0 when it has just ended."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)


def contents(out: Path) -> dict[str, str]:
    """Hash every file of a result but for times: the column of seconds, and run.json."""
    found = {}
    for path in sorted(path for path in out.rglob("*") if path.is_file() and path.name != "run.json"):
        content = path.read_bytes()
        if path.name == "counts.csv":
            rows = csv.DictReader(content.decode().splitlines())
            content = json.dumps([{**row, "seconds": ""} for row in rows]).encode()
        found[str(path.relative_to(out))] = hashlib.sha256(content).hexdigest()
    return found


def faults_of(out: Path, undisturbed: Path, n_photographs: int) -> list[str]:
    """Say in what a result differs from that of the undisturbed run."""
    with (out / "counts.csv").open(encoding="utf-8", newline="") as file:
        images = [row["image"] for row in csv.DictReader(file)]
    lost, double = n_photographs - len(set(images)), len(images) - len(set(images))
    ours, theirs = contents(out), contents(undisturbed)
    differing = [name for name in sorted(ours.keys() | theirs.keys()) if ours.get(name) != theirs.get(name)]
    counted = [f"{lost} lost", f"{double} double"] if lost or double else []
    return counted + [f"{name} differs" for name in differing]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photographs", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=HERE / "batch-kills.json")
    arguments = parser.parse_args()
    dice = random.Random(SEED)  # noqa: S311 - moments, no secrets
    kills: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        draw(work / "photographs", arguments.photographs)
        begun = time.perf_counter()
        status, most_mb = run(work / "photographs", work / "undisturbed", arguments.workers)
        seconds = time.perf_counter() - begun
        faults = [f"the undisturbed run ended with {status}"] if status else []
        for _ in range(arguments.kills):
            until = time.monotonic() + dice.uniform(0, 2 * seconds / (arguments.kills + 1))
            status, mb = run(
                work / "photographs", work / "out", arguments.workers, lambda until=until: time.monotonic() > until
            )
            kept = [sum(1 for _ in path.open("rb")) for path in work.glob("out/*/photographs.jsonl")]
            most_mb = max(most_mb, mb)
            kills.append({"status": status, "kept": max(kept, default=0)})
            if status == 0:  # it was over before
                break
        if kills[-1]["status"]:
            status, mb = run(work / "photographs", work / "out", arguments.workers)
            most_mb = max(most_mb, mb)
        faults += faults_of(work / "out", work / "undisturbed", arguments.photographs)
    if most_mb > MOST_MB:
        faults.append(f"{most_mb:.0f} MB")
    record = {
        "photographs": arguments.photographs,
        "workers": arguments.workers,
        "undisturbed_s": round(seconds, 1),
        "most_mb": round(most_mb),
        "python": platform.python_version(),
        "kills": kills,
        "faults": faults,
    }
    arguments.out.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(f"{len(kills)} kills of {arguments.photographs} photographs, {most_mb:.0f} MB, faults: {faults}")


if __name__ == "__main__":
    main()
