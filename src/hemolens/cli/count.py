"""``hemolens count``: photographs in, counts out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated

import typer

from hemolens import RESEARCH_USE_ONLY
from hemolens.cli.ending import INTERRUPTED_STATUS, ended_in_order

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from hemolens.batch.photograph_task import Counting
    from hemolens.batch.photographs import BatchOutcome, Candidates
    from hemolens.options import CountOptions
    from hemolens.output.options import OutputOptions
    from hemolens.output.shard import Shard

LOG_SECONDS = 30.0
"""How often a log file has a line on the progress, at most."""

WATCH_SECONDS = 1.0
"""How often a watched folder is looked at: network shares tell nobody what comes."""

Out = Annotated[Path, typer.Option("--out", help="Folder for the results.", metavar="DIR")]
Models = Annotated[
    list[str] | None,
    typer.Option("--model", help="Name in hemolens models list, or path of your own; repeatable.", metavar="MODEL"),
]
Differential = Annotated[
    bool, typer.Option("--differential", help="Also say which class each white cell is of (differential.csv).")
]
ClassifierName = Annotated[
    str | None,
    typer.Option("--classifier", help="The same with a classifier of your own.", metavar="PATH"),
]
RedCellShapes = Annotated[
    bool, typer.Option("--red-cell-shapes", help="Also measure the shape of whole red cells (red-cells.csv).")
]
Region = Annotated[
    str | None,
    typer.Option(help="Count only in this region: x0,y0,x1,y1 in pixels, or a GeoJSON file.", metavar="REGION"),
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace results that the folder holds; otherwise DIR-2, DIR-3, … is made.")
]

CounterName = Annotated[
    str,
    typer.Option(help="auto, watershed, connected-components, circle-hough, peaks or density-sum.", metavar="NAME"),
]
Workers = Annotated[
    int | None,
    typer.Option(help="Photographs counted at a time; otherwise one for each processor.", metavar="N", min=1),
]
Cluster = Annotated[
    str | None,
    typer.Option(help="Count on a dask cluster: local:N or tcp://HOST:PORT.", metavar="ADDRESS"),
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with what a stopped run in DIR has counted in the same way.")
]
Watch = Annotated[
    bool, typer.Option("--watch", help="Go on with photographs that come into the folder, until Ctrl-C or SIGTERM.")
]
ShardText = Annotated[
    str | None,
    typer.Option(help="Count part K of N only, such as 3/20; hemolens merge joins them.", metavar="K/N"),
]
Export = Annotated[
    str | None,
    typer.Option(help="Also write coco, geojson, imagej, labels, voc, yolo, parquet, omezarr or xlsx.", metavar="LIST"),
]
SiteFile = Annotated[
    Path | None,
    typer.Option(help="Factors of the microscope, from hemolens calibrate: adds estimates per µl.", metavar="FILE"),
]


@ended_in_order()
def count(
    context: typer.Context,
    paths: Annotated[list[str], typer.Argument(help="Photographs, slides, folders, patterns or URLs.", metavar="PATH")],
    out: Annotated[str, typer.Option(help="Folder for the results, or its URL.", metavar="DIR")] = "hemolens-out",
    model: Models = None,
    counter: CounterName = "auto",
    diameter_px: Annotated[
        float | None,
        typer.Option(help="Red-cell diameter in pixels, 10 to 500; otherwise estimated.", metavar="PX"),
    ] = None,
    um_per_px: Annotated[
        float | None,
        typer.Option(help="µm per pixel, 0.015 to 0.75 (red cells are assumed to be 7.5 µm wide).", metavar="UM"),
    ] = None,
    export: Export = None,
    region: Region = None,
    plane: Annotated[int | None, typer.Option(help="Plane 1, 2, … of TIFF stacks.", metavar="N")] = None,
    differential: Differential = False,
    classifier: ClassifierName = None,
    red_cell_shapes: RedCellShapes = False,
    site: SiteFile = None,
    report: Annotated[bool, typer.Option("--report", help="Also write report.html and report.pdf.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with status 1 when a photograph is rejected.")] = False,
    overwrite: Overwrite = False,
    recursive: Annotated[bool, typer.Option("--recursive", help="Search the folders inside a folder, too.")] = False,
    workers: Workers = None,
    cluster: Cluster = None,
    resume: Resume = False,
    shard: ShardText = None,
    watch: Watch = False,
) -> None:
    """Count the cells in photographs of stained blood smears.

    Writes counts.csv, cells.csv, summary.csv, overlay images and run.json into the output folder. Example:

        hemolens count "my photos/" --out results
    """
    from hemolens.batch.photographs import find_candidates
    from hemolens.models.store import DEFAULT_CLASSIFIER
    from hemolens.options import CountOptions
    from hemolens.output.report.terminal import counts_table, summary_lines
    from hemolens.output.shard import WHOLE, read_shard

    options = CountOptions(
        models=tuple(model or ()), counter=counter, diameter_px=diameter_px, um_per_px=um_per_px,
        region=region, plane=plane, classifier=classifier or (DEFAULT_CLASSIFIER if differential else None),
        red_cell_shapes=red_cell_shapes,
    )  # fmt: skip
    output = output_options(export, site, report=report)
    _say_what_is_left_to_default(options)
    folder, url = _places(out, overwrite=overwrite)
    run = partial(
        count_candidates, out=folder, options=options, output=output, command=as_given(context), overwrite=overwrite,
        workers=workers, cluster=cluster, shard=WHOLE if shard is None else read_shard(shard),
    )  # fmt: skip
    if watch:
        _refuse_to_watch([*paths, out], report=report, shard=shard)
        batch = _watch(partial(find_candidates, paths, recursive=recursive), run)
    else:
        batch = run(find_candidates(paths, recursive=recursive), resume=resume)
    rows = [(outcome.image, outcome.counts, outcome.verdict) for outcome in batch.outcomes]
    show(counts_table(rows), batch, [*summary_lines(batch.summary), *request_lines(batch)])
    say_where(batch, folder)
    if url is not None:
        _copy(batch, url)
    leave(batch, strict=strict)


def _places(out: str, *, overwrite: bool) -> tuple[Path, str | None]:
    """Give the folder to write to, and the URL that it is copied to in the end, if any."""
    from hemolens.files.remote import is_url, refuse_held_results, without_scheme
    from hemolens.output.run_record import NAME

    if not is_url(out := without_scheme(out)):
        return Path(out), None
    if not overwrite:
        refuse_held_results(out, NAME)
    return Path(PurePosixPath(out).name), out


def _copy(batch: BatchOutcome, url: str) -> None:
    """Copy the results of a run that came to its end."""
    from hemolens.errors import quoted
    from hemolens.files.remote import put_folder
    from hemolens.output.run_record import NAME

    if batch.folder is None or batch.interrupted:
        typer.echo(f"hemolens: nothing was copied to {quoted(url)}", err=True)
        return
    put_folder(batch.folder, url, NAME)
    typer.echo(f"Copied to {quoted(url)}")


def _refuse_to_watch(places: Sequence[str], *, report: bool, shard: str | None) -> None:
    from hemolens.errors import UsageError, quoted
    from hemolens.files.remote import is_url

    if urls := list(filter(is_url, places)):
        do = "name folders, or count without it"
        raise UsageError("a URL is not watched", came=quoted(urls[0]), allowed="folders", do=do, option="watch")
    if report or shard is not None:
        raise UsageError(
            "what comes into a folder is not known beforehand",
            came="watch with " + ("a report" if report else "a shard"),
            allowed="watch without report and shard",
            do="watch without it, and count the folder once more when all is there",
            option="watch",
        )


def _watch(find: Callable[[], Candidates], run: Callable[..., BatchOutcome]) -> BatchOutcome:
    """Count what comes; after each look that finds something the results have it, too."""
    from hemolens.batch.watched import Watched

    watched = Watched()
    batch: BatchOutcome | None = None
    with suppress(KeyboardInterrupt):
        while batch is None or not batch.interrupted:
            if (settled := watched.settled(find())) is not None:
                told = frozenset() if batch is None else frozenset(each.image for each in batch.outcomes)
                batch = run(settled, resume=True, keep=True, told=told)
            time.sleep(WATCH_SECONDS)
    if batch is None:
        typer.echo("hemolens: interrupted, nothing was written", err=True)
        raise typer.Exit(INTERRUPTED_STATUS)
    return batch


def request_lines(batch: BatchOutcome) -> list[str]:
    """Say what was asked for besides the counts."""
    from hemolens.output.report.terminal import differential_lines, red_cell_lines

    return [*differential_lines(batch.differential), *red_cell_lines(batch.red_cells)]


def _say_what_is_left_to_default(options: CountOptions) -> None:
    """Say on stderr which cells the chosen models do not draw, and that the default model counts them."""
    from hemolens.cell_types import CELL_NAMES
    from hemolens.errors import quoted
    from hemolens.models.method import left_to_default

    if kinds := left_to_default(options.methods, options.models):
        names = " and ".join(CELL_NAMES[kind] for kind in kinds)
        models = ", ".join(map(quoted, options.models))
        counting = " and ".join(dict.fromkeys(options.methods[kind].model for kind in kinds))
        typer.echo(f"hemolens: {models} cannot count {names}: {counting} counts these", err=True)


def as_given(context: typer.Context) -> dict[str, object]:
    """Give the name and the options of a command as the user gave them, for ``run.json``."""
    values = {name: _plain(value) for name, value in context.params.items()}
    return {"name": context.info_name, **values}


def _plain(value: object) -> object:
    """Write paths as text.

    >>> _plain([Path("a")])
    ['a']
    """
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, Path) else value


def output_options(export: str | None, site: Path | None, *, report: bool) -> OutputOptions:
    """Read what is to be written: formats such as ``coco,geojson``, and the file with the factors of a microscope.

    Raises
    ------
    UsageError

    """
    from hemolens.output.options import OutputOptions
    from hemolens.statistics.site import read_site

    formats = () if export is None else tuple(word.strip() for word in export.split(","))
    return OutputOptions(export=formats, site={} if site is None else dict(read_site(site)), report=report)


@contextmanager
def shown_progress(console: Console, n_photographs: int) -> Iterator[Callable[[], None]]:
    """Show a bar for more than one photograph on a terminal, and a line now and then elsewhere.

    Gives what moves it on by one.
    """
    if n_photographs < 2 or not console.is_terminal:
        yield _logged_progress(console, n_photographs)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("", total=n_photographs)
        yield lambda: progress.advance(bar)


def _logged_progress(console: Console, n_photographs: int) -> Callable[[], None]:
    """Write a line for a log file when the last one was long ago."""
    n_done, last = 0, time.monotonic()

    def advance() -> None:
        nonlocal n_done, last
        n_done += 1
        if n_done < n_photographs and time.monotonic() - last >= LOG_SECONDS:
            last = time.monotonic()
            console.print(f"hemolens: {n_done} of {n_photographs} photographs", highlight=False)

    return advance


def count_candidates(
    candidates: Candidates,
    out: Path,
    options: CountOptions,
    output: OutputOptions,
    *,
    command: dict[str, object],
    overwrite: bool = False,
    workers: int | None = 1,
    cluster: str | None = None,
    resume: bool = False,
    keep: bool = False,
    shard: Shard | None = None,
    told: frozenset[str] = frozenset(),
) -> BatchOutcome:
    """Count photographs with a progress bar for more than one, and name failures and warnings on stderr.

    Raises
    ------
    HemolensError
        The run cannot be done at all; nothing in `out` has changed.
    typer.Exit
        The user stopped the run before anything was counted.

    """
    from rich.console import Console

    from hemolens.batch.photographs import Outcome, count_photographs
    from hemolens.errors import quoted
    from hemolens.output.shard import WHOLE

    shard = shard or WHOLE
    console = Console(stderr=True)
    say = partial(console.print, markup=False, highlight=False, soft_wrap=True)
    if candidates.passed_over:
        say(f"hemolens: passed over: {candidates.passed_over}")
    photographs = shard.pick(candidates.each)
    counting = _counting(workers, cluster, len(photographs))
    with shown_progress(console, len(photographs)) as advance:

        def each(outcome: Outcome) -> None:
            advance()
            if outcome.image in told:
                return
            if outcome.error:
                say(f"hemolens: {outcome.error}")
            if outcome.warning:
                say(f"hemolens: warning: {quoted(outcome.image)}: {outcome.warning}")

        try:
            return count_photographs(
                candidates, out, options, output, command,
                overwrite=overwrite, resume=resume, keep=keep, shard=shard,
                counting=counting, each=each,
            )  # fmt: skip
        except KeyboardInterrupt:
            typer.echo("hemolens: interrupted, nothing was written", err=True)
            raise typer.Exit(INTERRUPTED_STATUS) from None


def _counting(workers: int | None, cluster: str | None, n_photographs: int) -> Counting:
    """Choose where photographs are counted."""
    from hemolens.errors import UsageError, quoted

    if cluster is None:
        from hemolens.batch.workers import counting_by

        return counting_by(workers, n_photographs)
    if workers is not None:
        came, do = f"cluster {quoted(cluster)} and {workers} workers", "leave workers out; local:N has N of them"
        raise UsageError(
            "a cluster has workers of its own", came=came, allowed="one of the two", do=do, option="workers"
        )
    from hemolens.batch.cluster import counting_on

    return counting_on(cluster)


def show(table: Table, batch: BatchOutcome, notes: Sequence[str] = ()) -> None:
    """Print a table, notes on it, where the results are, and that they are for research only."""
    from rich.console import Console

    from hemolens.output.export.registry import top_names
    from hemolens.output.report import FILE_NAMES as REPORT_NAMES
    from hemolens.output.results_folder import tables_on_request

    console = Console(highlight=False)
    console.print(table)
    for note in notes:
        console.print(note, markup=False, soft_wrap=True)
    names = ", ".join(
        [
            "counts.csv, cells.csv, summary.csv, run.json and overlay/",
            *tables_on_request({"classifier": batch.differential, "red_cell_shapes": batch.red_cells}),
            *(REPORT_NAMES if batch.output.report else ()),
            *top_names(batch.output.export),
        ]
    )
    if batch.folder is not None:
        console.print(f"Results in '{batch.folder}': {names}", markup=False, soft_wrap=True)
    console.print(RESEARCH_USE_ONLY, markup=False, soft_wrap=True)


def say_where(batch: BatchOutcome, out: Path) -> None:
    """Say on stderr what the user would not expect of the folders: results elsewhere or nowhere, or unfinished ones."""
    from hemolens.errors import quoted

    for folder in batch.unfinished:
        typer.echo(f"hemolens: a run had been killed: what it had counted is in {quoted(folder)}", err=True)
    if batch.folder is None:
        typer.echo(f"hemolens: nothing was counted, {quoted(out)} is as it was", err=True)
    elif batch.folder != out:
        holds = f"{quoted(out)} holds the results of an earlier run"
        typer.echo(f"hemolens: {holds}: these are in {quoted(batch.folder)}", err=True)


def leave(batch: BatchOutcome, *, strict: bool = False) -> None:
    """End the command with the exit status that its outcome has.

    Raises
    ------
    typer.Exit
        Status 130 when the user stopped the run, 1 when a photograph failed or, if `strict`, was rejected; otherwise
        nothing happens.

    """
    if batch.interrupted:
        typer.echo("hemolens: interrupted, the results contain the photographs counted before", err=True)
        raise typer.Exit(INTERRUPTED_STATUS)
    rejected = any(outcome.verdict == "reject" for outcome in batch.outcomes)
    if any(outcome.error for outcome in batch.outcomes) or (strict and rejected):
        raise typer.Exit(1)
