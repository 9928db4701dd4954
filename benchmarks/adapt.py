"""How much is gained by adapting a model to a laboratory that it has not seen, against the number of photographs.

    python benchmarks/adapt.py --data data --weights benchmarks/weights [--photographs 5] [--seed 1] [--source TXL-PBC]

The models are folds of the default one (tune_default_model.py), each trained without one source. Of that source so many
photographs are chosen by chance, and the model is adapted to them as hemolens adapt does: by its settings alone, and by
training its weights. Both are measured on other photographs of that source, and on photographs of the sources that the
fold was trained on which were left out of training, to see what is forgotten.

hemolens adapt trains four networks, three of them to measure whether it was worth it. Here that is measured on other
photographs, so one is trained, with as many steps as each of the four has; its counters keep the settings that the fold
had. The seconds are those that the training process had a core, so that they do not depend on what else the machine
did; a second process draws its crops meanwhile. Writes benchmarks/adapt.json and benchmarks/adapt.md; what is there
already is not done again.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from hemolens.cell_types import CELL_NAMES
from hemolens.errors import LabelError, TrainingError
from hemolens.evaluation.agreement import counting_accuracy
from hemolens.evaluation.comparison import Comparison
from hemolens.evaluation.matching import add_up
from hemolens.images.photograph import read_photograph
from hemolens.labels import read_labels
from hemolens.labels.truth import Truths, fit_to_frame
from hemolens.measurements.scale import estimate_red_cell_diameter
from hemolens.models.store import read_model
from hemolens.segmentation.network_maps import Model, open_model
from hemolens.training.adaptation.own_photographs import OwnPhotograph, OwnPhotographs, read_own_photographs
from hemolens.training.adaptation.settings import SCALES, Settings, choose_settings, compare_drawn, draw
from hemolens.training.adaptation.trainer import STEPS, Trainer, as_model
from tune_default_model import UNSEEN_SOURCES, evenly, unseen_of_other_sources

HERE = Path(__file__).parent
FOLDS = {"BCDD": "one-pass-fold-2", "TXL-PBC": "one-pass-fold-3"}
N_TESTED, N_OLD = 60, 24
"""Photographs of the new source, and of the others together, at most."""
COLUMNS = ("image", "type", "x0", "y0", "x1", "y1")
AS_IT_WAS, SETTINGS, TRAINED = "as it was", "settings alone", "trained"


HEADING = f"""# Adapted to a laboratory that the model has not seen

Written by `benchmarks/adapt.py`. F1 is that on other photographs of the same source: of the model as it was, with its
settings chosen anew, and with its weights trained ({STEPS} steps). Errors are false positives and false negatives of
all labelled types, as a share of those before. Old is F1 of red cells on the sources that the model was trained on.
CPU-s are the seconds that the training process had a core; another one draws crops meanwhile.

| source | photographs | seed | cells | red cells: F1 | white cells: F1 | errors: settings | trained | old | CPU-s |
|---|---|---|---|---|---|---|---|---|---|"""


class Run(NamedTuple):
    """One adaptation: the source, how many photographs of it, and the seed of that choice and of the training."""

    source: str
    n_photographs: int
    seed: int


def chosen_photographs(run: Run, data: Path, folder: Path) -> tuple[OwnPhotographs, set[str]]:
    """Read the photographs to adapt to, and name them; those whose labels hemolens adapt refuses are passed over."""
    source, table = UNSEEN_SOURCES[FOLDS[run.source]]
    images, labels = data / "other" / source / "images", folder / "labels.csv"
    with (data / "other" / source / table).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    chosen: list[str] = []
    own: OwnPhotographs | None
    for name in np.random.default_rng(run.seed).permutation(sorted({row["image"] for row in rows})).tolist():
        with labels.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(row for row in rows if row["image"] in (*chosen, name))
        try:
            own = read_own_photographs(labels, images, "laboratory", at_least=1)
        except LabelError:
            continue
        except TrainingError:  # too few cells so far
            own = None
        chosen.append(name)
        if len(chosen) >= run.n_photographs and own is not None:
            return own, set(chosen)
    raise ValueError(f"{run.source} has fewer than {run.n_photographs} photographs with sound labels")


def tested_photographs(source: str, data: Path, without: set[str]) -> Iterator[OwnPhotograph]:
    """Read photographs of the new source that are not among those chosen."""
    folder, table = UNSEEN_SOURCES[FOLDS[source]]
    truths = read_labels(data / "other" / folder / table).truths
    paths = [data / "other" / folder / "images" / name for name in evenly(sorted(set(truths) - without), N_TESTED)]
    return read_all((path, truths[path.name]) for path in paths)


def read_all(labelled: Iterable[tuple[Path, Truths]]) -> Iterator[OwnPhotograph]:
    for path, truths in labelled:
        pixels = read_photograph(path).pixels
        fitted = fit_to_frame(path.name, truths, (pixels.shape[0], pixels.shape[1]))
        yield OwnPhotograph(path.name, path, pixels, fitted, estimate_red_cell_diameter(pixels).px)


def count_all(photographs: Sequence[OwnPhotograph], model: Model, settings: Settings) -> dict[str, dict[str, float]]:
    """Count photographs, and measure each labelled type."""
    compared = [
        compare_drawn(draw(each, model, tuple(settings.counters), [settings.scale]), settings) for each in photographs
    ]
    return {CELL_NAMES[kind]: measure([each[kind] for each in compared if kind in each]) for kind in settings.counters}


def measure(compared: Sequence[Comparison]) -> dict[str, float]:
    found = add_up([each.detection for each in compared if each.detection is not None])
    accuracy = counting_accuracy([each.truth for each in compared], [each.count for each in compared])
    n_errors = sum(each.n_errors for each in compared)
    return {"f1": round(found.f1, 4), "counting_accuracy": round(accuracy, 4), "n_errors": n_errors}


def adapt_once(run: Run, data: Path, weights: Path) -> dict[str, Any]:
    """Adapt to some photographs, and measure before and after."""
    fold = str(weights / f"{FOLDS[run.source]}.onnx")
    start = read_model(fold)
    loaded = open_model(start, fold)
    with tempfile.TemporaryDirectory() as folder:
        own, chosen = chosen_photographs(run, data, Path(folder))
        before = Settings(SCALES[0], {kind: start.card.counters[kind] for kind in own.types})
        spent = time.process_time()
        drawn = [draw(each, loaded, own.types) for each in own.photographs]
        settings = choose_settings(drawn, before.counters, own.types, "")
        seconds_of_settings = time.process_time() - spent
        trained = Trainer(own, start, None, run.seed, torch.device("cpu"), lambda text, done: None).train_on(
            own.photographs, 0
        )
    models = {
        AS_IT_WAS: (loaded, before),
        SETTINGS: (loaded, settings),
        TRAINED: (as_model(trained, start.card), before),
    }
    new = list(tested_photographs(run.source, data, chosen))
    old = list(read_all(evenly(list(unseen_of_other_sources(FOLDS[run.source], data)), N_OLD)))
    return {
        "n_tested": len(new),
        "n_old": len(old),
        "n_cells": sum(truth.count for each in own.photographs for truth in each.truths.values()),
        "steps": trained.step,
        "cpu_seconds": {SETTINGS: round(seconds_of_settings, 1), TRAINED: round(trained.cpu_seconds, 1)},
        "new": {name: count_all(new, *each) for name, each in models.items()},
        "old": {name: count_all(old, *each) for name, each in models.items()},
    }


def table_of(records: Sequence[Mapping[str, Any]]) -> str:
    """The learning curves in Markdown."""
    lines = [HEADING]
    for each in records:
        new, old = each["new"], each["old"]
        f1 = [" → ".join(f"{new[how][kind]['f1']:.3f}" for how in new) for kind in ("red cells", "white cells")]
        errors = {how: sum(own["n_errors"] for own in new[how].values()) for how in new}
        kept = " → ".join(f"{old[how]['red cells']['f1']:.3f}" for how in (AS_IT_WAS, TRAINED))
        left = [f"{errors[how] / max(errors[AS_IT_WAS], 1):.0%}" for how in (SETTINGS, TRAINED)]
        cells = [each["source"], each["n_photographs"], each["seed"], each["n_cells"], *f1, *left, kept]
        lines.append("| " + " | ".join(map(str, [*cells, round(each["cpu_seconds"][TRAINED])])) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--source", choices=FOLDS, action="append", help="all by default")
    parser.add_argument("--photographs", type=int, action="append", help="3, 5 and 10 by default")
    parser.add_argument("--seed", type=int, action="append", help="1, 2 and 3 by default")
    arguments = parser.parse_args()
    path = HERE / "adapt.json"
    records = json.loads(path.read_text("utf-8"))["records"] if path.exists() else []
    runs = [
        Run(source, n, seed)
        for seed in arguments.seed or (1, 2, 3)
        for n in arguments.photographs or (3, 5, 10)
        for source in arguments.source or FOLDS
    ]
    for run in runs:
        if any(Run(each["source"], each["n_photographs"], each["seed"]) == run for each in records):
            continue
        records.append(run._asdict() | adapt_once(run, arguments.data, arguments.weights))
        records.sort(key=lambda each: (each["source"], each["n_photographs"], each["seed"]))
        path.write_text(json.dumps({"records": records}, indent=1) + "\n", encoding="utf-8")
        (HERE / "adapt.md").write_text(table_of(records), encoding="utf-8")
        print(run, flush=True)


if __name__ == "__main__":
    main()
