"""``hemolens demo``: a synthetic smear whose cells are known, counted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hemolens.cli.count import Out, Overwrite, count_candidates, leave, say_where, show
from hemolens.cli.ending import ended_in_order

PICTURE = "synthetic-smear.png"


@ended_in_order()
def demo(
    out: Out = Path("hemolens-out"),
    seed: Annotated[int, typer.Option(min=0, help="Seed: another number draws another smear.", metavar="N")] = 0,
    overwrite: Overwrite = False,
) -> None:
    """Draw a synthetic smear, count it, and compare the counts with the truth.

    Needs no photograph. Example:

        hemolens demo --out demo
    """
    from hemolens.batch.photographs import find_candidates
    from hemolens.files.whole_file import write_whole
    from hemolens.options import CountOptions
    from hemolens.output.options import OutputOptions
    from hemolens.output.overlay_png import png_bytes
    from hemolens.output.report.terminal import truth_table
    from hemolens.output.results_folder import free_folder
    from hemolens.statistics.counts import count_cells
    from hemolens.synthetic import draw_smear

    smear = draw_smear(seed)
    folder = out if overwrite else free_folder(out, [PICTURE])
    write_whole(folder / PICTURE, png_bytes(smear.pixels))
    command: dict[str, object] = {"name": "demo", "out": str(out), "seed": seed, "overwrite": overwrite}
    output = OutputOptions()
    candidates = find_candidates([folder / PICTURE])
    batch = count_candidates(candidates, folder, CountOptions(), output, command=command, overwrite=overwrite)
    counted = batch.outcomes[0].counts
    if counted is not None:
        show(truth_table(count_cells(smear.cells), counted), batch)
    say_where(batch, out)
    leave(batch)
