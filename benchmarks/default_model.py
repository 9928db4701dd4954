"""What the default model reaches on photographs that it has not seen.

    python benchmarks/default_model.py --data data --weights benchmarks/weights [--cards]

Writes benchmarks/default-model.json (one record for each figure) and benchmarks/default-model.md. With --cards, the
main figures and the error of its counts go into the model's card.

- Red cells: the 13 outlined photographs of ALL-IDB1, each counted by the one of three models, trained alike, that has
  not seen its capture session (the default model is one of them, for the paper's test photographs among others).
- White cells and platelets: the capture sessions of ALL-IDB1 that the default model has not seen.
- CBC test: 60 photographs of BCCD, with the labels of CBC and the re-labels of TXL-PBC.
- Laboratories unseen: BCDD and TXL-PBC, each counted by the fold that was trained, and its settings chosen, without it.
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
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import hemolens
from hemolens.cells import Cell
from hemolens.config import CELL_NAMES, CELL_TYPES, CellType
from hemolens.counters import COUNTERS
from hemolens.counts import Counts, count_cells
from hemolens.evaluation.agreement import Figure
from hemolens.evaluation.all_idb1 import read_truth
from hemolens.evaluation.count_error import measure_count_error
from hemolens.evaluation.folder.compare import Comparison, compare
from hemolens.evaluation.paper.records import code_version, counting_figures
from hemolens.evaluation.paper.systems import THIRTEEN, labelled_photographs
from hemolens.evaluation.robustness import CHANGES, change_of_counts
from hemolens.labels import read_labels
from hemolens.labels.truth import Truth, fit_to_frame, truth_of_boxes
from hemolens.models import CountError, card_text, read_model
from hemolens.models import Figure as CardFigure
from hemolens.photograph import Photograph, photograph_from_array, read_photograph
from hemolens.pipeline import Method, Methods, choose_methods, find_all_cells, map_photograph
from hemolens.scale import estimate_red_cell_diameter
from hemolens.training.setup import read_setup
from tune_default_model import (
    DEFAULT,
    FOLD_SETTINGS,
    FOLDS,
    NO_PLATELET_TRUTH,
    UNSEEN_SOURCES,
    sessions_of,
)

HERE = Path(__file__).parent
CROWDED = 600
"""A crowded field has more red cells than this."""

FRAME_MARGIN_PX = 3
CBC = "bccd_cbc"
CBC_LABELS = {"TXL re-labels": "annotations_txl.csv", "CBC labels": "annotations.csv"}
N_CHANGED = 4
"""Photographs of each source that the changes are tried on."""

ERROR_TABLES: dict[CellType, tuple[str, ...]] = {
    "rbc": ("red cells, 3 folds", "bcdd_ankara, a laboratory unseen", "txl_pbc, a laboratory unseen"),
    "wbc": ("held-out sessions", "bcdd_ankara, a laboratory unseen", "txl_pbc, a laboratory unseen"),
    "plt": ("held-out sessions", "CBC test, TXL re-labels"),
}
"""Photographs on which the error of counts is measured: a laboratory each."""

TARGETS = {
    ("red cells, 3 folds", "rbc", "counting accuracy"): 0.97,
    ("red cells, 3 folds", "rbc", "F1"): 0.95,
    ("red cells, crowded fields", "rbc", "counting accuracy"): 0.94,
    ("held-out sessions", "wbc", "counting accuracy"): 0.97,
    ("held-out sessions", "plt", "F1"): 0.85,
    ("CBC test, TXL re-labels", "rbc", "F1"): 0.965,
    ("CBC test, TXL re-labels", "wbc", "F1"): 0.97,
    ("CBC test, TXL re-labels", "plt", "F1"): 0.88,
}


class Task(NamedTuple):
    """A photograph to count, how, and what is true there."""

    path: Path
    methods: Methods
    truths: dict[CellType, Truth]
    margin_px: int | None = None


def methods_of(name: str, weights: Path) -> Methods:
    """How a model counts: the default one as it is shipped, a fold with the settings chosen for it."""
    if name == DEFAULT:
        return choose_methods("auto")
    tables = tomllib.loads(FOLD_SETTINGS.read_text(encoding="utf-8"))[name]
    return {
        kind: Method(
            str(weights / f"{name}.onnx"),
            own["default_counter"],
            COUNTERS[own["default_counter"]].settings_model.model_validate(own[own["default_counter"]]),
        )
        for kind, own in tables.items()
    }


def count(pixels: Photograph, methods: Methods) -> list[Cell]:
    """Count a photograph with given methods."""
    diameter = estimate_red_cell_diameter(pixels.pixels)
    return find_all_cells(map_photograph(pixels, diameter, methods), methods, pixels)


COUNTED: dict[tuple[Path, str], tuple[list[Cell], tuple[int, int]]] = {}
"""Cells and shape of each photograph by the model that counted it: most are compared with several labels."""


def count_once(task: Task) -> tuple[list[Cell], tuple[int, int]]:
    """Count a photograph, unless it was counted with this model before."""
    key = (task.path, task.methods["rbc"].model)
    if key not in COUNTED:
        photograph = read_photograph(task.path)
        n_rows, n_cols = photograph.pixels.shape[:2]
        COUNTED[key] = count(photograph, task.methods), (n_rows, n_cols)
    return COUNTED[key]


def compare_all(tasks: Sequence[Task], kind: CellType) -> list[Comparison]:
    """Count photographs side by side and compare one type with its truth."""

    def one(task: Task) -> Comparison:
        cells, shape = count_once(task)
        truth = fit_to_frame(task.path.name, task.truths, shape)[kind]
        return compare(cells, truth, kind, shape, task.margin_px)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(one, tasks))


def red_cell_tasks(data: Path, weights: Path) -> list[Task]:
    """Each of the 13 outlined photographs with the first model that has not seen its capture session."""
    folder, tasks = data / "all-idb1", []
    for name in THIRTEEN:
        fold = next(each for each in FOLDS if name in unseen_sessions_of(data, each))
        path = folder / "images" / f"{name}.jpg"
        tasks.append(Task(path, methods_of(fold, weights), {"rbc": read_truth(folder, name, "rbc")}))
    return tasks


def unseen_sessions_of(data: Path, fold: str) -> set[str]:
    """Photographs of whose capture session a model has seen none."""
    setup, sessions = read_setup(fold), sessions_of(data)
    seen = {sessions[name] for name in setup.photographs.train}
    return {name for name in setup.photographs.test if sessions[name] not in seen}


def held_out_tasks(data: Path, kind: CellType) -> list[Task]:
    """Photographs of the capture sessions that the default model has not seen."""
    folder, sessions = data / "all-idb1", sessions_of(data)
    labelled = set(labelled_photographs(folder, kind))
    return [
        Task(folder / "images" / f"{name}.jpg", choose_methods("auto"), {kind: read_truth(folder, name, kind)})
        for name in sorted(unseen_sessions_of(data, DEFAULT) & labelled)
        if kind != "plt" or sessions[name] not in NO_PLATELET_TRUTH
    ]


def boxed_tasks(folder: Path, table: str, names: Iterable[str], methods: Methods, margin_px: int | None) -> list[Task]:
    """Photographs of a table of boxes; one that is not in it has no cell."""
    labels, none = boxes_with_area(folder / table), {kind: truth_of_boxes([]) for kind in CELL_TYPES}
    return [Task(folder / "images" / name, methods, dict(labels.get(name, none)), margin_px) for name in names]


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


class Change(NamedTuple):
    """Counts of a photograph, and under every change of it."""

    counts: Counts
    changed: dict[str, Counts]


def change_all(paths: Sequence[Path]) -> list[Change]:
    """Count photographs, and again under every change."""
    methods = choose_methods("auto")

    def one(path: Path) -> Change:
        photograph = read_photograph(path)
        changed = {
            name: count_cells(count(photograph_from_array(make(photograph.pixels), path.name), methods))
            for name, make in CHANGES.items()
        }
        return Change(count_cells(count(photograph, methods)), changed)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(one, paths))


def robustness_records(changes: Sequence[Change], record: Callable[..., dict[str, Any]]) -> list[dict[str, Any]]:
    """Mean change of each count under each change."""
    records = []
    for name in CHANGES:
        for kind in CELL_TYPES:
            result = change_of_counts(
                [getattr(each.counts, kind) for each in changes],
                [getattr(each.changed[name], kind) for each in changes],
            )
            rows = {"mean absolute change": result.mean_absolute, "pooled change": result.pooled}
            records += [
                record("robustness", kind, metric, figure, len(changes), name) for metric, figure in rows.items()
            ]
    return records


def diameter_records(record: Callable[..., dict[str, Any]]) -> list[dict[str, Any]]:
    """Median error of the diameter on the half of each source that the estimator was not tuned on."""
    own = json.loads((HERE / "scale-accuracy.json").read_text(encoding="utf-8"))
    records = []
    for source in dict.fromkeys(row["source"] for row in own["records"]):
        margin = own["margins"].get(source, {"median": 1.0})["median"]
        rows = [row for row in own["records"] if row["source"] == source and row["half"] == "held out"]
        errors = sorted(abs(row["estimate_px"] * margin / row["labelled_px"] - 1) for row in rows)
        median = errors[len(errors) // 2]
        records.append(record("diameter", "rbc", "median error", Figure(median), len(rows), source))
    return records


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--cards", action="store_true")
    arguments = parser.parse_args()
    data, weights, commit = arguments.data, arguments.weights, code_version()

    def record(table: str, kind: CellType, metric: str, figure: Figure, n: int, images: str) -> dict[str, Any]:
        value, low, high = (None if math.isnan(number) else round(number, 4) for number in figure)
        return {
            "table": table, "cell": kind, "network": DEFAULT, "images": images, "n_images": n, "protocol": "honest",
            "metric": metric, "value": value, "low": low, "high": high, "commit": commit,
        }  # fmt: skip

    records: list[dict[str, Any]] = []
    details: dict[str, dict[str, list[int]]] = {}

    def measure(table: str, tasks: Sequence[Task], kind: CellType) -> list[Comparison]:
        rows = compare_all(tasks, kind)
        add(table, [task.path.stem for task in tasks], rows, kind)
        return rows

    def add(table: str, names: Sequence[str], rows: Sequence[Comparison], kind: CellType) -> None:
        figures = counting_figures(rows)
        records.extend(record(table, kind, metric, figure, len(rows), table) for metric, figure in figures.items())
        details[f"{table}, {kind}"] = {name: [row.truth, row.count] for name, row in zip(names, rows, strict=True)}
        print(table, kind, {metric: round(figure.value, 4) for metric, figure in figures.items()}, flush=True)

    tasks = red_cell_tasks(data, weights)
    rows = measure("red cells, 3 folds", tasks, "rbc")
    crowded = [n for n, row in enumerate(rows) if row.truth > CROWDED]
    add("red cells, crowded fields", [tasks[n].path.stem for n in crowded], [rows[n] for n in crowded], "rbc")
    paper = [n for n, task in enumerate(tasks) if task.path.stem in {"Im037_0", "Im045_0", "Im053_1"}]
    by_default = [task._replace(methods=choose_methods("auto")) for task in (tasks[n] for n in paper)]
    measure("red cells, the paper's test photographs, as shipped", by_default, "rbc")
    measure("held-out sessions", held_out_tasks(data, "wbc"), "wbc")
    measure("held-out sessions", held_out_tasks(data, "plt"), "plt")
    for version, table in CBC_LABELS.items():
        folder = data / "other" / CBC
        for kind, margin in (("rbc", FRAME_MARGIN_PX), ("rbc", None), ("wbc", None), ("plt", None)):
            name = f"CBC test, {version}" + ("" if kind != "rbc" or margin else ", cut cells too")
            measure(name, boxed_tasks(folder, table, cbc_test(data), choose_methods("auto"), margin), kind)
    for fold, (source, table) in UNSEEN_SOURCES.items():
        folder = data / "other" / source
        boxed = boxed_tasks(
            folder, table, sorted(boxes_with_area(folder / table)), methods_of(fold, weights), FRAME_MARGIN_PX
        )
        for kind in ("rbc", "wbc"):
            measure(f"{source}, a laboratory unseen", boxed, kind)
    held_out = [task.path for task in held_out_tasks(data, "plt")]
    changed = [tasks[n].path for n in paper] + held_out[:: -(-len(held_out) // N_CHANGED)]
    changed += [data / "other" / CBC / "images" / name for name in cbc_test(data)[:N_CHANGED]]
    records += robustness_records(change_all(changed), record)
    records += diameter_records(record)
    result = {"model": read_model(DEFAULT).card.sha256, "records": records, "photographs": details}
    (HERE / "default-model.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (HERE / "default-model.md").write_text(markdown(records), encoding="utf-8")
    if arguments.cards:
        write_card(records, details)


def markdown(records: Sequence[dict[str, Any]]) -> str:
    """The tables that the README shows."""
    lines = [
        "| photographs | cells | n | counting accuracy | mean absolute error | bias | F1 |",
        "|---|---|---|---|---|---|---|",
    ]
    tables = dict.fromkeys(
        (row["table"], row["cell"])
        for row in records
        if row["metric"] == "counting accuracy" and not row["table"].endswith(("CBC labels", "cut cells too"))
    )
    for table, kind in tables:
        own = {row["metric"]: row for row in records if (row["table"], row["cell"]) == (table, kind)}
        f1 = own.get("F1")
        accuracy = with_interval(own["counting accuracy"], ".1%")
        lines.append(
            f"| {table} | {CELL_NAMES[kind]} | {own['bias']['n_images']} | {accuracy} "
            f"| {own['mean absolute error']['value']:.1f} | {own['bias']['value']:+.1%} "
            f"| {with_interval(f1, '.3f') if f1 else 'no boxes to match'} |"
        )
    lines += ["", "| change | red cells | white cells | platelets |", "|---|---|---|---|"]
    for name in CHANGES:
        own = {
            row["cell"]: row["value"]
            for row in records
            if (row["table"], row["images"], row["metric"]) == ("robustness", name, "pooled change")
        }
        lines.append(f"| {name} | " + " | ".join(f"{own[kind]:+.1%}" for kind in CELL_TYPES) + " |")
    return "\n".join(lines) + "\n"


def with_interval(row: dict[str, Any], form: str) -> str:
    """A value with its interval, where there is one."""
    if row["low"] is None:
        return format(row["value"], form)
    return f"{row['value']:{form}} ({row['low']:{form}}–{row['high']:{form}})"


def count_errors(details: Mapping[str, Mapping[str, Sequence[int]]]) -> dict[CellType, CountError]:
    """Error of counts of each type, from (truth, count) of the photographs in :data:`ERROR_TABLES`."""
    return {kind: error_on(details, kind, tables) for kind, tables in ERROR_TABLES.items()}


def error_on(details: Mapping[str, Mapping[str, Sequence[int]]], kind: CellType, tables: Sequence[str]) -> CountError:
    """Error of counts of a type on the photographs of some tables."""
    pairs = [(*pair, table) for table in tables for pair in details[f"{table}, {kind}"].values()]
    truths, counts, laboratories = zip(*pairs, strict=True)
    return measure_count_error(truths, counts, "; ".join(tables), laboratories)


def write_card(records: Sequence[dict[str, Any]], details: Mapping[str, Mapping[str, Sequence[int]]]) -> None:
    """Put the figures that have a mark to reach, and the error of counts, into the model's card."""
    figures = tuple(
        CardFigure(metric=f"{CELL_NAMES[row['cell']]}: {row['metric']}", photographs=row["table"], value=row["value"])
        for row in records
        if (row["table"], row["cell"], row["metric"]) in TARGETS
    )
    card = read_model(DEFAULT).card.model_copy(update={"figures": figures, "count_error": count_errors(details)})
    folder = Path(hemolens.__file__).parent / "models"
    (folder / f"{DEFAULT}.toml").write_text(card_text(card), encoding="utf-8")


if __name__ == "__main__":
    main()
