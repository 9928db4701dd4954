"""Reads damaged files of every kind: photographs, slides, and labels with the tables and texts that options name.

    python benchmarks/fuzz.py --images 20000 --labels 10000 --slides 2000

The law: a file is read, or refused with a HemolensError of one printable line; in ten seconds of the processor and
2,000 MB, without a warning, a write elsewhere, a socket or a new process. What libtiff prints on the terminal itself is
only counted: Pillow has no switch for it. Seeds, damage and readers are in tests/fuzz/; the number of a case chooses
its seed and its damage, so that `--images 1 --first 1234 --work FOLDER` reads one again and keeps it if it breaks the
law. Writes benchmarks/fuzz.json; kinds that are not asked for stay in it as they were recorded. Needs
`hemolens[evaluate,export,heic,slides]` and Linux, which alone tells the memory of a case.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
KINDS = ("images", "labels", "slides")
LIBRARIES = ("numcodecs", "numpy", "opencv-python-headless", "pillow", "roifile", "tifffile", "tiffslide")
MOST_FAULTS = 50
"""Described in the record; all are counted."""

Row = dict[str, Any]


def read_damaged(kind: str, first: int, n_cases: int, folder: Path) -> list[Row]:
    """Read the cases of a kind in worker processes: one, and another after each case that ends it."""
    folder.mkdir(parents=True, exist_ok=True)
    log, at, last = folder / "log.jsonl", first, first + n_cases
    log.unlink(missing_ok=True)
    while at < last:
        command = [sys.executable, "-m", "fuzz.worker", kind, str(at), str(last), str(folder)]
        status = subprocess.run(command, cwd=HERE.parent / "tests", check=False).returncode  # noqa: S603 - our own
        if not log.exists():
            raise RuntimeError(f"the worker did not begin: exit status {status}")
        at = first + len(log.read_text(encoding="utf-8").splitlines())
        if status:
            row = {
                "case": at,
                "came": "crash",
                "error": f"exit status {status}",
                "s": None,
                "mb": None,
                "broke": ["crash"],
            }
            with log.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
            shutil.copytree(folder / "case", folder / "kept" / str(at), symlinks=True, dirs_exist_ok=True)
            at += 1
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]


def record(rows: list[Row]) -> Row:
    """What came of the cases of a kind."""
    came = Counter(row["came"] for row in rows)
    return {
        "first": rows[0]["case"],
        "cases": len(rows),
        "seeds": len({row["seed"] for row in rows if "seed" in row}),
        "read": came["read"],
        "refused": came["refused"],
        "libraries_printed": sum(bool(row.get("libraries")) for row in rows),
        "broke": dict(Counter(law for row in rows for law in row["broke"])),
        "slowest_s": max((row["s"] for row in rows if row["s"] is not None), default=None),
        "most_mb": max((round(row["mb"]) for row in rows if row["mb"] is not None), default=None),
        "faults": [row for row in rows if row["broke"]][:MOST_FAULTS],
    }


def commit() -> str:
    """Name the commit that is checked out; with a plus where something is changed."""
    git = ["git", "-C", str(HERE), "describe", "--always", "--dirty=+", "--exclude=*"]
    return subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603 - our own


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for kind in KINDS:
        parser.add_argument(f"--{kind}", type=int, default=0, metavar="N", help=f"cases of {kind}")
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--work", type=Path, help="keep the files of cases that broke the law in this folder")
    parser.add_argument("--out", type=Path, default=HERE / "fuzz.json")
    arguments = parser.parse_args()
    recorded = json.loads(arguments.out.read_text(encoding="utf-8")) if arguments.out.exists() else {}
    versions = {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}
    of_what = {"commit": commit(), "versions": versions}
    with tempfile.TemporaryDirectory() as temporary:
        for kind in KINDS:
            if n_cases := getattr(arguments, kind):
                rows = read_damaged(kind, arguments.first, n_cases, (arguments.work or Path(temporary)) / kind)
                recorded[kind] = of_what | record(rows)
                print(
                    kind, {name: value for name, value in recorded[kind].items() if name not in {"versions", "faults"}}
                )
                arguments.out.write_text(json.dumps(recorded, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
