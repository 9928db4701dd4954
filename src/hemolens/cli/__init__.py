"""The ``hemolens`` command: one file for each of its commands."""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from hemolens import RESEARCH_USE_ONLY
from hemolens.cli import (
    accounts,
    adapt,
    calibrate,
    count,
    demo,
    evaluate,
    merge,
    models,
    reproduce,
    serve,
    suggest,
    train,
    train_classifier,
    validate,
)
from hemolens.cli.streams import keep_streams_from_failing
from hemolens.errors import HemolensError, LabelError, UsageError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
app.command()(count.count)
app.command()(merge.merge)
app.command()(suggest.suggest)
app.command()(adapt.adapt)
app.command()(calibrate.calibrate)
app.command()(demo.demo)
app.command()(evaluate.evaluate)
app.command()(train.train)
app.command()(train_classifier.train_classifier)
app.command()(reproduce.reproduce)
app.command()(serve.serve)
app.command()(validate.validate)
app.add_typer(accounts.app, name="accounts")
app.add_typer(models.app, name="models")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and leave with its exit status; the user never sees a traceback.

    Parameters
    ----------
    arguments : sequence of str or None
        Without the program's name; None for those of the process.

    Raises
    ------
    SystemExit
        Always: 0 done, 1 something failed, 2 wrong usage, 130 interrupted by the user (143 by SIGTERM, 129 by
        SIGHUP).

    """
    for stream in (sys.stdout, sys.stderr):  # a name that the terminal cannot show is no reason to stop
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    keep_streams_from_failing()
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # looking for some opens every installed package
    gc.set_threshold(100_000, 10, 10)  # what is imported stays: to look for garbage in it again and again finds none
    try:
        app(args=None if arguments is None else list(arguments), prog_name="hemolens")
    except HemolensError as error:
        option = f" (--{error.option.replace('_', '-')})" if error.option else ""
        _leave(f"{error}{option}", 2 if isinstance(error, (UsageError, LabelError)) else 1)
    except Exception as bug:
        message = " ".join(str(bug).split())
        _leave(f"a bug in hemolens, please report it: {type(bug).__name__}: {message}", 1)


def _show_version(wanted: bool) -> None:
    if wanted:
        from hemolens import __version__

        typer.echo(f"hemolens {__version__}")
        raise typer.Exit


@app.callback(help=f"Count red cells, white cells and platelets in blood-smear photographs. {RESEARCH_USE_ONLY}")
def _hemolens(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version and leave.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    pass


def _leave(message: str, status: int) -> None:
    typer.echo(f"hemolens: {message}", err=True)
    raise SystemExit(status)
