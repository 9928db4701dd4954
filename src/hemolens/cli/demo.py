"""``hemolens demo``: a synthetic smear whose cells are known, counted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hemolens.cli.count import Out, count_candidates, leave, show

PICTURE = "synthetic-smear.png"


def demo(
    out: Out = Path("hemolens-out"),
    seed: Annotated[int, typer.Option(min=0, help="Seed: another number draws another smear.", metavar="N")] = 0,
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
    from hemolens.statistics.counts import count_cells
    from hemolens.synthetic import draw_smear

    smear = draw_smear(seed)
    write_whole(out / PICTURE, png_bytes(smear.pixels))
    command: dict[str, object] = {"name": "demo", "out": str(out), "seed": seed}
    output = OutputOptions()
    batch = count_candidates(find_candidates([out / PICTURE]), out, CountOptions(), output, command=command)
    counted = batch.outcomes[0].counts
    if counted is not None:
        show(truth_table(count_cells(smear.cells), counted), out, output)
    leave(batch)
