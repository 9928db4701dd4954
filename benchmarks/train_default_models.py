"""Train the default model and its folds one after another from one pack, each for so many seconds.

    python benchmarks/train_default_models.py --pack all.pack --out runs --seconds one-pass=180 one-pass-fold-2=70 ...

The pack (hemolens train --pack DATA --out all.pack) is read once. Each run leaves RUNS/NAME with log.csv,
checkpoint.pt, NAME.safetensors (weights in single precision), NAME.onnx and its card NAME.toml. A graphics card is
used where there is one. RUNS/training.csv has all logs; benchmarks/training.csv is that of the models that are
shipped, trained on one H100: one-pass=185 one-pass-fold-2=80 one-pass-fold-3=78 one-pass-fold-4=68 one-pass-fold-5=56
one-pass-fold-6=54.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from hemolens.training.config import read_config
from hemolens.training.device import best_device
from hemolens.training.loop import read_bank, train
from hemolens.training.onnx_export import write_model


def join_logs(out: Path, names: Sequence[str]) -> str:
    """Join the logs of several runs to one table, with a column that says which is whose."""
    rows: list[list[str]] = []
    for name in names:
        with (out / name / "log.csv").open(newline="", encoding="utf-8") as file:
            heading, *own = csv.reader(file)
        rows += [["model", *heading]] * (not rows) + [[name, *row] for row in own]
    return "".join(",".join(row) + "\n" for row in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pack", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seconds", nargs="+", required=True, metavar="NAME=SECONDS")
    parser.add_argument("--batch", type=int, help="in place of the configurations'")
    arguments = parser.parse_args()
    device, started = best_device(), time.monotonic()
    torch.backends.cudnn.benchmark = True
    runs = [each.split("=") for each in arguments.seconds]
    bank = read_bank(read_config(runs[0][0]), arguments.pack, device)
    print(f"{len(bank.names)} photographs on {device} after {time.monotonic() - started:.1f} s", flush=True)
    for n, (name, seconds) in enumerate(runs):
        config = read_config(name)
        if arguments.batch:
            config = config.model_copy(update={"batch": arguments.batch})
        folder = arguments.out / name
        trained = train(config, bank, folder, seconds=float(seconds))
        n_crops = trained.step * config.batch
        taken, in_all = trained.seconds, time.monotonic() - started
        print(f"{name}: {trained.step} steps, {n_crops} crops, {taken:.1f} s, {in_all:.1f} s in all", flush=True)
        print((folder / "log.csv").read_text().strip().splitlines()[-1], flush=True)
        write_model(
            trained.network, config, folder,
            samples=trained.samples, steps=trained.step, cpu_seconds=trained.cpu_seconds,
        )  # fmt: skip
        (arguments.out / "training.csv").write_text(join_logs(arguments.out, [each for each, _ in runs[: n + 1]]))
        print(f"{name}: written, {time.monotonic() - started:.1f} s in all", flush=True)


if __name__ == "__main__":
    main()
