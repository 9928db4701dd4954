"""``hemolens calibrate``: counts of fields and an analyser's counts in, the factors of a microscope out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hemolens import RESEARCH_USE_ONLY


def calibrate(
    table: Annotated[
        Path,
        typer.Argument(help="counts.csv with columns smear and plt_per_ul, wbc_per_ul, rbc_per_ul.", metavar="CSV"),
    ],
    out: Annotated[Path, typer.Option("--out", help="File for the factors.", metavar="FILE")] = Path("site.toml"),
) -> None:
    """Measure how many cells per microlitre one cell per field stands for.

    Needs smears whose blood an analyser has counted. Example:

        hemolens calibrate counts.csv --out site.toml
    """
    from hemolens.evaluation.site_factor import read_site_factors, site_table
    from hemolens.files.whole_file import write_whole
    from hemolens.statistics.site import site_text

    factors = read_site_factors(table)
    _refuse_same_file(table, out)
    write_whole(out, site_text(factors).encode())
    typer.echo(site_table(factors))
    typer.echo(f"Factors in '{out}': use them with hemolens count --site")
    typer.echo(RESEARCH_USE_ONLY)


def _refuse_same_file(table: Path, out: Path) -> None:
    from hemolens.errors import UsageError, quoted

    if out.resolve() == table.resolve():
        raise UsageError(
            "the factors would overwrite the table",
            came=quoted(out),
            allowed="another file",
            do="choose another with --out",
        )
