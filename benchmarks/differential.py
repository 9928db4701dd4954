"""How well white cells are classified on laboratories that the classifier has never seen, and within one.

    python benchmarks/differential.py read DATA WORK
    python benchmarks/differential.py fold WORK BCCD
    python benchmarks/differential.py fold WORK PBC-1      and so on to PBC-5
    python benchmarks/differential.py ship WORK
    python benchmarks/differential.py adapt WORK
    python benchmarks/differential.py tables WORK

``read`` finds the cells with the default model and cuts them out; ``fold`` trains without a laboratory, or without a
fifth of PBC, and classifies what was left out; ``ship`` trains on all that is trained on, and classifies bionet, which
is not; ``adapt`` lets the classifiers that have not seen a laboratory learn from some of its cells, as ``hemolens adapt
--classes`` does, and classifies the others; ``tables`` writes ``benchmarks/differential.json`` and
``benchmarks/differential.md``, and the figures into the card.

Temperatures are chosen on a part of the training cells. Of the configuration, the scale of the crops, how strongly
stain is changed, how many cells are made into ``other``, the limit of probability and that bionet is left out were set
after trainings had been measured on BCCD and bionet: for these the figures are those of a development, not of a first
look.
"""

from __future__ import annotations

import json
import math
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import typer
from numpy.typing import NDArray

import hemolens
from hemolens.differential.classifier import choose_class, is_too_long
from hemolens.differential.crops import OUTLINE_CHANNEL
from hemolens.models.card import MeasuredFigure
from hemolens.models.classifier_card import ClassifierCard
from hemolens.models.store import ClassifierFile, read_classifier, read_classifier_card
from hemolens.output.report.html_page import markdown_table
from hemolens.segmentation.onnx_runtime import start_session
from hemolens.statistics.uncertainty import share_interval
from hemolens.synthetic import draw_smear
from hemolens.training.differential.adapt import adapt_classifier
from hemolens.training.differential.config import ClassifierConfig, read_classifier_config
from hemolens.training.differential.crops import ClassifiedCrops, read_crops
from hemolens.training.differential.export import write_classifier
from hemolens.training.differential.loop import TrainedClassifier, logits_of, train_classifier

HERE = Path(__file__).parent
SHIPPED = HERE.parent / "src" / "hemolens" / "models" / "shipped" / "differential"
CONFIG = "white-cells"
N_PARTS, PART_STEPS = 5, 800
"""PBC is left out in parts, each by a shorter training than that of the classifier that is shipped."""
ADAPTED = {"BCCD": "BCCD", "bionet": ""}
"""Laboratories that are adapted to, and the fold whose classifier has not seen it; for bionet that is shipped."""
N_NAMED, SEEDS = (25, 50, 100), (1, 2, 3)
"""Cells that a laboratory names, drawn with so many seeds."""
LEFT_OUT = {
    "BCCD": "BCCD, a laboratory unseen",
    "bionet": "bionet, a laboratory unseen",
    "PBC": f"PBC, {N_PARTS} parts, each unseen",
}
PROBABILITIES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)

app = typer.Typer(no_args_is_help=True)


@app.command()
def read(data: Path, work: Path) -> None:
    """Cut out the cells."""
    work.mkdir(parents=True, exist_ok=True)
    crops = read_crops(read_classifier_config(CONFIG), data)
    np.savez(work / "crops.npz", **vars(crops))


@app.command()
def fold(work: Path, name: str) -> None:
    """Train without a laboratory or a part of one, and classify that."""
    config, crops = read_classifier_config(CONFIG), stored_crops(work)
    unseen = left_out(config, crops, name)
    if "-" in name:
        config = config.model_copy(update={"steps": PART_STEPS})
    trained = train_classifier(config, crops.chosen(~unseen), tell)
    write_classifier(trained, config, work / name)
    classify(config, trained, crops.chosen(unseen), work / f"{name}.npz")


@app.command()
def ship(work: Path) -> None:
    """Train on all laboratories but those that are measured on only, and write the classifier that is shipped."""
    config, crops = read_classifier_config(CONFIG), stored_crops(work)
    trained = train_classifier(config, crops, tell)
    write_classifier(trained, config, SHIPPED)
    for place, each in enumerate(config.sources):
        if each.measured_on_only:
            classify(config, trained, crops.chosen(crops.source == place), work / f"{each.name}.npz")


@app.command()
def adapt(work: Path) -> None:
    """Learn from some of a laboratory's cells, and classify its others."""
    config, crops = read_classifier_config(CONFIG), stored_crops(work)
    curves = {}
    for laboratory, fold in ADAPTED.items():
        start = read_classifier(str(work / fold) if fold else CONFIG)
        own = crops.chosen(left_out(config, crops, laboratory))
        curves[laboratory] = [curve_point(start, own, n, seed) for n in N_NAMED for seed in SEEDS]
    (work / "adapted.json").write_text(json.dumps(curves, indent=1) + "\n", encoding="utf-8")


def curve_point(start: ClassifierFile, own: ClassifiedCrops, n_named: int, seed: int) -> dict[str, Any]:
    """Adapt to so many cells, and measure what that changes for the others: share right, and mean share of a class."""
    named = np.zeros(len(own.labels), bool)
    named[np.random.default_rng(seed).permutation(len(named))[:n_named]] = True
    began = time.monotonic()
    adapted = adapt_classifier(start, own.chosen(named), "adapted", seed).adapted
    seconds = time.monotonic() - began
    others = own.chosen(~named)
    right = {}
    for who, file in (("before", start), ("after", adapted or start)):
        session = start_session(file.onnx, who)
        first = (others.pixels.shape[1] - file.card.side_px) // 2
        last = first + file.card.side_px
        crops = np.ascontiguousarray(others.pixels[:, first:last, first:last])
        is_right = session.run(None, {"crops": crops})[0].argmax(axis=1) == others.labels
        by_class = [float(is_right[others.labels == label].mean()) for label in np.unique(others.labels)]
        right[who] = [round(float(is_right.mean()), 4), round(float(np.mean(by_class)), 4)]
    return {"named": n_named, "seed": seed, "is_adapted": adapted is not None, "seconds": round(seconds, 1), **right}


@app.command()
def tables(work: Path) -> None:
    """Write what was recorded, and the figures into the card."""
    config, crops = read_classifier_config(CONFIG), stored_crops(work)
    found = {name: judged(config, work, name, crops) for name in LEFT_OUT}
    record = {
        "n_crops": {each.name: int(np.sum(crops.source == n)) for n, each in enumerate(config.sources)},
        "n_missed": crops.n_missed,
        "left_out": found,
        "adapted": json.loads((work / "adapted.json").read_text("utf-8")),
        "ms_per_cell": round(milliseconds(crops.pixels[:200], config), 2),
        "field": field_seconds(),
    }
    (HERE / "differential.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    (HERE / "differential.md").write_text(page(record), encoding="utf-8")
    card = read_classifier_card(CONFIG)
    figures = [
        MeasuredFigure(metric=metric, photographs=LEFT_OUT[name], value=each[key])
        for name, each in found.items()
        for metric, key in (
            ("balanced accuracy of the named", "balanced_accuracy"),
            ("share named", "share_named"),
        )
    ]
    (SHIPPED / f"{CONFIG}.toml").write_text(card.model_copy(update={"figures": tuple(figures)}).toml, encoding="utf-8")


def classify(config: ClassifierConfig, trained: TrainedClassifier, held: ClassifiedCrops, path: Path) -> None:
    """Classify what was left out, and keep what came of it."""
    logits = logits_of(trained.network, held.pixels, config.side_px)
    np.savez(path, logits=logits, labels=held.labels, cut=held.cut, temperature=np.array(trained.temperature))


def stored_crops(work: Path) -> ClassifiedCrops:
    """Read what ``read`` has cut out."""
    with np.load(work / "crops.npz") as stored:
        fields = {name: stored[name] for name in stored.files}
    return ClassifiedCrops(**fields | {"names": tuple(fields["names"].tolist()), "n_missed": int(fields["n_missed"])})


def left_out(config: ClassifierConfig, crops: ClassifiedCrops, name: str) -> NDArray[np.bool_]:
    """Which crops belong to a laboratory, or to a part of it such as ``PBC-1``."""
    laboratory, _, part = name.partition("-")
    unseen = crops.source == [each.name for each in config.sources].index(laboratory)
    if part:
        shuffled = np.random.default_rng(config.seed).permutation(len(unseen))
        unseen &= shuffled % N_PARTS == int(part) - 1
    return unseen


def tell(step: int, loss: float) -> None:
    """Show how far a training is."""
    if step % 100 == 0:
        print(f"step {step}, loss {loss:.3f}", file=sys.stderr, flush=True)


def judged(config: ClassifierConfig, work: Path, name: str, crops: ClassifiedCrops) -> dict[str, Any]:
    """Compare the classes that were found on what was left out with the true ones."""
    parts = [name] if name != "PBC" else [f"PBC-{n}" for n in range(1, N_PARTS + 1)]
    true, named, likeliest, probabilities, cut = [], [], [], [], []
    for part in parts:
        held = crops.chosen(left_out(config, crops, part))
        with np.load(work / f"{part}.npz") as stored:
            card = ClassifierCard.model_construct(
                classes=config.classes,
                temperature=float(stored["temperature"]),
                least_probability=config.least_probability,
            )
            chosen = [choose_class(logits, card) for logits in stored["logits"]]
            chosen = [
                ("unsure" if is_too_long(outline_of(crop)) else each, probability)
                for crop, (each, probability) in zip(held.pixels, chosen, strict=True)
            ]
            true += [config.classes[label] for label in stored["labels"]]
            likeliest += [config.classes[place] for place in stored["logits"].argmax(axis=1)]
            cut += stored["cut"].tolist()
        named += [each for each, _ in chosen]
        probabilities += [probability for _, probability in chosen]
    return figures_of(
        config, np.array(true), np.array(named), np.array(likeliest), np.array(probabilities), np.array(cut)
    )


def outline_of(crop: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Give the outline of the cell that is painted in a crop."""
    found, _ = cv2.findContours(
        (crop[..., OUTLINE_CHANNEL] > 127).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    return max(found, key=len)[:, 0].astype(np.float32)


def figures_of(
    config: ClassifierConfig,
    true: NDArray[Any],
    named: NDArray[Any],
    likeliest: NDArray[Any],
    probabilities: NDArray[Any],
    cut: NDArray[np.bool_],
) -> dict[str, Any]:
    """Give the confusion table, and what follows from it. Named is what has a class other than ``other``."""
    columns = [*config.classes, "unsure"]
    there = [each for each in config.classes if (true == each).any()]
    cells = [each for each in there if each != "other"]
    has_name = ~np.isin(named, ("other", "unsure"))
    is_cell = true != "other"
    hits = {each: int(np.sum((true == each) & (named == each))) for each in cells}
    of_named = {each: int(np.sum((true == each) & has_name)) for each in cells}
    right = likeliest == true
    return {
        "confusion": {each: [int(np.sum((true == each) & (named == to))) for to in columns] for each in there},
        "columns": columns,
        "recall_of_named": {
            each: [round(share, 4) for share in share_interval(hits[each], of_named[each])] if of_named[each] else None
            for each in cells
        },
        "balanced_accuracy": round(
            float(np.mean([hits[each] / of_named[each] for each in cells if of_named[each]])), 4
        ),
        "share_named": round(float(has_name[is_cell].mean()), 4),
        "share_named_if_cut": round(float(has_name[is_cell & cut].mean()), 4) if (is_cell & cut).any() else None,
        "balanced_accuracy_of_all": round(float(np.mean([right[true == each].mean() for each in cells])), 4),
        "calibration": [
            [low, high, n, round(float(probabilities[inside].mean()), 4), round(float(right[inside].mean()), 4)]
            for low, high in pairwise(PROBABILITIES)
            if (n := int((inside := (probabilities > low) & (probabilities <= high)).sum()))
        ],
    }


def milliseconds(pixels: NDArray[np.uint8], config: ClassifierConfig) -> float:
    """Processor time for one cell on one core, the shipped classifier alone."""
    session = start_session(read_classifier(CONFIG).onnx, CONFIG, n_threads=1)
    first = (config.crop_px - config.side_px) // 2
    middles = np.ascontiguousarray(pixels[:, first : first + config.side_px, first : first + config.side_px])
    session.run(None, {"crops": middles[:1]})
    started = time.process_time()
    for n in range(len(middles)):
        session.run(None, {"crops": middles[n : n + 1]})
    return (time.process_time() - started) / len(middles) * 1000


def field_seconds() -> dict[str, float]:
    """Seconds for a drawn field with 40 white cells, without and with their classes: the best of three."""
    pixels = draw_smear(1, height=1944, width=2592, n_rbc=300, n_wbc=40).pixels
    best = {"without": math.inf, "with": math.inf}
    for _ in range(3):
        for name, classifier in (("without", None), ("with", CONFIG)):
            began = time.perf_counter()
            counted = hemolens.count(pixels, classifier=classifier)
            best[name] = min(best[name], time.perf_counter() - began)
    return {name: round(seconds, 2) for name, seconds in best.items()} | {"white_cells": counted.counts.wbc}


def page(record: dict[str, Any]) -> str:
    """Write the tables."""
    parts = []
    rows = [
        [
            LEFT_OUT[name],
            str(sum(map(sum, each["confusion"].values()))),
            f"{each['balanced_accuracy']:.3f}",
            f"{each['share_named']:.3f}",
            f"{each['balanced_accuracy_of_all']:.3f}",
        ]
        for name, each in record["left_out"].items()
    ]
    head = ["left out", "cells", "balanced accuracy of the named", "share named", "balanced accuracy if all are named"]
    parts.append(markdown_table(head, rows))
    for name, each in record["left_out"].items():
        rows = [
            [true, *map(str, counts), interval(each["recall_of_named"].get(true))]
            for true, counts in each["confusion"].items()
        ]
        parts.append(f"{LEFT_OUT[name]}: true classes down, named classes across.")
        parts.append(markdown_table(["", *each["columns"], "right of the named (95 %)"], rows))
        rows = [
            [f"{low:g}–{high:g}", str(n), f"{mean:.2f}", f"{share:.2f}"]
            for low, high, n, mean, share in each["calibration"]
        ]
        parts.append(markdown_table(["probability", "cells", "its mean", "share that is right"], rows))
    parts.append("Adapted with `hemolens adapt --classes` to some cells of a laboratory, measured on its others.")
    rows = [
        [laboratory, str(n), f"{sum(each['is_adapted'] for each in points)} of {len(points)}"]
        + [f"{np.mean([each[when][place] for each in points]):.3f}" for place in (0, 1) for when in ("before", "after")]
        for laboratory, all_points in record["adapted"].items()
        for n in N_NAMED
        for points in [[each for each in all_points if each["named"] == n]]
    ]
    head = [
        "laboratory",
        "cells named",
        "adapted",
        "share right before",
        "after",
        "mean of the classes before",
        "after",
    ]
    parts.append(markdown_table(head, rows))
    field = record["field"]
    parts.append(
        f"One cell takes {record['ms_per_cell']:.1f} ms of one core. A drawn field with {field['white_cells']} white "
        f"cells takes {field['without']:.2f} s without their classes, and {field['with']:.2f} s with them, on the "
        "processors of this machine."
    )
    return "\n\n".join(parts) + "\n"


def interval(share: list[float] | None) -> str:
    """Write a share with its interval."""
    return "–" if share is None else f"{share[0]:.2f} ({share[1]:.2f}–{share[2]:.2f})"


if __name__ == "__main__":
    app()
