"""Reads damaged files in a process of its own, which may die of one: python -m fuzz.worker KIND FIRST LAST FOLDER.

A case is a number: it chooses the seed and the damage, so that any can be read again by itself. Of each a line of JSON
goes into FOLDER/log.jsonl before the next begins; of a case that broke the law FOLDER/kept has the file.
"""

import faulthandler
import io
import json
import os
import re
import shutil
import sys
import time
import warnings
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from random import Random
from typing import Any

from hemolens.errors import HemolensError

from .mutations import mutate
from .readers import read
from .seeds import write_seeds
from .watch import watch

HANG_S = 120
"""A case that takes longer, by the clock, ends the worker."""
MOST_ADDRESSES = 12 << 30
"""Bytes of address space of the worker; where a case would have more, it has a MemoryError."""
MOST_SECONDS, MOST_MB = 10, 2000
"""Of the processor, and of memory, for a case within the law."""


def copied(seed: Path, folder: Path) -> Path:
    """Copy a seed, a file or a folder, into a folder that is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return Path((shutil.copytree if seed.is_dir() else shutil.copy)(seed, folder / seed.name))


def damage_path(path: Path, dice: Random) -> None:
    """Damage a file, or one or two of those in a folder; there one may also go, or be a folder or a link instead."""
    if path.is_file():
        path.write_bytes(mutate(path.read_bytes(), path.name, dice))
        return
    files = sorted(each for each in path.rglob("*") if each.is_file())
    for file in dice.sample(files, min(len(files), dice.choice([1, 1, 2]))):
        fate = dice.random()
        if fate > 0.1:
            file.write_bytes(mutate(file.read_bytes(), file.name, dice))
            continue
        file.unlink()
        if fate < 0.03:
            file.mkdir()
        elif fate < 0.06:
            file.symlink_to(__file__)


def peak_mb(*, begin: bool = False) -> float | None:
    """Largest memory of this process since it was called with `begin`, in MB; None where the system does not tell."""
    try:
        if begin:
            Path("/proc/self/clear_refs").write_text("5")
        return int(re.findall(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[0]) / 1024
    except (OSError, IndexError):
        return None


def kept_output(path: Path) -> int:
    """Send what the libraries in this process print into a file from now on, and give its descriptor."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    for descriptor in (1, 2):
        os.dup2(file, descriptor)
    return file


def read_case(kind: str, path: Path) -> dict[str, Any]:
    """Read a file: what came of it, which error, seconds of the processor, and what was printed in Python."""
    printed, error, start = io.StringIO(), "", time.process_time()
    faulthandler.dump_traceback_later(HANG_S, exit=True)
    try:
        with redirect_stdout(printed), redirect_stderr(printed):
            read(kind, path)
        came = "read"
    except HemolensError as fault:
        came, error = ("refused", fault.what) if str(fault).isprintable() else ("foreign", f"{str(fault)!r:.200}")
    except BaseException as fault:
        came, error = "foreign", f"{type(fault).__name__}: {fault!s:.200}"
    seconds = round(time.process_time() - start, 3)
    faulthandler.cancel_dump_traceback_later()
    return {"came": came, "error": error, "s": seconds, "printed": printed.getvalue()[:200]}


def run(kind: str, first: int, last: int, folder: Path) -> None:
    """Read the cases from `first` to before `last`."""
    seeds = write_seeds(kind, folder / "seeds")
    for seed in seeds:  # so that imports are no part of a case
        read_case(kind, copied(seed, folder / "case"))
    seen = watch(folder)
    printed = kept_output(folder / "printed")
    with (folder / "log.jsonl").open("a", encoding="utf-8") as log:
        for case in range(first, last):
            dice = Random(f"{kind} {case}")  # noqa: S311 - damage, no secret
            path = copied(dice.choice(seeds), folder / "case")
            damage_path(path, dice)
            n_printed = os.lseek(printed, 0, os.SEEK_END)
            peak_mb(begin=True)
            seen.clear()
            row = {"case": case, "seed": path.name, **read_case(kind, path), "mb": peak_mb(), "elsewhere": list(seen)}
            row["libraries"] = os.pread(printed, 200, n_printed).decode("utf-8", "replace")
            row["broke"] = broken_laws(row)
            log.write(json.dumps(row) + "\n")
            log.flush()
            if row["broke"]:
                shutil.copytree(folder / "case", folder / "kept" / str(case), symlinks=True, dirs_exist_ok=True)


def broken_laws(row: dict[str, Any]) -> list[str]:
    """Name what a case did beyond reading or refusing, quickly and in little memory."""
    laws = {
        "foreign exception": row["came"] == "foreign",
        "slow": row["s"] > MOST_SECONDS,
        "large": (row["mb"] or 0) > MOST_MB,
        "printed": bool(row["printed"]),
        "went elsewhere": bool(row["elsewhere"]),
    }
    return [law for law, is_broken in laws.items() if is_broken]


def main() -> None:
    import resource

    kind, first, last, folder = sys.argv[1:]
    with suppress(ValueError, OSError):  # macOS has no such limit
        resource.setrlimit(resource.RLIMIT_AS, (MOST_ADDRESSES, MOST_ADDRESSES))
    for category in (RuntimeWarning, UserWarning):  # each time, not only the first
        warnings.simplefilter("always", category)
    run(kind, int(first), int(last), Path(folder).resolve())


if __name__ == "__main__":
    main()
