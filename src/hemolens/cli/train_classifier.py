"""``hemolens train-classifier``: a configuration and classified white cells in, a classifier and its card out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hemolens.extras import require_extra


def train_classifier(
    data: Annotated[Path, typer.Option("--data", help="Folder of the classified photographs.", metavar="DIR")],
    config: Annotated[
        str, typer.Argument(help="white-cells, or the path of a TOML file.", metavar="CONFIG")
    ] = "white-cells",
    out: Annotated[Path, typer.Option("--out", help="Folder for the classifier.", metavar="DIR")] = Path(
        "hemolens-classifier"
    ),
    threads: Annotated[int, typer.Option(help="CPU cores to use; 0 for all.", min=0)] = 0,
) -> None:
    """Train a classifier of white cells on photographs whose white cell has a class.

    Writes NAME.onnx and its card NAME.toml. Example:

        hemolens train-classifier white-cells --data data --out runs/white-cells
    """
    require_extra("train")
    from rich.console import Console
    from rich.progress import Progress

    from hemolens.training.device import choose_device
    from hemolens.training.differential.config import read_classifier_config
    from hemolens.training.differential.crops import read_crops
    from hemolens.training.differential.export import write_classifier
    from hemolens.training.differential.loop import train_classifier as run

    chosen = read_classifier_config(config)
    choose_device("cpu", n_threads=threads)
    with Progress(console=Console(stderr=True)) as progress:
        reading = progress.add_task("cutting out the cells", total=None)
        crops = read_crops(chosen, data, lambda: progress.advance(reading))
        training = progress.add_task("training", total=chosen.steps)
        trained = run(chosen, crops, lambda step, loss: progress.update(training, completed=step))
    path = write_classifier(trained, chosen, out)
    missed = f"; {crops.n_missed} were not found" if crops.n_missed else ""
    typer.echo(f"{path} ({path.stat().st_size / 1e6:.1f} MB), card {path.with_suffix('.toml')}")
    typer.echo(f"Trained on {len(crops.labels)} cells{missed}")
