"""How right the default model stays when a photograph it has not seen is stained otherwise.

    python benchmarks/stains.py --data data        count all; writes the records and the page (10 minutes on two cores)
    python benchmarks/stains.py                    writes the page again from the records

Records: benchmarks/stains.json; page: benchmarks/stains.md, which docs/how-right-it-is.md shows. Each photograph is
counted as it is and under every stain of hemolens.evaluation.stain_shift, scale and all, as the program is shipped.

- ALL-IDB1: the three photographs that the paper tests red cells on, and an even choice of the capture sessions that
  the default model has not seen (white cells: counts alone; platelets: masks).
- CBC test: 60 photographs of BCCD with the re-labels of TXL-PBC, cells off the frame.
- bionet: an even choice of the photographs that no model has seen, cells farther from the frame than half a red cell.

F1 of a type is the mean over the sources that say where its cells are, each with all its photographs together. The loss
is what it is lower than on the photographs as they are.
"""

from __future__ import annotations

import argparse
import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bionet import HELD_OUT, fields_of
from default_model import (
    CBC,
    CBC_LABELS,
    FRAME_MARGIN_PX,
    boxes_with_area,
    cbc_test,
    held_out_tasks,
)
from documents import show_tables
from hemolens.cell_types import CELL_NAMES, CELL_TYPES, CellType
from hemolens.evaluation.comparison import Comparison, compare
from hemolens.evaluation.matching import add_up
from hemolens.evaluation.robustness import change_of_counts
from hemolens.evaluation.stain_shift import STAINS, Stain, restain
from hemolens.images.photograph import photograph_from_array, read_photograph
from hemolens.labels.all_idb1 import AllIdb1
from hemolens.labels.truth import Truth, fit_to_frame
from hemolens.models.store import read_card
from hemolens.paper.records import code_version
from hemolens.pipeline import count_image
from tune_default_model import DEFAULT, evenly

RECORDS = Path(__file__).with_name("stains.json")
PAGE = RECORDS.with_suffix(".md")
AS_IT_IS = "as it is"
ALL_STAINS: dict[str, Stain] = {AS_IT_IS: Stain(), **STAINS}
N_HELD_OUT = 6
"""Photographs of ALL-IDB1 with white cells and platelets, at most."""

N_BIONET = 20


class Field(NamedTuple):
    """A photograph to count under every stain, what is true there and where it is not judged."""

    source: str
    path: Path
    truths: dict[CellType, Truth]
    margin_px: float | None = None
    unsure: NDArray[np.float64] | None = None


class Stained(NamedTuple):
    """What was found on a photograph under a stain: each type beside its truth, and the verdict of the quality."""

    source: str
    compared: dict[CellType, Comparison]
    verdict: str


def fields(data: Path) -> Iterator[Field]:
    """All photographs that are stained."""
    all_idb1 = AllIdb1.within(data)
    for name in all_idb1.split("rbc", "test"):
        yield Field("ALL-IDB1", all_idb1.path(name), {"rbc": all_idb1.truth(name, "rbc")})
    white = {task.path: task.truths for task in held_out_tasks(data, "wbc")}
    platelets = {task.path: task.truths for task in held_out_tasks(data, "plt")}
    for path in evenly(sorted(white.keys() & platelets.keys()), N_HELD_OUT):
        yield Field("ALL-IDB1", path, white[path] | platelets[path])
    other, none = data / "other" / CBC, dict.fromkeys(CELL_TYPES, Truth(0, np.zeros((0, 4))))
    labels = boxes_with_area(other / CBC_LABELS["TXL re-labels"])
    for name in cbc_test(data):
        yield Field("CBC test", other / "images" / name, none | dict(labels.get(name, {})), FRAME_MARGIN_PX)
    for each in fields_of(data, HELD_OUT, N_BIONET):
        yield Field("bionet", each.path, each.truths, each.margin_px, each.unsure)


def count_stained(field: Field) -> dict[str, Stained]:
    """Count a photograph under every stain."""
    pixels = read_photograph(field.path).pixels
    shape = (pixels.shape[0], pixels.shape[1])
    truths = fit_to_frame(field.path.name, field.truths, shape)
    counted = {}
    for name, stain in ALL_STAINS.items():
        result = count_image(photograph_from_array(restain(pixels, stain), field.path.name))
        compared = {
            kind: compare(
                result.cells, truth, kind, shape, field.margin_px, field.unsure if kind == "plt" else None
            )
            for kind, truth in truths.items()
        }  # fmt: skip
        counted[name] = Stained(field.source, compared, result.quality.verdict)
    return counted


def f1_of(rows: Sequence[Comparison]) -> float:
    """F1 of photographs together; NaN where none says where its cells are."""
    known = [row.detection for row in rows if row.detection is not None]
    return add_up(known).f1 if known else math.nan


def record_source(counted: Sequence[Mapping[str, Stained]], source: str, kind: CellType) -> list[dict[str, Any]]:
    """One record for each stain: F1 and what the counts are relative to those of the photographs as they are."""
    own = [each for each in counted if each[AS_IT_IS].source == source and kind in each[AS_IT_IS].compared]
    before = [each[AS_IT_IS].compared[kind] for each in own]
    records = []
    for name in ALL_STAINS:
        after = [each[name].compared[kind] for each in own]
        f1, change = f1_of(after), change_of_counts([row.count for row in before], [row.count for row in after])
        verdicts = [each[name].verdict for each in own]
        figures = {
            "F1": f1, "F1 lost": f1_of(before) - f1, "pooled change": change.pooled.value,
            "mean absolute change": change.mean_absolute.value,
        }  # fmt: skip
        records.append(
            {"source": source, "stain": name, "cell": kind, "n_images": len(own)}
            | {metric: None if math.isnan(value) else round(value, 4) for metric, value in figures.items()}
            | {verdict: verdicts.count(verdict) for verdict in ("accept", "warn", "reject")}
        )
    return records


def mean_over(records: Sequence[Mapping[str, Any]], stain: str, kind: CellType, metric: str) -> float:
    """Mean of a figure over the sources that have it."""
    values = [row[metric] for row in records if (row["stain"], row["cell"]) == (stain, kind)]
    return float(np.mean([value for value in values if value is not None]))


def largest_loss(records: Sequence[Mapping[str, Any]], kind: CellType) -> tuple[float, str]:
    """The largest loss of F1 over the range of stains, and the stain."""
    return max((mean_over(records, name, kind, "F1 lost"), name) for name in STAINS)


def markdown(records: Sequence[Mapping[str, Any]]) -> str:
    """Tables of F1 and counts under every stain, and of the largest losses."""
    names = " | ".join(f"{CELL_NAMES[kind]}" for kind in CELL_TYPES)
    lines = [
        f"| stain | F1: {names} | change of counts: {names} | accepted |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in ALL_STAINS:
        f1 = [f"{mean_over(records, name, kind, 'F1'):.3f}" for kind in CELL_TYPES]
        change = [f"{mean_over(records, name, kind, 'pooled change'):+.1%}" for kind in CELL_TYPES]
        own = [row for row in records if (row["stain"], row["cell"]) == (name, "rbc")]
        accepted = sum(row["accept"] for row in own) / sum(row["n_images"] for row in own)
        lines.append(f"| {name} | {' | '.join(f1)} | {' | '.join(change)} | {accepted:.0%} |")
    losses = [largest_loss(records, kind) for kind in CELL_TYPES]
    lines += ["", f"| largest loss of F1 | {names} |", "|---|---|---|---|"]
    lines.append("| mean over sources | " + " | ".join(f"{loss:.3f} ({name})" for loss, name in losses) + " |")
    for source in dict.fromkeys(row["source"] for row in records):
        own = [row for row in records if row["source"] == source]
        losses = [largest_of_source(own, kind) for kind in CELL_TYPES]
        lines.append(f"| {source} | {' | '.join(losses)} |")
    return "\n".join(lines) + "\n"


def largest_of_source(records: Sequence[Mapping[str, Any]], kind: CellType) -> str:
    """The largest loss on one source, in words."""
    losses = [(row["F1 lost"], row["stain"]) for row in records if row["cell"] == kind and row["F1 lost"] is not None]
    return "{:.3f} ({})".format(*max(losses)) if losses else "no boxes to match"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    arguments = parser.parse_args()
    if arguments.data is not None:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            counted = list(pool.map(count_stained, fields(arguments.data)))
        sources = dict.fromkeys(each[AS_IT_IS].source for each in counted)
        records = [row for source in sources for kind in CELL_TYPES for row in record_source(counted, source, kind)]
        result = {"model": read_card(DEFAULT).sha256, "commit": code_version(), "records": records}
        RECORDS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(markdown(json.loads(RECORDS.read_text(encoding="utf-8"))["records"]), encoding="utf-8")
    show_tables()


if __name__ == "__main__":
    main()
