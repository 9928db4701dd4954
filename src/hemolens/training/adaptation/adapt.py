"""Adapt a model to a laboratory, and measure whether that was worth it: the whole of ``hemolens adapt``.

The photographs are dealt into groups. For each group a network is trained on the others, from the weights of the
model that there is, and draws the group's photographs: so each is counted by a network that has not seen it, with
settings chosen on the other groups. Those counts are compared with what the model made of the photographs before. Only
if they are better beyond the noise, a last network is trained on all photographs, and becomes the new model.
"""

from __future__ import annotations

import hashlib
import math
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from hemolens.cell_types import CELL_NAMES, CellType
from hemolens.evaluation.agreement import counting_accuracy
from hemolens.evaluation.comparison import Comparison
from hemolens.evaluation.count_error import measure_count_error
from hemolens.evaluation.matching import Detection, add_up
from hemolens.models.card import DataSource, MeasuredFigure
from hemolens.models.store import DEFAULT_MODEL, ModelFile, read_card, read_model
from hemolens.segmentation.network_maps import open_model
from hemolens.statistics.uncertainty import CountError, student_quantile
from hemolens.training.adaptation.own_photographs import OwnPhotographs
from hemolens.training.adaptation.settings import (
    SCALES,
    Drawn,
    Settings,
    at_scale,
    choose_settings,
    compare_drawn,
    draw,
)  # fmt: skip
from hemolens.training.adaptation.trainer import Tell, Trainer, adaptable_colours, groups_of
from hemolens.training.device import best_device
from hemolens.training.loop import Trainee
from hemolens.training.onnx_export import export_onnx, with_outputs

FEWEST_PHOTOGRAPHS, FEWEST_FOR_SETTINGS = 3, 2

TRAINING_SHARE = 0.75
"""Of the time that is given; the rest is for drawing, searching and writing: of ten photographs with 300 cells each,
two minutes of one core."""

Compared = Sequence[Mapping[CellType, Comparison]]
"""What was counted on each photograph, beside its labels."""


@dataclass(frozen=True, eq=False)
class Adaptation:
    """What came of adapting a model.

    Attributes
    ----------
    start : ModelFile
        The model before.
    own : OwnPhotographs
    before, after : list of dict of CellType to Comparison
        One for each photograph, in their order: counted by the model as it was, and by one that was adapted to the
        others.
    adapted : ModelFile or None
        The new model; None where it is not better beyond the noise.
    seconds : float

    """

    start: ModelFile
    own: OwnPhotographs
    before: Compared
    after: Compared
    adapted: ModelFile | None = None
    seconds: float = 0.0


def adapt(
    own: OwnPhotographs,
    *,
    model: str = DEFAULT_MODEL,
    seconds: float | None = None,
    settings_only: bool = False,
    seed: int = 1,
    device: torch.device | None = None,
    tell: Tell = lambda text, done: None,
) -> Adaptation:
    """Adapt a model to a laboratory; nothing is written.

    Parameters
    ----------
    own : OwnPhotographs
        At least :data:`FEWEST_PHOTOGRAPHS`; :data:`FEWEST_FOR_SETTINGS` for settings alone.
    model : str
        Name or path of the model to begin with. Its network draws several cell types.
    seconds : float, optional
        That all of it should take; without it, every training has :data:`~.trainer.STEPS`.
    settings_only : bool
        Choose scale, thresholds and calibration, and leave the weights as they are.
    seed : int
    device : torch.device, optional
        The best one by default.
    tell : callable
        Is told often, also between two steps of a training. What it raises ends the adaptation: a way to stop it.

    Raises
    ------
    ModelError
        The model cannot be read, or is none that can be adapted.

    """
    began = time.monotonic()
    adaptable_colours(read_card(model))
    start = read_model(model)
    loaded = open_model(start, model)
    drawn_before = []
    for n, each in enumerate(own.photographs):
        tell(f"{each.path.name}, as before", 0.1 * n / len(own.photographs))
        drawn_before.append(draw(each, loaded, own.types, SCALES if settings_only else SCALES[:1]))
    as_it_was = Settings(SCALES[0], {kind: start.card.counters[kind] for kind in own.types})
    before = [compare_drawn(each, as_it_was) for each in drawn_before]
    trainer: Trainer | None = None
    drawn: Sequence[Drawn] = drawn_before
    if not settings_only:
        left = None if seconds is None else max(seconds - (time.monotonic() - began), 1.0) * TRAINING_SHARE
        trainer = Trainer(own, start, left, seed, device or best_device(), tell)
        drawn = trainer.draw_unseen()
    after = _count_unseen(drawn, own, as_it_was)
    found = Adaptation(start, own, before, after, seconds=time.monotonic() - began)
    if not is_better(before, after):
        return found
    settings = choose_settings(drawn, as_it_was.counters, own.types, _photographs(own))
    trained = None if trainer is None else trainer.train_on(own.photographs, len(trainer.groups))
    return _with_model(found, settings, trained, began)


def is_better(before: Compared, after: Compared) -> bool:
    """Whether there are fewer errors beyond the noise, and of no cell type more.

    Student's 95 % interval of the difference in errors between before and after, photograph by photograph, lies above
    0 for all types together, and that of no type below.
    """
    kinds = {kind for each in before for kind in each}
    if _fewer_errors(before, after, kinds)[0] <= 0:
        return False
    return all(_fewer_errors(before, after, {kind})[1] >= 0 for kind in kinds)


@dataclass(frozen=True)
class Total:
    """All photographs together: labelled and counted cells, and how many of them are right."""

    truth: int
    count: int
    detection: Detection


def totals(compared: Compared, kind: CellType) -> Total:
    """Add up a cell type over photographs."""
    each = [one[kind] for one in compared if kind in one]
    found = [one.detection for one in each if one.detection is not None]
    return Total(sum(one.truth for one in each), sum(one.count for one in each), add_up(found))


def _count_unseen(drawn: Sequence[Drawn], own: OwnPhotographs, as_it_was: Settings) -> list[dict[CellType, Comparison]]:
    """Count each photograph with settings chosen on the other groups."""
    counted: dict[int, dict[CellType, Comparison]] = {}
    for group in groups_of(len(drawn)):
        others = [each for i, each in enumerate(drawn) if i not in group]
        settings = choose_settings(others, as_it_was.counters, own.types, "")
        counted |= {i: compare_drawn(drawn[i], settings) for i in group}
    return [counted[i] for i in range(len(drawn))]


def _fewer_errors(before: Compared, after: Compared, kinds: set[CellType]) -> tuple[float, float]:
    """Student's 95 % interval of how many errors fewer a photograph has."""
    fewer = [
        sum(one[kind].n_errors - other[kind].n_errors for kind in kinds & set(one))
        for one, other in zip(before, after, strict=True)
    ]
    reach = student_quantile(len(fewer) - 1) * float(np.std(fewer, ddof=1)) / math.sqrt(len(fewer))
    return float(np.mean(fewer)) - reach, float(np.mean(fewer)) + reach


def _photographs(own: OwnPhotographs) -> str:
    return f"{len(own.photographs)} photographs of {own.source.name}, each by a model that was adapted to the others"


def _with_model(found: Adaptation, settings: Settings, trained: Trainee | None, began: float) -> Adaptation:
    """Put the new model together: weights, and a card with all figures."""
    own, start = found.own, found.start
    outputs = tuple(name for name in start.card.outputs if name.partition(".")[0] in own.types)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "adapted.onnx"
        path.write_bytes(start.onnx)
        if trained is not None:
            export_onnx(trained.network, path, trained.samples)
        onnx = with_outputs(path.read_bytes(), outputs)
    source = DataSource(name=own.source.name, what=own.source.what, terms=own.source.terms)
    sources = start.card.sources if trained is None else (*start.card.sources, source)
    steps, cpu = (0, 0.0) if trained is None else (trained.step, trained.cpu_seconds)
    card = at_scale(start.card, settings.scale).model_copy(
        update={
            "name": own.source.name,
            "adapted_from": start.card.digest,
            "outputs": outputs,
            "sha256": hashlib.sha256(onnx).hexdigest(),
            "trained_steps": start.card.trained_steps + steps,
            "trained_cpu_seconds": round((start.card.trained_cpu_seconds or 0) + cpu),
            "sources": sources,
            "figures": (
                *_figures(found.before, own, f"before, with {start.card.name}"),
                *_figures(found.after, own, "each by a model that was adapted to the others"),
            ),
            "count_error": _count_errors(found.after, own),
            "counters": settings.counters,
        }
    )
    return replace(found, adapted=ModelFile(card, onnx), seconds=time.monotonic() - began)


def _figures(compared: Compared, own: OwnPhotographs, how: str) -> list[MeasuredFigure]:
    photographs = f"{len(own.photographs)} photographs of {own.source.name}, {how}"
    figures = []
    for kind in own.types:
        each = [one[kind] for one in compared if kind in one]
        values = {
            "counting accuracy": counting_accuracy([one.truth for one in each], [one.count for one in each]),
            "F1": totals(compared, kind).detection.f1,
        }
        figures += [
            MeasuredFigure(metric=f"{CELL_NAMES[kind]}: {metric}", photographs=photographs, value=round(value, 4))
            for metric, value in values.items()
        ]
    return figures


def _count_errors(compared: Compared, own: OwnPhotographs) -> dict[CellType, CountError]:
    errors: dict[CellType, CountError] = {}
    for kind in own.types:
        truths, counts = ([getattr(one[kind], name) for one in compared if kind in one] for name in ("truth", "count"))
        if sum(counts):
            errors[kind] = measure_count_error(truths, counts, _photographs(own))
    return errors
