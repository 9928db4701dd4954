"""What the default model reaches on photographs that it has not seen, and its folds on laboratories they have not seen.

    python benchmarks/default_model.py --data data --weights benchmarks/weights [--cards]
    python benchmarks/default_model.py      writes the tables again from the records

Writes benchmarks/default-model.json (one record for each figure), benchmarks/unseen-laboratories.md, its summary
benchmarks/unseen-summary.md and benchmarks/default-model.md, and puts these three into the documents that show them.
With --cards, the main figures and the error of its counts go into the model's card. Some 20 minutes on two cores. A
fold that has not been trained, or whose settings have not been searched, is skipped.

- Laboratories unseen: every source, counted by the fold that was trained, and its settings chosen, without it. Beside
  it the same photographs by a model that has seen others of that laboratory, where there is one that has not seen
  these.
- Red cells: the 13 outlined photographs of ALL-IDB1, each counted by the one of three models, trained alike, that has
  not seen its capture session (the default model is one of them, for the paper's test photographs among others).
- White cells and platelets: the capture sessions of ALL-IDB1 that the default model has not seen.
- CBC test: 60 photographs of BCCD, with the labels of CBC and the re-labels of TXL-PBC.
- Robustness: the count of the changed photograph against that of the unchanged one.
- The diameter: from benchmarks/scale-accuracy.json.

The settings are those of benchmarks/tune_default_model.py.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bionet import HELD_OUT, fields_of
from default_model_tables import model_table, unseen_summary, unseen_table
from documents import show_tables
from hemolens.cell_types import CELL_NAMES, CELL_TYPES, CellType
from hemolens.cells.cell import Cell
from hemolens.evaluation.agreement import Estimate
from hemolens.evaluation.comparison import Comparison, compare
from hemolens.evaluation.count_error import measure_count_error
from hemolens.evaluation.robustness import CHANGES, change_of_counts
from hemolens.images.photograph import Photograph, photograph_from_array, read_photograph
from hemolens.labels import read_labels
from hemolens.labels.all_idb1 import AllIdb1
from hemolens.labels.truth import Truth, fit_to_frame, truth_of_boxes
from hemolens.models.card import MeasuredFigure
from hemolens.models.store import read_card, write_card
from hemolens.options import CountOptions
from hemolens.paper.records import code_version, counting_figures
from hemolens.paper.systems import THIRTEEN
from hemolens.pipeline import count_image
from hemolens.statistics.counts import Counts, count_cells
from hemolens.statistics.uncertainty import CountError
from hemolens.training.config import read_config
from tune_default_model import (
    DEFAULT,
    NO_PLATELET_TRUTH,
    SESSION_FOLDS,
    UNSEEN_SOURCES,
    evenly,
)

HERE = Path(__file__).parent
CROWDED = 600
"""A crowded field has more red cells than this."""

FRAME_MARGIN_PX = 3
CBC = "bccd_cbc"
CBC_LABELS = {"TXL re-labels": "annotations_txl.csv", "CBC labels": "annotations.csv"}
N_CHANGED = 4
"""Photographs of each source that the changes are tried on."""

N_BIONET = 200
"""Photographs of all families of bionet."""

N_ALL_IDB1 = 26
"""Photographs of ALL-IDB1 whose white cells and platelets are counted without having seen any of it, at most."""

UNSEEN = "a laboratory unseen"
LABORATORIES: dict[CellType, tuple[str, ...]] = {
    "rbc": ("all-idb1", "bccd", "bcdd_ankara", "bionet", "txl_pbc"),
    "wbc": ("all-idb1", "bccd", "bcdd_ankara", "bionet", "txl_pbc"),
    "plt": ("all-idb1", "bccd", "bionet"),
}
"""Whose photographs say what error of its counts a stranger gets: all that label a type."""

TARGETS = {
    ("red cells, 3 folds", "rbc", "counting accuracy"): 0.97,
    ("red cells, 3 folds", "rbc", "F1"): 0.955,
    ("red cells, crowded fields", "rbc", "counting accuracy"): 0.95,
    ("red cells, the paper's test photographs, as shipped", "rbc", "counting accuracy"): 0.94,
    ("red cells, the paper's test photographs, as shipped", "rbc", "F1"): 0.92,
    ("held-out sessions", "wbc", "counting accuracy"): 0.97,
    ("held-out sessions", "plt", "F1"): 0.89,
    ("CBC test, TXL re-labels", "rbc", "F1"): 0.96,
    ("CBC test, TXL re-labels", "wbc", "F1"): 0.99,
    ("CBC test, TXL re-labels", "plt", "F1"): 0.90,
    ("bcdd_ankara, a laboratory unseen", "rbc", "F1"): 0.965,
    ("bcdd_ankara, a laboratory unseen", "wbc", "F1"): 0.975,
    ("txl_pbc, a laboratory unseen", "rbc", "F1"): 0.95,
    ("txl_pbc, a laboratory unseen", "wbc", "F1"): 0.95,
}


class Task(NamedTuple):
    """A photograph to count, how, and what is true there."""

    path: Path
    options: CountOptions
    truths: dict[CellType, Truth]
    margin_px: float | None = None
    unsure: NDArray[np.float64] | None = None
    """Where a platelet may have no label."""


def is_ready(name: str, weights: Path) -> bool:
    """Whether a model has been trained and its settings searched."""
    return name == DEFAULT or (
        (weights / f"{name}.onnx").exists() and bool(read_card(str(weights / f"{name}.onnx")).counters)
    )


def options_of(name: str, weights: Path) -> CountOptions:
    """How a model counts: with what its card says."""
    return CountOptions() if name == DEFAULT else CountOptions(models=(str(weights / f"{name}.onnx"),))


def count(photograph: Photograph, options: CountOptions) -> list[Cell]:
    """Count a photograph as the program does, but for the scale that its file may state."""
    return count_image(replace(photograph, um_per_px=None), options).cells


COUNTED: dict[tuple[Path, str], tuple[list[Cell], tuple[int, int]]] = {}
"""Cells and shape of each photograph by the model that counted it: most are compared with several labels."""


def count_once(task: Task) -> tuple[list[Cell], tuple[int, int]]:
    """Count a photograph, unless it was counted with this model before."""
    key = (task.path, task.options.methods["rbc"].model)
    if key not in COUNTED:
        photograph = read_photograph(task.path)
        n_rows, n_cols = photograph.pixels.shape[:2]
        COUNTED[key] = count(photograph, task.options), (n_rows, n_cols)
    return COUNTED[key]


def compare_all(tasks: Sequence[Task], kind: CellType) -> list[Comparison]:
    """Count photographs side by side and compare one type with its truth."""

    def one(task: Task) -> Comparison:
        cells, shape = count_once(task)
        truth = fit_to_frame(task.path.name, task.truths, shape)[kind]
        return compare(cells, truth, kind, shape, task.margin_px, task.unsure if kind == "plt" else None)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(one, tasks))


def without_session(name: str, data: Path) -> str:
    """The first model that has not seen the capture session of a photograph of ALL-IDB1."""
    return next(each for each in SESSION_FOLDS if name in unseen_sessions_of(data, each))


def all_idb1_task(name: str, kind: CellType, data: Path, options: CountOptions) -> Task:
    """A photograph of ALL-IDB1 and what is true of one type."""
    all_idb1 = AllIdb1.within(data)
    return Task(all_idb1.path(name), options, {kind: all_idb1.truth(name, kind)})


def red_cell_tasks(data: Path, weights: Path) -> list[Task]:
    """Each of the 13 outlined photographs with the first model that has not seen its capture session."""
    return [all_idb1_task(name, "rbc", data, options_of(without_session(name, data), weights)) for name in THIRTEEN]


def labelled_in_all_idb1(data: Path, kind: CellType) -> list[str]:
    """Photographs of ALL-IDB1 whose white cells or platelets are known, each field once."""
    all_idb1, twice = AllIdb1.within(data), "Im108_0"  # the same file as Im093
    return [
        name
        for name in sorted(all_idb1.counted(kind))
        if name != twice and (kind != "plt" or all_idb1.sessions[name] not in NO_PLATELET_TRUTH)
    ]


def unseen_sessions_of(data: Path, fold: str) -> set[str]:
    """Photographs of whose capture session a model has seen none."""
    config, sessions = read_config(fold), AllIdb1.within(data).sessions
    seen = {sessions[name] for name in config.photographs.train}
    return {name for name in config.photographs.test if sessions[name] not in seen}


def held_out_tasks(data: Path, kind: CellType) -> list[Task]:
    """Photographs of the capture sessions that the default model has not seen."""
    unseen = unseen_sessions_of(data, DEFAULT)
    return [
        all_idb1_task(name, kind, data, CountOptions()) for name in labelled_in_all_idb1(data, kind) if name in unseen
    ]


def bionet_tasks(data: Path, options: CountOptions, use: str | None, n_most: int | None = None) -> list[Task]:
    """Photographs of bionet, of one use or all."""
    return [Task(each.path, options, each.truths, each.margin_px, each.unsure) for each in fields_of(data, use, n_most)]


def boxed_tasks(
    folder: Path, table: str, names: Iterable[str], options: CountOptions, margin_px: float | None
) -> list[Task]:
    """Photographs of a table of boxes; one that is not in it has no cell."""
    labels, none = boxes_with_area(folder / table), {kind: truth_of_boxes([]) for kind in CELL_TYPES}
    return [Task(folder / "images" / name, options, dict(labels.get(name, none)), margin_px) for name in names]


def boxes_with_area(table: Path) -> Mapping[str, Mapping[CellType, Truth]]:
    """Read a table of boxes without those of no area: CBC's has some, which ``read_labels`` refuses."""
    with table.open(newline="", encoding="utf-8") as file, tempfile.TemporaryDirectory() as folder:
        rows = csv.DictReader(file)
        copy = Path(folder) / table.name
        with copy.open("w", newline="", encoding="utf-8") as clean:
            writer = csv.DictWriter(clean, rows.fieldnames or [])
            writer.writeheader()
            writer.writerows(
                row for row in rows if float(row["x0"]) < float(row["x1"]) and float(row["y0"]) < float(row["y1"])
            )
        return read_labels(copy, CELL_TYPES).truths


def cbc_test(data: Path) -> list[str]:
    """File names of the CBC test photographs."""
    with (data / "other" / CBC / "splits.csv").open(newline="", encoding="utf-8") as file:
        return [row["image"] for row in csv.DictReader(file) if row["cbc_split"] == "test"]


@dataclass
class Book:
    """All figures, and truth and count of every photograph."""

    commit: str
    records: list[dict[str, Any]] = field(default_factory=list)
    photographs: dict[str, dict[str, list[int]]] = field(default_factory=dict)

    def write(self, table: str, kind: CellType, metric: str, figure: Estimate, n: int, images: str) -> None:
        """Write one figure down."""
        value, low, high = (None if math.isnan(number) else round(number, 4) for number in figure)
        self.records.append({
            "table": table, "cell": kind, "network": DEFAULT, "images": images, "n_images": n, "protocol": "honest",
            "metric": metric, "value": value, "low": low, "high": high, "commit": self.commit,
        })  # fmt: skip

    def add(self, table: str, names: Sequence[str], rows: Sequence[Comparison], kind: CellType) -> None:
        """Write down the figures of photographs that were counted."""
        figures = counting_figures(rows)
        for metric, figure in figures.items():
            self.write(table, kind, metric, figure, len(rows), table)
        self.photographs[f"{table}, {kind}"] = {
            name: [row.truth, row.count] for name, row in zip(names, rows, strict=True)
        }
        print(table, kind, {metric: round(figure.value, 4) for metric, figure in figures.items()}, flush=True)

    def measure(self, table: str, tasks: Sequence[Task], kind: CellType) -> list[Comparison]:
        """Count photographs and write the figures down."""
        rows = compare_all(tasks, kind)
        self.add(table, [task.path.stem for task in tasks], rows, kind)
        return rows


class Change(NamedTuple):
    """Counts of a photograph, and under every change of it."""

    counts: Counts
    changed: dict[str, Counts]


def change_all(paths: Sequence[Path]) -> list[Change]:
    """Count photographs, and again under every change."""
    options = CountOptions()

    def one(path: Path) -> Change:
        photograph = read_photograph(path)
        changed = {
            name: count_cells(count(photograph_from_array(make(photograph.pixels), path.name), options))
            for name, make in CHANGES.items()
        }
        return Change(count_cells(count(photograph, options)), changed)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(one, paths))


def record_robustness(changes: Sequence[Change], book: Book) -> None:
    """Record the mean change of each count under each change."""
    for name in CHANGES:
        for kind in CELL_TYPES:
            result = change_of_counts(
                [getattr(each.counts, kind) for each in changes],
                [getattr(each.changed[name], kind) for each in changes],
            )
            book.write("robustness", kind, "mean absolute change", result.mean_absolute, len(changes), name)
            book.write("robustness", kind, "pooled change", result.pooled, len(changes), name)


def record_diameters(book: Book) -> None:
    """Record the median error of the diameter on the half of each source that the estimator was not tuned on."""
    own = json.loads((HERE / "scale-accuracy.json").read_text(encoding="utf-8"))
    for source in dict.fromkeys(row["source"] for row in own["records"]):
        margin = own["margins"].get(source, {"median": 1.0})["median"]
        rows = [row for row in own["records"] if row["source"] == source and row["half"] == "held out"]
        errors = sorted(abs(row["estimate_px"] * margin / row["labelled_px"] - 1) for row in rows)
        median = errors[len(errors) // 2]
        book.write("diameter", "rbc", "median error", Estimate(median), len(rows), source)


def measure_seen_sources(book: Book, data: Path, weights: Path) -> list[Path]:
    """Measure on sources that training has seen other photographs of; the red-cell photographs of the paper."""
    tasks = red_cell_tasks(data, weights)
    rows = book.measure("red cells, 3 folds", tasks, "rbc")
    crowded = [n for n, row in enumerate(rows) if row.truth > CROWDED]
    book.add("red cells, crowded fields", [tasks[n].path.stem for n in crowded], [rows[n] for n in crowded], "rbc")
    paper = [task for task in tasks if task.path.stem in {"Im037_0", "Im045_0", "Im053_1"}]
    shipped = CountOptions()
    by_default = [task._replace(options=shipped) for task in paper]
    book.measure("red cells, the paper's test photographs, as shipped", by_default, "rbc")
    for kind in ("wbc", "plt"):
        book.measure("held-out sessions", held_out_tasks(data, kind), kind)
    for version, table in CBC_LABELS.items():
        folder = data / "other" / CBC
        for kind, margin in (("rbc", FRAME_MARGIN_PX), ("rbc", None), ("wbc", None), ("plt", None)):
            name = f"CBC test, {version}" + ("" if kind != "rbc" or margin else ", cut cells too")
            book.measure(name, boxed_tasks(folder, table, cbc_test(data), shipped, margin), kind)
    for kind in CELL_TYPES:
        book.measure("bionet, photographs left out", bionet_tasks(data, shipped, HELD_OUT), kind)
    return [task.path for task in paper]


def measure_unseen(book: Book, data: Path, weights: Path) -> None:
    """Measure every source with the fold that has not seen it; for ALL-IDB1 beside those that lack its session."""
    for fold, (source, table) in UNSEEN_SOURCES.items():
        if not is_ready(fold, weights):
            print(f"{fold} has not been trained: {source} is passed over", flush=True)
            continue
        options, folder = options_of(fold, weights), data / "other" / source
        if source == "bionet":
            for kind in CELL_TYPES:
                book.measure(f"bionet, {UNSEEN}", bionet_tasks(data, options, HELD_OUT), kind)
                book.measure(f"bionet, {UNSEEN}, all families", bionet_tasks(data, options, None, N_BIONET), kind)
        elif source == CBC:
            for kind, margin in (("rbc", FRAME_MARGIN_PX), ("wbc", None), ("plt", None)):
                book.measure(f"bccd, {UNSEEN}", boxed_tasks(folder, table, cbc_test(data), options, margin), kind)
        elif source == "all-idb1":
            measure_all_idb1_unseen(book, data, weights, options)
        else:
            names = sorted(boxes_with_area(folder / table))
            for kind in ("rbc", "wbc"):
                book.measure(f"{source}, {UNSEEN}", boxed_tasks(folder, table, names, options, FRAME_MARGIN_PX), kind)


def measure_all_idb1_unseen(book: Book, data: Path, weights: Path, options: CountOptions) -> None:
    """Measure ALL-IDB1 by a model that has not seen it, and white cells and platelets by those without the session."""
    book.measure(f"all-idb1, {UNSEEN}", [all_idb1_task(name, "rbc", data, options) for name in THIRTEEN], "rbc")
    for kind in ("wbc", "plt"):
        names = evenly(labelled_in_all_idb1(data, kind), N_ALL_IDB1)
        book.measure(f"all-idb1, {UNSEEN}", [all_idb1_task(name, kind, data, options) for name in names], kind)
        by_fold = [all_idb1_task(name, kind, data, options_of(without_session(name, data), weights)) for name in names]
        book.measure("all-idb1, sessions left out", by_fold, kind)


def measure_all(data: Path, weights: Path) -> Book:
    """Measure everything."""
    book = Book(code_version())
    measure_unseen(book, data, weights)
    paper = measure_seen_sources(book, data, weights)
    held_out = [task.path for task in held_out_tasks(data, "plt")]
    changed = paper + held_out[:: -(-len(held_out) // N_CHANGED)]
    changed += [data / "other" / CBC / "images" / name for name in cbc_test(data)[:N_CHANGED]]
    record_robustness(change_all(changed), book)
    record_diameters(book)
    return book


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--weights", type=Path, default=HERE / "weights")
    parser.add_argument("--cards", action="store_true")
    arguments = parser.parse_args()
    path = HERE / "default-model.json"
    if arguments.data is not None:
        book = measure_all(arguments.data, arguments.weights)
        result = {
            "model": read_card(DEFAULT).sha256, "records": book.records, "photographs": book.photographs
        }  # fmt: skip
        path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    recorded = json.loads(path.read_text(encoding="utf-8"))
    (HERE / "unseen-laboratories.md").write_text(unseen_table(recorded["records"]), encoding="utf-8")
    summary = unseen_summary(recorded["records"], recorded["photographs"])
    (HERE / "unseen-summary.md").write_text(summary, encoding="utf-8")
    (HERE / "default-model.md").write_text(model_table(recorded["records"]), encoding="utf-8")
    show_tables()
    if arguments.cards:
        write_figures(recorded["records"], recorded["photographs"])


def error_tables(details: Mapping[str, Any], kind: CellType) -> list[str]:
    """Photographs on which the error of counts of a type is measured: a laboratory each, unseen by what counted it."""
    tables = [f"{name}, {UNSEEN}" for name in LABORATORIES[kind]]
    return [table for table in tables if f"{table}, {kind}" in details]


def count_errors(details: Mapping[str, Mapping[str, Sequence[int]]]) -> dict[CellType, CountError]:
    """Error of counts of each type, from (truth, count) of the photographs in :func:`error_tables`."""
    tables = {kind: error_tables(details, kind) for kind in CELL_TYPES}
    return {kind: error_on(details, kind, own) for kind, own in tables.items() if own}


def error_on(details: Mapping[str, Mapping[str, Sequence[int]]], kind: CellType, tables: Sequence[str]) -> CountError:
    """Error of counts of a type on the photographs of some tables."""
    pairs = [(*pair, table) for table in tables for pair in details[f"{table}, {kind}"].values()]
    truths, counts, laboratories = zip(*pairs, strict=True)
    return measure_count_error(truths, counts, "; ".join(tables), laboratories)


def write_figures(records: Sequence[dict[str, Any]], details: Mapping[str, Mapping[str, Sequence[int]]]) -> None:
    """Put the figures that have a target, and the error of counts, into the model's card."""
    figures = tuple(
        MeasuredFigure(
            metric=f"{CELL_NAMES[row['cell']]}: {row['metric']}", photographs=row["table"], value=row["value"]
        )
        for row in records
        if (row["table"], row["cell"], row["metric"]) in TARGETS
    )
    card = read_card(DEFAULT).model_copy(update={"figures": figures, "count_error": count_errors(details)})
    write_card(DEFAULT, card)


if __name__ == "__main__":
    main()
