"""``hemolens reproduce``: the paper's tables beside what these models measure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hemolens.cli.extras import require_extra

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from hemolens.paper.weights import Weights


def reproduce(
    data: Annotated[Path, typer.Option("--data", help="The ALL-IDB1 folder.", metavar="DIR")],
    weights: Annotated[
        Path, typer.Option("--weights", help="Folder of the models, or paper-weights.zip.", metavar="PATH")
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for the page and the figures.", metavar="DIR")],
    train: Annotated[
        bool, typer.Option("--train", help="Train what is missing first; it goes on where it stopped.")
    ] = False,
    encoder: Annotated[
        Path | None, typer.Option(help="VGG16's weights, to train the networks that begin with ImageNet's.")
    ] = None,
) -> None:
    """Measure the paper's systems and write its tables with ours beside them.

    Writes paper.md, paper.html and paper.json. Example:

        hemolens reproduce --data all-idb1 --weights benchmarks/weights/paper-weights.zip --out paper
    """
    require_extra("train" if train else "evaluate")
    from hemolens.errors import UsageError, quoted
    from hemolens.paper.archive import SUFFIX, open_weights

    if train and weights.suffix.lower() == SUFFIX:
        raise UsageError(
            "an archive cannot be trained into",
            came=quoted(weights),
            allowed="--train with a folder",
            do=f"unpack it beside its cards: python -m zipfile -e {weights.name} .",
            option="weights",
        )
    with open_weights(weights) as store:
        _reproduce(data, store, out, train=train, encoder=encoder)


def _reproduce(data: Path, store: Weights, out: Path, *, train: bool, encoder: Path | None) -> None:
    """Train if asked, measure, and write the page."""
    import json
    import time

    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    from hemolens.files.whole_file import write_whole
    from hemolens.output.report.html_page import html_page
    from hemolens.paper.measure import measure
    from hemolens.paper.page import markdown_page
    from hemolens.paper.records import code_version, make_records
    from hemolens.paper.systems import read_systems
    from hemolens.paper.tiles import count_tiles

    systems = read_systems()
    tiles = count_tiles(data)
    columns = (TextColumn("{task.description}"), BarColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        if train:
            _train(data, store, encoder, progress)
        started = time.monotonic()
        bar = progress.add_task("measuring", total=None)
        measured = measure(data, store, systems, on_photograph=lambda name: progress.update(bar, description=name))
    records = make_records(measured, tiles, code_version())
    cards = [store.card(config) for system in systems for config in system.members() if store.has(config)]
    page = markdown_page(records, list({card.name: card for card in cards}.values()), time.monotonic() - started)
    rows = [record.model_dump() for record in records]
    write_whole(out / "paper.json", (json.dumps(rows, indent=1) + "\n").encode())
    write_whole(out / "paper.md", page.encode())
    write_whole(out / "paper.html", html_page(page).encode())
    missing = sorted({config.name for system in systems for config in system.members() if not store.has(config)})
    if missing:
        typer.echo(f"no weights for {', '.join(missing)}: give paper-weights.zip, or run again with --train", err=True)
    typer.echo(f"{out / 'paper.html'}, paper.md and paper.json ({len(rows)} figures)")


def _train(data: Path, weights: Weights, encoder: Path | None, progress: Progress) -> None:
    """Train and tune whatever is missing, with the time left on the display."""
    from hemolens.paper.missing import train_missing, tune_counters, untrained, untuned
    from hemolens.paper.systems import read_systems

    configs = untrained(read_systems(), weights)
    for n_done, config in enumerate(configs):
        bar = progress.add_task(config.name, total=config.steps)
        later = sum(other.steps for other in configs[n_done + 1 :])

        def show(step: int, steps: int, seconds_left: float, bar: TaskID = bar, name: str = config.name,
                 later: int = later) -> None:  # fmt: skip
            left = seconds_left * (1 + later / max(1, steps - step)) / 60 if step < steps else 0.0
            progress.update(bar, completed=step, description=f"{name}, {left:.0f} min left in all")

        if config.encoder_weights == "imagenet":
            config = config.model_copy(update={"encoder_file": encoder})
        train_missing(config, data, weights, on_progress=show)
    for system, config in untuned(read_systems(), weights):
        progress.add_task(f"settings of the counters for {config.name}", total=None)
        tune_counters(system, config, data, weights)
