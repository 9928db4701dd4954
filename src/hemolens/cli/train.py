"""``hemolens train``: a configuration and labelled photographs in, a model file and its card out."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hemolens.extras import require_extra

if TYPE_CHECKING:
    from hemolens.training.config import TrainingConfig


class Device(StrEnum):
    """Where the network is trained."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"
    mps = "mps"


def train(
    config: Annotated[
        str, typer.Argument(help="one-pass, rbc, wbc, plt, or the path of a TOML file.", metavar="CONFIG")
    ] = "one-pass",
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder of the labelled photographs, or a pack.", metavar="DIR")
    ] = None,
    pack: Annotated[
        Path | None,
        typer.Option("--pack", help="Write the photographs of this folder into one file (--out).", metavar="DIR"),
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", help="Folder for checkpoints and the model, or the pack.", metavar="PATH")
    ] = Path("hemolens-run"),
    seconds: Annotated[
        float | None, typer.Option(help="Training time in seconds, instead of the configuration's steps.", min=1)
    ] = None,
    start: Annotated[
        Path | None, typer.Option(help="First weights: NAME.safetensors of a training, or NAME.onnx in 8 bits.")
    ] = None,
    encoder: Annotated[
        Path | None, typer.Option(help="VGG16's weights, for a configuration that begins with ImageNet's.")
    ] = None,
    batch: Annotated[int | None, typer.Option(help="Crops per step, instead of the configuration's.", min=1)] = None,
    device: Annotated[Device, typer.Option(help="auto: a GPU if torch finds one, else the CPU.")] = Device.auto,
    workers: Annotated[
        int | None,
        typer.Option(help="Processes that draw crops when training on the CPU; by default one per core.", min=0),
    ] = None,
    threads: Annotated[int, typer.Option(help="CPU cores to use; 0 for all.", min=0)] = 0,
) -> None:
    """Train a network; run again with the same folder, it continues where it stopped.

    Writes a model: NAME.onnx and its card NAME.toml with the counters' settings, chosen on photographs left out of
    training. Beside them are NAME.safetensors to start another training from, the checkpoint and a log of the losses.

    Examples
    --------
        hemolens train rbc --data all-idb1 --out runs/rbc

        hemolens train --pack data --out all.pack

        hemolens train one-pass --data all.pack --seconds 480 --out runs/one-pass
    """
    require_extra("train")
    if (data is None) == (pack is None):
        refuse_data(data)

    from hemolens.training.config import read_config

    chosen = read_config(config)
    changed = {"batch": batch, "first_weights": start, "encoder_file": encoder}
    chosen = chosen.model_copy(update={name: value for name, value in changed.items() if value is not None})
    if pack is not None:
        write_pack_of(chosen, pack, out)
    elif data is not None:
        _train(chosen, data, out, seconds, device.value, workers, threads)


def _train(
    config: TrainingConfig, data: Path, out: Path, seconds: float | None, device: str, workers: int | None, threads: int
) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    from hemolens.cell_types import CELL_NAMES
    from hemolens.training.counter_settings import choose_counter_settings
    from hemolens.training.device import choose_device
    from hemolens.training.loop import Progress as Step
    from hemolens.training.loop import read_bank
    from hemolens.training.loop import train as run
    from hemolens.training.onnx_export import write_model

    place = choose_device(device, n_threads=threads)
    columns = (TextColumn(config.name), BarColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task("reading the photographs", total=1.0)

        def show(step: Step) -> None:
            text = f"step {step.step}, loss {step.loss:.4f}, {step.seconds_left / 60:.0f} min left"
            progress.update(bar, completed=step.done, description=text)

        material = data if config.cell_type else read_bank(config, data, place)
        n_workers = _processors() if workers is None else workers
        trained = run(config, material, out, seconds=seconds, device=place, n_workers=n_workers, on_progress=show)
    path = write_model(
        trained.network, config, out, samples=trained.samples, steps=trained.step, cpu_seconds=trained.cpu_seconds
    )
    card = choose_counter_settings(config, material, path)
    typer.echo(f"{path} ({path.stat().st_size / 1e6:.1f} MB), card {path.with_suffix('.toml')}")
    for kind, own in card.counters.items():
        typer.echo(f"{CELL_NAMES[kind]}: counter {own.default}, settings from {own.chosen_on}")
    for each in card.figures:
        typer.echo(f"{each.metric} {each.value:.3f} on {each.photographs}")
    typer.echo(f"Count with it: hemolens count --model '{path}' PHOTOGRAPH")


def write_pack_of(config: TrainingConfig, data: Path, out: Path) -> None:
    """Write everything that a configuration may train on into one file.

    Raises
    ------
    TrainingError
        If the configuration is one of a single cell type, or the data do not fit it.
    UsageError
        If there is a folder where the file is to be.

    """
    from hemolens.errors import TrainingError, UsageError, quoted
    from hemolens.training.pack import write_pack
    from hemolens.training.sources import read_all_smears

    if config.cell_type is not None:
        raise TrainingError(
            "a pack is for configurations of every cell type",
            came=f"configuration {config.name!r}, which counts {config.cell_type}",
            allowed="a configuration without a cell_type, such as one-pass",
            do="name another configuration",
        )
    if out.is_dir():
        raise UsageError(
            "a pack is one file",
            came=f"--out {quoted(out)}, which is a folder",
            allowed="the path of a file, such as all.pack",
            do="name a file with --out",
        )
    write_pack(out, read_all_smears(config, data), config.red_cell_diameter_px)
    typer.echo(f"{out} ({out.stat().st_size / 1e6:.1f} MB)")


def refuse_data(data: Path | None) -> None:
    """Say that one of --data and --pack is needed.

    Raises
    ------
    UsageError

    """
    from hemolens.errors import UsageError

    raise UsageError(
        "give either the data to train on or the data to pack",
        came="neither --data nor --pack" if data is None else "both --data and --pack",
        allowed="--data to train, --pack to write one file",
        do="give one of the two",
    )


def _processors() -> int:
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
