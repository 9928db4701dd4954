"""``hemolens validate``: counts and a laboratory's own counts in, an agreement study out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hemolens import RESEARCH_USE_ONLY
from hemolens.extras import require_extra


def validate(
    counts: Annotated[Path, typer.Argument(help="counts.csv of hemolens count.", metavar="COUNTS")],
    reference: Annotated[
        Path, typer.Argument(help="Your own counts: a CSV with image and any of rbc, wbc, plt.", metavar="REFERENCE")
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for the page and the figures.", metavar="DIR")],
) -> None:
    """Compare the counts with a laboratory's own counts.

    Writes validate.html (Passing-Bablok, Bland-Altman, correlation, with plots), validate.json and validate.csv.
    Example:

        hemolens validate results/counts.csv "our counts.csv" --out agreement
    """
    require_extra("evaluate")

    from hemolens.evaluation.study.files import check_kept, write_study
    from hemolens.evaluation.study.page import summary_line
    from hemolens.evaluation.study.pairs import read_study
    from hemolens.evaluation.study.records import make_records

    check_kept(out, (counts, reference))
    study = read_study(counts, reference)
    records = make_records(study)
    write_study(study, records, out)
    for kind in study.pairs:
        typer.echo(summary_line(records, kind))
    for note in study.notes:
        typer.echo(f"hemolens: {note}", err=True)
    typer.echo(f"Results in '{out}': validate.html, validate.json and validate.csv")
    typer.echo(RESEARCH_USE_ONLY)
