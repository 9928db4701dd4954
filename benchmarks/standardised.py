"""Whether the stain standardisation of the default model helps the paper's networks under another stain.

    python benchmarks/standardised.py ALL_IDB1 CBC WEIGHTS WORK

The paper's networks of the honest split (in WEIGHTS, trained on photographs as they are) count the photographs of the
table of the cited methods: as they are, and with colours standardised before a network sees them, to the median
background and red cell of photographs that the networks were trained on. Nothing is trained again. Writes
benchmarks/standardised.json and benchmarks/standardised.md; what was counted is kept in WORK, and not counted again.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np

from hemolens.cell_types import CELL_NAMES, CELL_TYPES
from hemolens.images.photograph import read_photograph
from hemolens.labels.all_idb1 import AllIdb1
from hemolens.measurements.colours import StandardColours, join_colours, measure_colours
from hemolens.measurements.scale import estimate_red_cell_diameter
from hemolens.models.store import read_model, write_model_files
from hemolens.output.report.html_page import markdown_table
from hemolens.paper.cache import Cache
from hemolens.paper.cited import CitedMethod, read_methods
from hemolens.paper.cited_measure import CACHE, COLOUR_AND_BLUR, measure_method, read_held_out
from hemolens.paper.cited_page import CitedRecord, make_records
from hemolens.training.config import read_config

HERE = Path(__file__).parent
PAPER = "rbc-do-unet-honest"
N_MEASURED = 12
"""Photographs of the training that the standard is measured on."""
AS_THEY_ARE, STANDARDISED = "photographs as they are", "colours standardised"
SHOWN = ("counting accuracy", "bias", "F1")


def standard_of(all_idb1: Path) -> StandardColours:
    """Measure the standard: median background and red cell of photographs that the networks were trained on."""
    names = sorted(read_config("rbc-honest").photographs.train)
    measured = []
    for name in names[:: max(1, len(names) // N_MEASURED)][:N_MEASURED]:
        pixels = read_photograph(AllIdb1(all_idb1).path(name)).pixels
        measured.append(measure_colours(pixels, estimate_red_cell_diameter(pixels).px))
    joined = join_colours(measured)
    red, green, blue = (round(float(each), 4) for each in np.asarray(joined.red_cell_absorbance))
    return StandardColours(
        background_level=round(float(np.mean(joined.background)), 1), red_cell_absorbance=(red, green, blue)
    )


def with_standard(models: tuple[str, ...], weights: Path, work: Path, standard: StandardColours) -> tuple[str, ...]:
    """Write copies of models whose cards ask for standard colours; give their names in the folder."""
    names = []
    for name in models:
        path = weights / f"{name}.onnx"
        if path.exists():
            file = read_model(str(path))
            card = file.card.model_copy(update={"name": f"{name}-standardised", "colours": standard})
            write_model_files(type(file)(card, file.onnx), work / card.name)
            names.append(f"{card.name}/{card.name}")
    return tuple(names)


def page(records: list[CitedRecord], standard: StandardColours) -> str:
    """Write both ways beside each other."""
    methods = list(dict.fromkeys(each.method for each in records))
    parts = [
        "# The paper's networks under another stain",
        "Written by `benchmarks/standardised.py`. The paper's networks of the honest split, trained on ALL-IDB1 alone, "
        "count photographs of sessions that they have not seen, and those of an unseen laboratory (CBC): as they are, "
        "and with colours standardised to those of their training (background "
        f"{standard.background_level:g}, red cells absorb "
        f"{', '.join(f'{each:g}' for each in standard.red_cell_absorbance)}). In brackets: 95 % interval.",
    ]
    for kind in CELL_TYPES:
        rows = []
        for laboratory in ("ALL-IDB1", "CBC"):
            for method in methods:
                own = {
                    each.metric: each
                    for each in records
                    if (each.method, each.laboratory, each.cell) == (method, laboratory, kind)
                }
                if own:
                    n = own["counting accuracy"].n_photographs
                    rows.append([laboratory, str(n), method, *(shown(own.get(metric)) for metric in SHOWN)])
        if rows:
            parts += [f"## {CELL_NAMES[kind].capitalize()}"]
            parts += [markdown_table(["laboratory", "photographs", "how", *SHOWN], rows)]
    rows = []
    for change in COLOUR_AND_BLUR:
        row = [change]
        for kind in CELL_TYPES:
            for method in methods:
                moved = [
                    each.value
                    for each in records
                    if (each.method, each.cell, each.metric) == (method, kind, change) and each.value is not None
                ]
                row.append(f"{moved[0]:+.0%}".replace("%", " %") if moved else "–")
        rows.append(row)
    head = ["change", *(f"{CELL_NAMES[kind]}, {method}" for kind in CELL_TYPES for method in methods)]
    parts += ["## Colours changed", "How far the sum of the counts on some photographs of CBC moves."]
    return "\n\n".join([*parts, markdown_table(head, rows)]) + "\n"


def shown(record: CitedRecord | None) -> str:
    """Write a figure with its interval."""
    if record is None or record.value is None:
        return "–"
    if record.low is None or record.high is None:
        return f"{record.value:.3f}"
    return f"{record.value:.3f} [{record.low:.3f}, {record.high:.3f}]"


def main() -> None:
    """Measure both ways, and write the page."""
    all_idb1, cbc, weights, work = map(Path, sys.argv[1:])
    standard = standard_of(all_idb1)
    (paper,) = (each for each in read_methods() if PAPER in each.models)
    standardised = with_standard(paper.models, weights, work, standard)
    cache, held_out = Cache(work / CACHE), read_held_out(all_idb1, cbc)
    records = []
    for name, models, folder in ((AS_THEY_ARE, paper.models, weights), (STANDARDISED, standardised, work)):
        method = CitedMethod(name=name, reference=paper.reference, models=models)
        measured = measure_method(
            method, folder, held_out, cache, on_photograph=lambda said: print(said, file=sys.stderr)
        )
        if measured is not None:
            records += make_records([measured])
    kept = {"standard": standard.model_dump(), "records": [asdict(each) for each in records]}
    (HERE / "standardised.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    (HERE / "standardised.md").write_text(page(records, standard), encoding="utf-8")


if __name__ == "__main__":
    main()
