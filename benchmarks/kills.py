"""Kills `hemolens count` at random moments, and looks at what is left.

    python benchmarks/kills.py [--kills 50] [--photographs 60]

Counts drawn photographs into a folder that holds an earlier result, and sends SIGKILL, SIGTERM or SIGINT at a moment
that the seed chooses. What must hold: the folder has the earlier result untouched, or one of the new run, as the
program says if it still can; whatever was counted, as the tables say, has its whole overlay and its cells; and after
the next run nothing hidden is left, and what a killed run had counted lies, as whole, in `unfinished-1`. Only where
SIGKILL comes while the files are moved, the folder may have files of both; then it has no run.json. Writes
benchmarks/kills.json. Not for Windows.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import platform
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from PIL import Image

from hemolens.cell_types import CELL_TYPES
from hemolens.files.whole_file import UNFINISHED
from hemolens.synthetic import draw_smear

HERE = Path(__file__).parent
COMMAND = [sys.executable, "-c", "from hemolens.cli import main; main()", "count"]
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
SEED = 1
EARLIER, BOTH = "earlier result", "files of both, no run.json"
CELLS = {"n_rbc": 12, "n_wbc": 1, "n_plt": 2, "red_cell_diameter_px": 24.0, "cut_by_frame": True}


def draw(folder: Path, numbers: range) -> None:
    """Draw a photograph for each number."""
    folder.mkdir()
    for number in numbers:
        Image.fromarray(draw_smear(number, height=120, width=160, **CELLS).pixels).save(folder / f"{number:03}.png")


def start(photographs: Path, out: Path) -> subprocess.Popen[str]:
    """Begin to count a folder, in place of what the other one holds."""
    command = [*COMMAND, str(photographs), "--out", str(out), "--overwrite"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # noqa: S603 - our own


def finish(photographs: Path, out: Path) -> str:
    """Count a folder, and give what was said on standard error."""
    process = start(photographs, out)
    _, said = process.communicate()
    if process.returncode:
        raise RuntimeError(said)
    return said


def contents(out: Path) -> dict[str, str]:
    """Hash every file of a result by its name; hidden and unfinished ones are none of it."""
    files = {path.relative_to(out): path for path in out.rglob("*") if path.is_file()}
    return {
        str(name): hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in files.items()
        if not name.parts[0].startswith((".", UNFINISHED))
    }


def rows(table: Path) -> list[dict[str, str]]:
    """Read a table."""
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def counted(folder: Path) -> dict[str, int]:
    """Photograph → cells, as the table of counts says."""
    return {
        row["image"]: sum(int(row[kind]) for kind in CELL_TYPES) for row in rows(folder / "counts.csv") if row["rbc"]
    }


def faults_of(folder: Path) -> list[str]:
    """Say what of that which was counted is missing or cut short."""
    cells = Counter(row["image"] for row in rows(folder / "cells.csv"))
    found = [f"{name}: {cells[name]} of {n} cells" for name, n in counted(folder).items() if cells[name] != n]
    for name in counted(folder):
        try:
            with Image.open(folder / "overlay" / name) as overlay:
                overlay.load()
        except OSError as error:
            found.append(f"overlay of {name}: {error}")
    return found


def what_is_left(out: Path, before: dict[str, str], n_photographs: int) -> tuple[str, list[str]]:
    """Say which result a folder holds after a kill, and what is wrong with it."""
    if contents(out) == before:
        return EARLIER, []
    if not (out / "run.json").exists():
        return BOTH, []
    is_complete = json.loads((out / "run.json").read_text(encoding="utf-8"))["complete"]
    n_counted = len(counted(out))
    wrong = [f"{n_counted} of {n_photographs} counted"] if is_complete and n_counted != n_photographs else []
    return "all counted" if is_complete else "part counted", [*wrong, *faults_of(out)]


def is_as_said(said: str, left: str) -> bool:
    """Whether the program said of the folder what is true, if it still could."""
    if "nothing was written" in said:
        return left == EARLIER
    return "the results contain" not in said or left in {"part counted", "all counted"}


def kill_once(photographs: Path, earlier: Path, out: Path, number: int, wait_s: float) -> dict[str, Any]:
    """Kill a run, look, let the next run clear up, and look again."""
    before, n_photographs = contents(out), len(list(photographs.iterdir()))
    process = start(photographs, out)
    time.sleep(wait_s)
    process.send_signal(number)
    _, said = process.communicate()
    left, faults = what_is_left(out, before, n_photographs)
    if not is_as_said(said, left) or (left == BOTH and number != signal.SIGKILL):
        faults.append(f"{left}, and said was {said!r}")
    said = finish(earlier, out)
    kept = sorted(out.glob(f"{UNFINISHED}*"))
    faults += [f"{path.name} is left" for path in out.glob(".*")]
    for folder in kept:
        faults += faults_of(folder) + ([] if folder.name in said else [f"{folder.name} is not named"])
    n_kept = sum(len(counted(folder)) for folder in kept)
    for folder in kept:
        shutil.rmtree(folder)
    return {"signal": signal.Signals(number).name, "after_s": round(wait_s, 2), "status": process.returncode,
            "left": left, "unfinished": n_kept, "faults": faults}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--photographs", type=int, default=60)
    parser.add_argument("--out", type=Path, default=HERE / "kills.json")
    arguments = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored
    dice = random.Random(SEED)  # noqa: S311 - moments, no secrets
    kills = []
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        draw(work / "earlier", range(3))
        draw(work / "photographs", range(3, 3 + arguments.photographs))
        begun = time.perf_counter()
        finish(work / "photographs", work / "out")
        seconds = time.perf_counter() - begun
        finish(work / "earlier", work / "out")
        for each in range(arguments.kills):
            number = SIGNALS[each % len(SIGNALS)]
            wait_s = dice.uniform(0, seconds)
            kills.append(kill_once(work / "photographs", work / "earlier", work / "out", number, wait_s))
            print(kills[-1], flush=True)
    tally = Counter((kill["signal"], kill["left"]) for kill in kills)
    record = {
        "python": platform.python_version(), "system": platform.system(), "seed": SEED,
        "photographs": arguments.photographs, "seconds_of_a_whole_run": round(seconds, 1), "kills": len(kills),
        "with_faults": sum(bool(kill["faults"]) for kill in kills),
        "left": [{"signal": name, "left": left, "times": n} for (name, left), n in sorted(tally.items())],
        "records": kills,
    }  # fmt: skip
    arguments.out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
