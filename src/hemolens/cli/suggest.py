"""``hemolens suggest``: photographs in, those that are worth correcting out, with the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hemolens.cli.ending import ended_in_order

if TYPE_CHECKING:
    from hemolens.batch.suggestions import Suggestion


@ended_in_order()
def suggest(
    paths: Annotated[list[str], typer.Argument(help="Photographs, folders or patterns.", metavar="PATH...")],
    model: Annotated[
        list[str] | None,
        typer.Option("--model", help="Name in hemolens models list, or path of your own; repeatable.", metavar="MODEL"),
    ] = None,
    most: Annotated[int, typer.Option("--most", min=1, help="How many to name.", metavar="N")] = 10,
) -> None:
    """Say which photographs to correct next, a line with the reason for each.

    First are those whose cells are in doubt and that look unlike the training photographs and unlike each other.
    Example:

        hemolens suggest "my photos/"
    """
    suggestions, failures = _suggest(paths, tuple(model or ()))
    for n, each in enumerate(suggestions[:most], start=1):
        typer.echo(f"{n}. {each.path}: {each.reason}")
    for failure in failures:
        typer.echo(f"hemolens: {failure}", err=True)
    if not suggestions:
        raise typer.Exit(1)


def _suggest(paths: list[str], models: tuple[str, ...]) -> tuple[list[Suggestion], list[str]]:
    """Count all photographs with a progress bar."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from hemolens.batch.suggestions import suggest as run
    from hemolens.options import CountOptions

    console = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("", total=None)
        return run(
            paths, CountOptions(models=models),
            lambda name, n_done, n_all: progress.update(bar, description=name, completed=n_done, total=n_all),
        )  # fmt: skip
