"""``hemolens reproduce``: the paper's tables, and the methods that it cites, beside what these models measure."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hemolens.extras import require_extra

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from hemolens.paper.weights import Weights


class Page(StrEnum):
    """What is measured."""

    paper = "paper"
    methods = "methods"


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
    page: Annotated[
        Page, typer.Option(help="paper: its tables; methods: every method that it cites, on one table.")
    ] = Page.paper,
    cbc: Annotated[
        Path | None, typer.Option("--cbc", help="Folder of CBC's photographs, for --page methods.", metavar="DIR")
    ] = None,
) -> None:
    """Measure the paper's systems, or every method that it cites, and write its tables with ours beside them.

    Writes paper.md, paper.html and paper.json, or cited-methods.md, .html and .json. Both go on where an earlier
    run stopped. Examples:

        hemolens reproduce --data all-idb1 --weights benchmarks/weights/paper-weights.zip --out paper

        hemolens reproduce --page methods --data all-idb1 --cbc bccd_cbc --weights benchmarks/weights --out methods
    """
    require_extra("train" if train or page == Page.methods else "evaluate")
    from hemolens.errors import UsageError, quoted
    from hemolens.paper.archive import SUFFIX, open_weights

    if train and page == Page.methods:
        raise UsageError(
            "the cited methods are not trained here",
            came="--train with --page methods",
            allowed="--train with --page paper",
            do="train each with hemolens train NAME, and put its model into the folder of the weights",
            option="train",
        )
    if train and weights.suffix.lower() == SUFFIX:
        raise UsageError(
            "an archive cannot be trained into",
            came=quoted(weights),
            allowed="--train with a folder",
            do=f"unpack it beside its cards: python -m zipfile -e {weights.name} .",
            option="weights",
        )
    with open_weights(weights) as store:
        if page == Page.methods:
            _measure_methods(data, cbc, store.folder, out)
        else:
            _reproduce(data, store, out, train=train, encoder=encoder)


def _reproduce(data: Path, store: Weights, out: Path, *, train: bool, encoder: Path | None) -> None:
    """Train if asked, measure, and write the page."""
    import json
    import time

    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    from hemolens.files.whole_file import write_whole
    from hemolens.output.report.html_page import html_page
    from hemolens.paper.cache import Cache
    from hemolens.paper.measure import CACHE, measure
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
        measured = measure(
            data, store, systems, Cache(out / CACHE), on_photograph=lambda name: progress.update(bar, description=name)
        )
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


def _measure_methods(data: Path, cbc: Path | None, weights: Path, out: Path) -> None:
    """Measure the cited methods whose models are there, and write the page."""
    import json
    from dataclasses import asdict

    from rich.console import Console
    from rich.progress import Progress, TextColumn

    from hemolens.files.whole_file import write_whole
    from hemolens.output.report.html_page import html_page
    from hemolens.paper.cache import Cache
    from hemolens.paper.cited import read_methods
    from hemolens.paper.cited_measure import CACHE, measure_method, read_held_out
    from hemolens.paper.cited_page import make_records, markdown_page
    from hemolens.paper.records import code_version

    methods, held_out, cache = read_methods(), read_held_out(data, cbc), Cache(out / CACHE)
    found = []
    with Progress(TextColumn("{task.description}"), console=Console(stderr=True)) as progress:
        bar = progress.add_task("measuring", total=None)
        for method in methods:
            each = measure_method(
                method, weights, held_out, cache, on_photograph=lambda name: progress.update(bar, description=name)
            )
            if each is None:
                names = ", ".join(method.models + method.cbc_models)
                typer.echo(f"{method.name} is left out: no weights for {names} (hemolens train)", err=True)
            else:
                found.append(each)
    records = make_records(found)
    megapixels = next((each.cost.megapixels for each in found if each.cost), 0.0)
    text = markdown_page(methods, records, megapixels)
    rows = [asdict(record) | {"commit": code_version()} for record in records]
    write_whole(out / "cited-methods.json", (json.dumps(rows, indent=1) + "\n").encode())
    write_whole(out / "cited-methods.md", text.encode())
    write_whole(out / "cited-methods.html", html_page(text).encode())
    typer.echo(f"{out / 'cited-methods.html'}, cited-methods.md and cited-methods.json ({len(rows)} figures)")


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

        own = {"encoder_file": encoder} if config.encoder_weights == "imagenet" else {}
        train_missing(config.model_copy(update=own), data, weights, on_progress=show)
    for system, config in untuned(read_systems(), weights):
        progress.add_task(f"settings of the counters for {config.name}", total=None)
        tune_counters(system, config, data, weights)
