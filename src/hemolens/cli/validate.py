"""``hemolens validate``: counts and a laboratory's own counts in, an agreement study out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hemolens import RESEARCH_USE_ONLY
from hemolens.extras import require_extra


def validate(
    counts: Annotated[
        Path, typer.Argument(help="counts.csv of hemolens count; of a differential cells.csv.", metavar="COUNTS")
    ],
    reference: Annotated[
        Path,
        typer.Argument(
            help="Your own counts: a CSV with image and any of rbc, wbc, plt; of a differential image and classes, or "
            "another cells.csv.",
            metavar="REFERENCE",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for the page and the figures.", metavar="DIR")],
) -> None:
    """Compare the counts with a laboratory's own counts.

    Writes validate.html (Passing-Bablok, Bland-Altman, correlation, with plots; of a differential agreement by class,
    Rümke's limits and kappa), validate.json and validate.csv. Examples:

        hemolens validate results/counts.csv "our counts.csv" --out agreement
        hemolens validate results/cells.csv "our classes.csv" --out agreement
    """
    require_extra("evaluate")

    from hemolens.evaluation.study.classes import class_records, read_class_study
    from hemolens.evaluation.study.classes_page import classes_line
    from hemolens.evaluation.study.files import check_kept, write_class_study, write_study
    from hemolens.evaluation.study.page import summary_line
    from hemolens.evaluation.study.pairs import read_study
    from hemolens.evaluation.study.records import make_records
    from hemolens.labels.placed_classes import has_placed_classes

    check_kept(out, (counts, reference))
    if has_placed_classes(counts):
        classes = read_class_study(counts, reference)
        write_class_study(classes, class_records(classes), out)
        lines, notes = [classes_line(classes)], classes.notes
    else:
        study = read_study(counts, reference)
        records = make_records(study)
        write_study(study, records, out)
        lines, notes = [summary_line(records, kind) for kind in study.pairs], study.notes
    for line in lines:
        typer.echo(line)
    for note in notes:
        typer.echo(f"hemolens: {note}", err=True)
    typer.echo(f"Results in '{out}': validate.html, validate.json and validate.csv")
    typer.echo(RESEARCH_USE_ONLY)
