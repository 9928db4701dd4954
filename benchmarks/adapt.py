"""How much is gained by adapting a model to a laboratory that it has not seen, against the number of photographs.

    python benchmarks/adapt.py --data data --weights benchmarks/weights [--photographs 5] [--seed 1] [--source TXL-PBC]
        [--settings-only]

The models are folds of the default one (tune_default_model.py), each trained without one source. An even choice of its
photographs is measured on, and nothing else is done with them. Of the others so many are chosen by chance, and the
model is adapted to them: by its settings, as hemolens adapt --settings-only does, and by training its weights. Both
are also measured on photographs of the sources that the fold was trained on which were left out of training, to see
what is forgotten. What there is to gain is shown by a model that has seen the source: the shipped one, on
photographs most of which it was trained on.

hemolens adapt trains four networks, three of them to measure whether it was worth it. Here that is measured on other
photographs, so one is trained, with as many steps as each of the four has; its counters keep the settings that the fold
had. hemolens adapt needs three photographs, and two for settings alone. The seconds are those that the process had a
core, so that they do not depend on what else the machine did; a second process draws crops meanwhile. Writes
benchmarks/adapt.json and benchmarks/adapt.md; what is there already is not done again.
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

from hemolens.cell_types import CELL_NAMES, CellType
from hemolens.errors import LabelError, TrainingError
from hemolens.evaluation.agreement import counting_accuracy
from hemolens.evaluation.comparison import Comparison, is_off_frame
from hemolens.evaluation.matching import add_up
from hemolens.images.photograph import read_photograph
from hemolens.labels import read_labels
from hemolens.labels.truth import Truths, fit_to_frame
from hemolens.measurements.scale import estimate_red_cell_diameter
from hemolens.models.store import DEFAULT_MODEL, ModelFile, read_model
from hemolens.segmentation.network_maps import Model, open_model
from hemolens.training.adaptation.adapt import adapt
from hemolens.training.adaptation.own_photographs import OwnPhotograph, OwnPhotographs, read_own_photographs
from hemolens.training.adaptation.settings import SCALES, Drawn, Settings, choose_settings, compare_drawn, draw
from hemolens.training.adaptation.trainer import STEPS, Trainer, as_model
from hemolens.training.boxed_cells import AT_FRAME_PX
from tune_default_model import UNSEEN_SOURCES, evenly, unseen_of_other_sources

HERE = Path(__file__).parent
FOLDS = {"BCDD": "one-pass-fold-2", "TXL-PBC": "one-pass-fold-3"}
N_TESTED, N_OLD, N_COMPARED = 50, 24, 170
"""Photographs of the new source, of the others together, and of the new one to see what there is to gain, at most."""
COLUMNS = ("image", "type", "x0", "y0", "x1", "y1")
AS_IT_WAS, SETTINGS, TRAINED, HAS_SEEN = "as it was", "settings", "trained", "has seen it"

Compared = tuple[tuple[int, int], Mapping[CellType, Comparison]]
"""Rows and columns of a photograph, and what was found on it beside its labels."""

Measured = dict[str, dict[str, float]]
"""Of each cell type: F1, counting accuracy, errors, and how many of these are of cells at the frame."""

BEFORE = """# Adapted to a laboratory that the model has not seen

Written by `benchmarks/adapt.py`. First what there is to gain, on an even choice of the photographs.
Errors are false positives and false negatives of red and white cells together; at the frame: those of cells that it
cuts. The last columns are the shipped model's, which was trained on most of these very photographs.

| source | photographs | cells | errors | at the frame | F1 of red cells | has seen it: errors left | F1 of red cells |
|---|---|---|---|---|---|---|---|"""

CURVES = f"""
## Against the number of photographs

On photographs that nothing was adapted to. Errors left are a share of those of the model as it was: with its settings
chosen anew (S), and with its weights trained (W: {STEPS} steps). S taken: whether `hemolens adapt --settings-only`
finds, on the photographs that it is given, that these settings are better beyond the noise; else it keeps the model as
it was. Old is F1 of red cells on the sources that the model was trained on, before → after. CPU-s are the seconds that
the process had a core. A dash is not measured.

| source | photographs | seed | cells | errors left: S | W | S taken | old: S | W | CPU-s: S | W |
|---|---|---|---|---|---|---|---|---|---|---|"""


class Run(NamedTuple):
    """One adaptation: the source, how many photographs of it, and the seed of that choice and of the training."""

    source: str
    n_photographs: int
    seed: int


def chosen_photographs(run: Run, data: Path, folder: Path) -> OwnPhotographs:
    """Read the photographs to adapt to; those whose labels hemolens adapt refuses are passed over."""
    source, table = UNSEEN_SOURCES[FOLDS[run.source]]
    images, labels = data / "other" / source / "images", folder / "labels.csv"
    with (data / "other" / source / table).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    chosen: list[str] = []
    own: OwnPhotographs | None
    names = sorted({row["image"] for row in rows})
    free = sorted(set(names) - set(evenly(names, N_TESTED)))
    for name in np.random.default_rng(run.seed).permutation(free).tolist():
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
            return own
    raise ValueError(f"{run.source} has fewer than {run.n_photographs} photographs with sound labels")


def photographs_of(source: str, data: Path, n_most: int) -> Iterator[OwnPhotograph]:
    """Read an even choice of at most so many photographs of the new source."""
    folder, table = UNSEEN_SOURCES[FOLDS[source]]
    truths = read_labels(data / "other" / folder / table).truths
    names = evenly(sorted(truths), n_most)
    return read_all((data / "other" / folder / "images" / name, truths[name]) for name in names)


def read_all(labelled: Iterable[tuple[Path, Truths]]) -> Iterator[OwnPhotograph]:
    for path, truths in labelled:
        pixels = read_photograph(path).pixels
        fitted = fit_to_frame(path.name, truths, (pixels.shape[0], pixels.shape[1]))
        yield OwnPhotograph(path.name, path, pixels, fitted, estimate_red_cell_diameter(pixels).px)


class Bench:
    """A fold, and the photographs that it is measured on before and after."""

    def __init__(self, source: str, data: Path, weights: Path) -> None:
        self.source, self.data = source, data
        self.path = str(weights / f"{FOLDS[source]}.onnx")
        self.start = read_model(self.path)
        self.loaded = open_model(self.start, self.path)
        self.new = list(photographs_of(source, data, N_TESTED))
        self.old = list(read_all(evenly(list(unseen_of_other_sources(FOLDS[source], data)), N_OLD)))
        self._drawn: dict[float, list[Drawn]] = {}

    def measure_source(self) -> dict[str, Any]:
        """Measure the fold as it was, and on more photographs also the shipped one, which has seen them."""
        shipped = read_model(DEFAULT_MODEL)
        kinds: tuple[CellType, ...] = ("rbc", "wbc")
        before = self.settings_of(self.start, kinds)
        models = {
            AS_IT_WAS: (self.loaded, before),
            HAS_SEEN: (open_model(shipped, DEFAULT_MODEL), self.settings_of(shipped, kinds)),
        }
        compared: dict[str, list[Compared]] = {how: [] for how in models}
        for photograph in photographs_of(self.source, self.data, N_COMPARED):
            for how, (model, settings) in models.items():
                drawn = draw(photograph, model, kinds, [settings.scale])
                compared[how].append((photograph.shape, compare_drawn(drawn, settings)))
        new, old = self.count(None, before)
        return {
            "source": self.source,
            "n_photographs": len(compared[AS_IT_WAS]),
            "n_tested": len(self.new),
            "n_old": len(self.old),
            "compared": {how: measure(each, kinds) for how, each in compared.items()},
            "new": {AS_IT_WAS: new},
            "old": {AS_IT_WAS: old},
        }

    def adapt(self, run: Run, *, train: bool) -> dict[str, Any]:
        """Adapt to some photographs, and measure."""
        with tempfile.TemporaryDirectory() as folder:
            own = chosen_photographs(run, self.data, Path(folder))
            before = self.settings_of(self.start, own.types)
            spent = time.process_time()
            drawn = [draw(each, self.loaded, own.types) for each in own.photographs]
            found: dict[str, tuple[Model | None, Settings]] = {
                SETTINGS: (None, choose_settings(drawn, before.counters, own.types, ""))
            }
            seconds = {SETTINGS: round(time.process_time() - spent, 1)}
            taken = adapt(own, model=self.path, settings_only=True).adapted is not None
            if train:
                trainer = Trainer(own, self.start, None, run.seed, torch.device("cpu"), lambda text, done: None)
                trained = trainer.train_on(own.photographs, 0)
                found[TRAINED] = as_model(trained, self.start.card), before
                seconds[TRAINED] = round(trained.cpu_seconds, 1)
        measured = {how: self.count(*each) for how, each in found.items()}
        return {
            **run._asdict(),
            "n_cells": sum(truth.count for each in own.photographs for truth in each.truths.values()),
            "cpu_seconds": seconds,
            "taken": taken,
            "new": {how: each[0] for how, each in measured.items()},
            "old": {how: each[1] for how, each in measured.items()},
        }

    def settings_of(self, model: ModelFile, kinds: Sequence[CellType]) -> Settings:
        """Give the settings that a model has."""
        return Settings(SCALES[0], {kind: model.card.counters[kind] for kind in kinds})

    def count(self, model: Model | None, settings: Settings) -> tuple[Measured, Measured]:
        """Count the photographs of the new source and those of the old ones, by a model or the fold as it was."""
        photographs = [*self.new, *self.old]
        kinds = tuple(settings.counters)
        if model is not None:
            drawn = [draw(each, model, kinds, [settings.scale]) for each in photographs]
        elif settings.scale not in self._drawn:
            drawn = [draw(each, self.loaded, ("rbc", "wbc"), [settings.scale]) for each in photographs]
            self._drawn[settings.scale] = drawn
        else:
            drawn = self._drawn[settings.scale]
        compared = []
        for photograph, maps in zip(photographs, drawn, strict=True):
            labelled = {kind: case for kind, case in maps[settings.scale].items() if kind in kinds}
            compared.append((photograph.shape, compare_drawn({settings.scale: labelled}, settings)))
        return measure(compared[: len(self.new)], kinds), measure(compared[len(self.new) :], kinds)


def measure(compared: Sequence[Compared], kinds: Iterable[CellType]) -> Measured:
    """Measure each type on photographs."""
    measured = {}
    for kind in kinds:
        each = [(shape, own[kind]) for shape, own in compared if kind in own]
        detection = add_up([one.detection for _, one in each if one.detection is not None])
        accuracy = counting_accuracy([one.truth for _, one in each], [one.count for _, one in each])
        measured[CELL_NAMES[kind]] = {
            "n_cells": sum(one.truth for _, one in each),
            "f1": round(detection.f1, 4),
            "counting_accuracy": round(accuracy, 4),
            "n_errors": sum(one.n_errors for _, one in each),
            "n_at_frame": sum(n_at_frame(one, shape) for shape, one in each),
        }
    return measured


def n_at_frame(compared: Comparison, shape: tuple[int, int]) -> int:
    """How many of the errors are of cells at the frame."""
    false_positives = np.array([cell.box for cell in compared.false_positives]).reshape(-1, 4)
    boxes = np.concatenate([false_positives, compared.false_negatives])
    return int(np.count_nonzero(~is_off_frame(boxes, shape, AT_FRAME_PX)))


def total(measured: Measured, what: str) -> int:
    """Add up a figure over the types."""
    return int(sum(each[what] for each in measured.values()))


def table_of(sources: Sequence[Mapping[str, Any]], records: Sequence[Mapping[str, Any]]) -> str:
    """What is to be gained, and the learning curves, in Markdown."""
    lines = [BEFORE]
    errors: dict[str, int] = {}
    old: dict[str, str] = {}
    for each in sources:
        errors[each["source"]] = total(each["new"][AS_IT_WAS], "n_errors")
        old[each["source"]] = f"{each['old'][AS_IT_WAS]['red cells']['f1']:.3f}"
        was, seen = each["compared"][AS_IT_WAS], each["compared"][HAS_SEEN]
        n_errors = total(was, "n_errors")
        cells = [each["source"], each["n_photographs"], total(was, "n_cells"), n_errors]
        shares = [f"{total(was, 'n_at_frame') / n_errors:.0%}", f"{was['red cells']['f1']:.3f}"]
        shares += [f"{total(seen, 'n_errors') / n_errors:.0%}", f"{seen['red cells']['f1']:.3f}"]
        lines.append("| " + " | ".join(map(str, [*cells, *shares])) + " |")
    lines.append(CURVES)
    for each in records:
        left, kept, seconds = (
            [form(each[of][how]) if how in each[of] else "–" for how in (SETTINGS, TRAINED)]
            for of, form in (
                ("new", lambda own, was=errors[each["source"]]: f"{total(own, 'n_errors') / was:.0%}"),
                ("old", lambda own, was=old[each["source"]]: f"{was} → {own['red cells']['f1']:.3f}"),
                ("cpu_seconds", lambda own: f"{own:.0f}"),
            )
        )
        cells = [each["source"], each["n_photographs"], each["seed"], each["n_cells"], *left]
        cells.append("yes" if each["taken"] else "no")
        lines.append("| " + " | ".join(map(str, [*cells, *kept, *seconds])) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--source", choices=FOLDS, action="append", help="all by default")
    parser.add_argument("--photographs", type=int, action="append", help="3, 5 and 10 by default")
    parser.add_argument("--seed", type=int, action="append", help="1, 2 and 3 by default")
    parser.add_argument("--settings-only", action="store_true", help="train nothing")
    arguments = parser.parse_args()
    path = HERE / "adapt.json"
    known = json.loads(path.read_text("utf-8")) if path.exists() else {"sources": [], "records": []}
    for source in arguments.source or FOLDS:
        bench: Bench | None = None
        for seed in arguments.seed or (1, 2, 3):
            for n_photographs in arguments.photographs or (3, 5, 10):
                run = Run(source, n_photographs, seed)
                done = [each for each in known["records"] if Run(*(each[name] for name in Run._fields)) == run]
                if any(arguments.settings_only or TRAINED in each["new"] for each in done):
                    continue
                bench = bench or Bench(source, arguments.data, arguments.weights)
                if not any(each["source"] == source for each in known["sources"]):
                    known["sources"].append(bench.measure_source())
                record = bench.adapt(run, train=not arguments.settings_only)
                known["records"] = [each for each in known["records"] if each not in done] + [record]
                known["records"].sort(key=lambda each: [each[name] for name in Run._fields])
                path.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
                print(run, flush=True)
    (HERE / "adapt.md").write_text(table_of(known["sources"], known["records"]), encoding="utf-8")


if __name__ == "__main__":
    main()
