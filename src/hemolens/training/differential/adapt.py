"""Adapt a classifier to the cells that a laboratory has named: ``hemolens adapt --classes``.

Its last layer is fitted anew to the features that the rest of it has of these cells (the first phase of the paper's
transfer learning), and is held near what it was, so that classes which the laboratory has few cells of are not
forgotten. Photographs are dealt into groups; each cell is named by a layer that was fitted to the others. Only if more
cells are named right than before, beyond the noise, a layer is fitted to all, and becomes that of the new classifier.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch.nn import functional as F

from hemolens.cell_types import WhiteCellClass
from hemolens.differential.classifier import choose_class
from hemolens.models.card import DataSource, MeasuredFigure
from hemolens.models.store import ClassifierFile
from hemolens.segmentation.onnx_runtime import start_session
from hemolens.training.config import SmearAugmentation
from hemolens.training.differential.appearance import change_crops, middle
from hemolens.training.differential.crops import ClassifiedCrops
from hemolens.training.differential.loop import TEMPERATURES

N_GROUPS = 5
"""Of photographs; each is named by a layer that was fitted to the others."""

N_COPIES = 6
"""How often each cell is seen, turned and under other light, beside as it is."""

HOLD = 1e-2
"""What the sum of the squared changes of the layer's weights is multiplied by, beside the mean loss of a cell."""

LEAST_SURE = 0.025
"""As many cells more would be named right by chance with a lower probability than this (one-sided sign test)."""

CHANGES = SmearAugmentation(dark_cells=0, wide_share=0, near_grey=0, blur_px=1.0)
"""Milder than in training: the cells are of the laboratory that is adapted to."""

_HEAD = "network.head"

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class ClassAdaptation:
    """What came of adapting a classifier.

    Attributes
    ----------
    labels : tuple of str
        The classes that the laboratory has named, cell by cell.
    before, after : tuple of str
        Those that the classifier named, and one that was adapted to other photographs.
    adapted : ClassifierFile or None
        The new classifier; None where it is not better beyond the noise.

    """

    labels: tuple[WhiteCellClass, ...]
    before: tuple[WhiteCellClass, ...]
    after: tuple[WhiteCellClass, ...]
    adapted: ClassifierFile | None = None

    def n_right(self, named: Sequence[WhiteCellClass]) -> int:
        """Count the cells that are named as the laboratory did."""
        return sum(one == other for one, other in zip(named, self.labels, strict=True))


def adapt_classifier(start: ClassifierFile, crops: ClassifiedCrops, name: str, seed: int = 1) -> ClassAdaptation:
    """Adapt a classifier; nothing is written.

    Parameters
    ----------
    start : ClassifierFile
        The classifier to begin with.
    crops : ClassifiedCrops
        Of three photographs or more; labels are places in its classes.
    name : str
        What the new classifier is called.
    seed : int

    """
    card, rng = start.card, np.random.default_rng(seed)
    features = [_features(start, crops.pixels, None), *(_features(start, crops.pixels, rng) for _ in range(N_COPIES))]
    head = _head_of(start.onnx)
    unseen = np.empty((len(crops.labels), len(card.classes)), np.float32)
    for group in _groups(crops.names, rng):
        fitted = _fit(head, [each[~group] for each in features], crops.labels[~group])
        unseen[group] = _logits(fitted, features[0][group])
    temperature = _temperature(unseen, crops.labels)
    calibrated = card.model_copy(update={"temperature": temperature})
    found = ClassAdaptation(
        tuple(card.classes[label] for label in crops.labels),
        tuple(choose_class(each, card)[0] for each in _logits(head, features[0])),
        tuple(choose_class(each, calibrated)[0] for each in unseen),
    )
    if not is_better(found):
        return found
    data = _with_head(start.onnx, _fit(head, features, crops.labels))
    n_photographs = len(set(crops.names))
    what = f"{len(crops.labels)} white cells on {n_photographs} photographs of a laboratory, and its classes"
    own = DataSource(name=name, what=what, terms="of the laboratory that has named them")
    new = calibrated.model_copy(
        update={
            "name": name,
            "adapted_from": card.sha256,
            "sha256": hashlib.sha256(data).hexdigest(),
            "sources": (*card.sources, own),
            "figures": _figures(found, card.name, what),
        }
    )
    return ClassAdaptation(found.labels, found.before, found.after, ClassifierFile(new, data))


def is_better(found: ClassAdaptation) -> bool:
    """Whether more cells are named right than before, by a sign test on those that changed."""
    from scipy.stats import binomtest

    right = [np.equal(np.array(each), np.array(found.labels)) for each in (found.before, found.after)]
    n_won, n_lost = int(np.sum(right[1] & ~right[0])), int(np.sum(right[0] & ~right[1]))
    if not n_won:
        return False
    return float(binomtest(n_won, n_won + n_lost, alternative="greater").pvalue) < LEAST_SURE


def _groups(names: Sequence[str], rng: np.random.Generator) -> list[NDArray[np.bool_]]:
    """Deal photographs into groups: which cells each has."""
    photographs = rng.permutation(sorted(set(names)))
    dealt = [photographs[first::N_GROUPS] for first in range(min(N_GROUPS, len(photographs)))]
    return [np.isin(np.array(names), group) for group in dealt]


def _features(start: ClassifierFile, crops: NDArray[np.uint8], rng: np.random.Generator | None) -> Floats:
    """Give what the last layer is fed with, shape (N, F): of crops as they are, or changed at random."""
    model = onnx.load_from_string(start.onnx)
    (last,) = (node for node in model.graph.node if f"{_HEAD}.weight" in node.input)
    model.graph.output.append(onnx.helper.make_tensor_value_info(last.input[0], onnx.TensorProto.FLOAT, None))
    session = start_session(model.SerializeToString(), start.card.name)
    pixels, side_px = torch.from_numpy(crops), start.card.side_px
    parts = []
    for part in pixels.split(64):  # type: ignore[no-untyped-call]
        seen = (
            middle(part, side_px)
            if rng is None
            else change_crops(part, side_px, rng, CHANGES, start.card.colours.background_level)
        )
        given = seen.permute(0, 2, 3, 1).round().clamp(0, 255).to(torch.uint8).contiguous().numpy()
        parts.append(session.run([last.input[0]], {"crops": given})[0])
    return np.concatenate(parts)


def _head_of(data: bytes) -> tuple[Floats, Floats]:
    """Read the weights (K, F) and the biases (K,) of the last layer."""
    there = {
        each.name.removesuffix("_half"): numpy_helper.to_array(each).astype(np.float32)
        for each in onnx.load_from_string(data).graph.initializer
    }
    return there[f"{_HEAD}.weight"], there[f"{_HEAD}.bias"]


def _with_head(data: bytes, head: tuple[Floats, Floats]) -> bytes:
    """Put weights and biases into the last layer."""
    model = onnx.load_from_string(data)
    for each in model.graph.initializer:
        if each.name.removesuffix("_half") in (f"{_HEAD}.weight", f"{_HEAD}.bias"):
            values = head[each.name.endswith(".bias")].astype(numpy_helper.to_array(each).dtype)
            each.CopyFrom(numpy_helper.from_array(values, each.name))
    return bytes(model.SerializeToString())


def _fit(head: tuple[Floats, Floats], features: Sequence[Floats], labels: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Fit the last layer to cells, classes with many of them weighing as the root of their number."""
    seen = torch.from_numpy(np.concatenate(features))
    wanted = torch.from_numpy(np.tile(labels, len(features)))
    weights = 1 / torch.bincount(wanted, minlength=len(head[1])).clamp(min=1).sqrt()
    start = torch.from_numpy(head[0]), torch.from_numpy(head[1])
    fitted = [each.clone().requires_grad_() for each in start]
    optimiser = torch.optim.LBFGS(fitted, max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> Any:
        optimiser.zero_grad()
        change = sum(((now - then) ** 2).sum() for now, then in zip(fitted, start, strict=True))
        value = F.cross_entropy(F.linear(seen, *fitted), wanted, weight=weights) + HOLD * change
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    return fitted[0].detach().numpy(), fitted[1].detach().numpy()


def _logits(head: tuple[Floats, Floats], features: Floats) -> Floats:
    return features @ head[0].T + head[1]


def _temperature(logits: Floats, labels: NDArray[np.int64]) -> float:
    """Choose what makes the probabilities of unseen cells right (Guo et al., ICML 2017)."""
    given, wanted = torch.from_numpy(logits), torch.from_numpy(labels)
    losses = [float(F.cross_entropy(given / float(each), wanted)) for each in TEMPERATURES]
    return round(float(TEMPERATURES[int(np.argmin(losses))]), 4)


def _figures(found: ClassAdaptation, start: str, what: str) -> tuple[MeasuredFigure, ...]:
    n = len(found.labels)
    return tuple(
        MeasuredFigure(
            metric="share named right", photographs=f"{what}, {how}", value=round(found.n_right(named) / n, 4)
        )
        for named, how in (
            (found.before, f"before, by {start}"),
            (found.after, "each by a classifier that was adapted to other photographs"),
        )
    )
