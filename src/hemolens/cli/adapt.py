"""``hemolens adapt``: corrected photographs in, a model that fits their laboratory out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hemolens import RESEARCH_USE_ONLY
from hemolens.cli.ending import INTERRUPTED_STATUS, ended_in_order
from hemolens.extras import require_extra

if TYPE_CHECKING:
    from hemolens.models.store import ClassifierFile, ModelFile
    from hemolens.training.adaptation.adapt import Adaptation
    from hemolens.training.adaptation.own_photographs import OwnPhotographs


@ended_in_order()
def adapt(
    labels: Annotated[
        Path,
        typer.Argument(
            help="File or folder of boxes, outlines or masks, in many formats; a cells.csv with --classes.",
            metavar="CORRECTED",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="New folder for the model, which gets its name.", metavar="DIR")],
    images: Annotated[
        Path | None,
        typer.Option("--images", help="Folder with the photographs, if not that of the labels.", metavar="DIR"),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option("--model", help="Model to begin with, if not that which comes with hemolens.", metavar="NAME"),
    ] = None,
    minutes: Annotated[float, typer.Option(help="Time that it may take.", min=1)] = 9,
    settings_only: Annotated[
        bool,
        typer.Option("--settings-only", help="Choose scale and thresholds alone, without training: seconds."),
    ] = False,
    classes: Annotated[
        bool, typer.Option("--classes", help="Learn the classes of white cells that a table of cells names.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of the training.", min=0)] = 1,
) -> None:
    """Adapt the model to a laboratory from three to ten corrected photographs.

    Every photograph is counted by a model that was adapted to the others, and compared with the counts before. If that
    is better beyond the noise, the new model is written; else nothing is. Example:

        hemolens adapt corrected/ --out my-lab

    With --classes, what is learned is how this laboratory names its white cells. Example:

        hemolens adapt results/cells.csv --classes --images "my photos/" --out my-classes
    """
    require_extra("train")

    from hemolens.models.store import DEFAULT_MODEL
    from hemolens.training.adaptation.adapt import FEWEST_FOR_SETTINGS, FEWEST_PHOTOGRAPHS
    from hemolens.training.adaptation.own_photographs import read_own_photographs

    name = _name_of(out)
    folder = images or (labels if labels.is_dir() else labels.parent)
    if classes:
        _refuse_settings_of_classes(settings_only=settings_only)
        _learn_classes(labels, folder, out, model, seed)
        return
    at_least = FEWEST_FOR_SETTINGS if settings_only else FEWEST_PHOTOGRAPHS
    with _nothing_written_when_interrupted():
        own = read_own_photographs(labels, folder, name, at_least=at_least)
        _say(own.notes)
        adaptation = _adapt(
            own, model or DEFAULT_MODEL, None if settings_only else minutes * 60, seed, settings_only=settings_only
        )
    _show_figures(adaptation)
    _write(adaptation.adapted, out, "--model", instead_of=adaptation.start.card.name)


def _learn_classes(table: Path, images: Path, out: Path, model: str | None, seed: int) -> None:
    from hemolens.models.store import DEFAULT_CLASSIFIER, read_classifier
    from hemolens.training.differential.adapt import adapt_classifier
    from hemolens.training.differential.own_cells import read_own_cells

    start = read_classifier(model or DEFAULT_CLASSIFIER)
    with _nothing_written_when_interrupted():
        own = read_own_cells(table, images, start.card)
        _say(own.notes)
        adaptation = adapt_classifier(start, own.crops, out.resolve().name, seed)
    before, after = adaptation.n_right(adaptation.before), adaptation.n_right(adaptation.after)
    typer.echo(f"{len(adaptation.labels)} white cells: {before} named right before, {after} after")
    typer.echo("(each by a classifier that was adapted to other photographs)")
    _write(adaptation.adapted, out, "--classifier", instead_of=start.card.name)


def _refuse_settings_of_classes(*, settings_only: bool) -> None:
    from hemolens.errors import UsageError

    if settings_only:
        raise UsageError(
            "classes have no settings to choose",
            came="--classes with --settings-only",
            allowed="one of the two",
            do="leave one of them out: learning classes takes a minute",
            option="settings_only",
        )


@contextmanager
def _nothing_written_when_interrupted() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("hemolens: interrupted, nothing was written", err=True)
        raise typer.Exit(INTERRUPTED_STATUS) from None


def _say(notes: Iterable[str]) -> None:
    for note in notes:
        typer.echo(f"hemolens: {note}", err=True)


def _write(adapted: ModelFile | ClassifierFile | None, out: Path, option: str, *, instead_of: str) -> None:
    """Write what is better, and say how to count with it."""
    from hemolens.models.store import write_model_files

    if adapted is None:
        typer.echo(f"Not better than {instead_of} beyond the noise: nothing was written, keep that.")
    else:
        path = write_model_files(adapted, out)
        typer.echo(f"{path} ({path.stat().st_size / 1e6:.1f} MB), card {path.with_suffix('.toml')}")
        typer.echo(f"Count with it: hemolens count {option} '{out}' PHOTOGRAPH")
    typer.echo(RESEARCH_USE_ONLY)


def _name_of(out: Path) -> str:
    """Name of the model in a folder, before anything is done for it.

    Raises
    ------
    UsageError
        It is not a name, a model has it already, or the folder holds something.

    """
    from hemolens.errors import UsageError, quoted
    from hemolens.models.store import check_model_name

    name = out.resolve().name
    check_model_name(name, "out")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(
            "there is something where the model is to be",
            came=quoted(out),
            allowed="a new folder: a model is never overwritten",
            do="name another folder",
            option="out",
        )
    return name


def _adapt(own: OwnPhotographs, model: str, seconds: float | None, seed: int, *, settings_only: bool) -> Adaptation:
    """Adapt with a progress bar."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from hemolens.training.adaptation.adapt import adapt as run

    console = Console(stderr=True)
    columns = (BarColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("", total=1.0)
        return run(
            own, model=model, seconds=seconds, seed=seed, settings_only=settings_only,
            tell=lambda text, done: progress.update(bar, description=text, completed=done),
        )  # fmt: skip


def _show_figures(adaptation: Adaptation) -> None:
    from hemolens.cell_types import CELL_NAMES
    from hemolens.training.adaptation.adapt import totals

    for kind in adaptation.own.types:
        before, after = totals(adaptation.before, kind), totals(adaptation.after, kind)
        typer.echo(
            f"{CELL_NAMES[kind]}: {before.truth} labelled; counted {before.count} before, {after.count} after; "
            f"F1 {before.detection.f1:.3f} before, {after.detection.f1:.3f} after"
        )
    typer.echo(f"(each photograph by a model adapted to the others; {adaptation.seconds:.0f} s)")
