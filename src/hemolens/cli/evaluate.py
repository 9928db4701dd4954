"""``hemolens evaluate``: labelled photographs in, a page of figures out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hemolens import RESEARCH_USE_ONLY
from hemolens.cli.ending import INTERRUPTED_STATUS, ended_in_order
from hemolens.extras import require_extra

if TYPE_CHECKING:
    from hemolens.cell_types import CellType
    from hemolens.evaluation.folder.evaluate import Evaluation


@ended_in_order()
def evaluate(
    labels: Annotated[
        Path,
        typer.Argument(help="File or folder of boxes, counts, outlines or masks, in many formats.", metavar="LABELS"),
    ],
    images: Annotated[Path, typer.Option("--images", help="Folder with the labelled photographs.", metavar="DIR")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the page and the figures.", metavar="DIR")],
    types: Annotated[
        str | None,
        typer.Option("--types", help="Labelled types, such as rbc,wbc; else those in the labels.", metavar="LIST"),
    ] = None,
    frame_margin: Annotated[
        int | None,
        typer.Option("--frame-margin", min=0, help="Ignore cells whose box is within N px of the frame.", metavar="N"),
    ] = None,
    robustness: Annotated[
        bool,
        typer.Option("--robustness", help="Also count each photograph under 11 changes."),
    ] = False,
) -> None:
    """Measure how right the counts are on labelled photographs.

    Writes evaluate.html, evaluate.md, evaluate.json, evaluate.csv and pictures. Example:

        hemolens evaluate labels.csv --images "my photos" --out evaluation
    """
    require_extra("evaluate")

    from hemolens.evaluation.folder.files import EvaluationFiles
    from hemolens.evaluation.folder.page import summary_line
    from hemolens.evaluation.folder.records import make_records

    chosen = chosen_types(types)
    with EvaluationFiles(out, labels) as files:
        try:
            evaluation = _evaluate(labels, images, chosen, frame_margin, robustness)
        except KeyboardInterrupt:
            typer.echo("hemolens: interrupted, nothing was written", err=True)
            raise typer.Exit(INTERRUPTED_STATUS) from None
        records = make_records(evaluation)
        files.write(evaluation, records)
    for kind in evaluation.types:
        typer.echo(summary_line(records, kind))
    if evaluation.missing:
        typer.echo(f"hemolens: {len(evaluation.missing)} labelled photographs are not in '{images}'", err=True)
    for failure in evaluation.failures:
        typer.echo(f"hemolens: {failure}", err=True)
    typer.echo(f"Results in '{out}': evaluate.html, evaluate.md, evaluate.json, evaluate.csv and pictures/")
    typer.echo(RESEARCH_USE_ONLY)
    if evaluation.failures:
        raise typer.Exit(1)


def chosen_types(text: str | None) -> list[CellType] | None:
    """Read a list of types such as ``rbc,wbc``.

    Raises
    ------
    UsageError
        One of them is unknown.

    """
    from hemolens.cell_types import CELL_TYPES
    from hemolens.errors import UsageError

    if text is None:
        return None
    words = [word.strip() for word in text.split(",")]
    if not set(words) <= set(CELL_TYPES):
        raise UsageError(
            "unknown cell type",
            came=f"'{text}'",
            allowed=f"a list of {', '.join(CELL_TYPES)}",
            do="name the labelled types, separated by commas",
            option="types",
        )
    return [kind for kind in CELL_TYPES if kind in words]


def _evaluate(
    labels: Path, images: Path, types: list[CellType] | None, frame_margin: int | None, robustness: bool
) -> Evaluation:
    """Evaluate with a progress bar."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from hemolens.evaluation.folder.evaluate import evaluate as run

    console = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("", total=None)
        return run(
            labels, images, types=types, frame_margin_px=frame_margin, robustness=robustness,
            on_photograph=lambda name, n_done, n_all: progress.update(
                bar, description=name, completed=n_done, total=n_all
            ),
        )  # fmt: skip
