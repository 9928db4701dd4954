"""``hemolens merge``: shards of a run in, the run out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hemolens.cli.count import Out, Overwrite, as_given, leave, say_where, show
from hemolens.cli.ending import ended_in_order


@ended_in_order()
def merge(
    context: typer.Context,
    shards: Annotated[list[Path], typer.Argument(help="Folders with the results of the shards.", metavar="SHARD")],
    out: Out = Path("hemolens-out"),
    overwrite: Overwrite = False,
) -> None:
    """Join the results of hemolens count --shard: the same files as of one run.

    All shards of the run must be there, counted with the same options, models and versions. Example:

        hemolens merge part-1 part-2 --out results
    """
    from hemolens.batch.shards import merge_shards
    from hemolens.output.report.terminal import counts_table, summary_lines

    batch = merge_shards(shards, out, as_given(context), overwrite=overwrite)
    rows = [(outcome.image, outcome.counts, outcome.verdict) for outcome in batch.outcomes]
    show(counts_table(rows), batch, summary_lines(batch.summary))
    say_where(batch, out)
    leave(batch)
