"""``hemolens train``: a set-up and labelled photographs in, a model file and its card out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def train(
    setup: Annotated[str, typer.Argument(help="rbc, wbc, plt, or the path of a TOML file.", metavar="SETUP")],
    data: Annotated[Path, typer.Option("--data", help="Folder of the labelled photographs.", metavar="DIR")],
    out: Annotated[Path, typer.Option("--out", help="Folder for checkpoints and the model.", metavar="DIR")],
    threads: Annotated[int, typer.Option(help="Processor cores to use; 0 for all.", min=0)] = 0,
) -> None:
    """Train a network; run again with the same folder, it goes on where it stopped.

    Writes NAME.onnx and its card NAME.toml, beside the checkpoint and a log of the losses. Example:

        hemolens train rbc --data all-idb1 --out runs/rbc
    """
    require_training_packages()

    import torch
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    from hemolens.training.loop import Progress as Step
    from hemolens.training.loop import train as run
    from hemolens.training.onnx_export import write_model
    from hemolens.training.setup import read_setup

    if threads:
        torch.set_num_threads(threads)
    chosen = read_setup(setup)
    console = Console(stderr=True)
    columns = (TextColumn(chosen.name), BarColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("reading the photographs", total=chosen.steps)

        def show(step: Step) -> None:
            text = f"step {step.step} of {step.steps}, loss {step.loss:.4f}, {step.seconds_left / 60:.0f} min left"
            progress.update(bar, completed=step.step, description=text)

        trained = run(chosen, data, out, on_progress=show)
    path = write_model(trained.network, chosen, out, samples=trained.samples, cpu_seconds=trained.cpu_seconds)
    typer.echo(f"{path} ({path.stat().st_size / 1e6:.1f} MB), card {path.with_suffix('.toml')}")


def require_training_packages() -> None:
    """Say what to install where torch or onnx is missing.

    Raises
    ------
    UsageError

    """
    from importlib.util import find_spec

    from hemolens.errors import UsageError

    missing = [name for name in ("torch", "onnx") if find_spec(name) is None]
    if missing:
        raise UsageError(
            "training needs packages that are not installed",
            came=f"no {' and no '.join(missing)}",
            allowed="an environment with hemolens[train]",
            do="run: pip install 'hemolens[train]'",
        )
