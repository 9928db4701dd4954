"""The training of a classifier, to be read from top to bottom."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from hemolens.training.appearance import Rng
from hemolens.training.differential.appearance import change_crops, make_others, middle
from hemolens.training.differential.config import ClassifierConfig
from hemolens.training.differential.crops import ClassifiedCrops
from hemolens.training.differential.network import WhiteCellClassifier
from hemolens.training.loop import Average, batch_norms, half_precision

WARM_UP_STEPS = 100
N_STATISTICS_BATCHES = 12
N_CALIBRATION_ROUNDS = 4
MOST_WEIGHTED = 300
"""Crops of one class and source beyond which there are enough: more do not make the source count for more."""

TEMPERATURES = np.exp(np.linspace(math.log(0.25), math.log(8), 101))


@dataclass(frozen=True, eq=False)
class TrainedClassifier:
    """A trained network, and what makes its outputs probabilities."""

    network: WhiteCellClassifier
    temperature: float
    cpu_seconds: float


def train_classifier(
    config: ClassifierConfig, crops: ClassifiedCrops, on_step: Callable[[int, float], None] = lambda step, loss: None
) -> TrainedClassifier:
    """Train a classifier.

    Every ``validation_every``-th crop is left out, and the probabilities are calibrated on these: changed as those that
    are trained on, for photographs of another laboratory are no easier than that.

    Parameters
    ----------
    config : ClassifierConfig
    crops : ClassifiedCrops
        At least two of each class that is to be named. Those of sources that are measured on only are left out.
    on_step : callable
        Called with the number of steps done and the loss.

    """
    crops = crops.chosen(~np.array([each.measured_on_only for each in config.sources])[crops.source])
    left_out = np.arange(len(crops.labels)) % config.validation_every == 0
    batches = _Batches(config, crops.chosen(~left_out))
    torch.manual_seed(config.seed)
    network = WhiteCellClassifier(len(config.classes)).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser, average = _optimiser(network, config), Average(network, config.average)
    started = time.process_time()
    for step in range(config.steps):
        network.train()
        for group in optimiser.param_groups:
            group["lr"] = _learning_rate(step, config)
        pixels, labels = batches.draw(step)
        with half_precision(pixels.device):
            logits = network(pixels)
        loss = F.cross_entropy(logits.float(), labels, label_smoothing=config.label_smoothing)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        average.add(network, step)
        on_step(step + 1, float(loss.detach()))
    average.put_into(network)
    _measure_statistics(network, batches)
    temperature = _choose_temperature(network.eval(), config, crops.chosen(left_out))
    return TrainedClassifier(network, temperature, time.process_time() - started)


def logits_of(network: WhiteCellClassifier, pixels: NDArray[np.uint8], side_px: int) -> NDArray[np.float32]:
    """Apply a network to the middle of crops.

    Parameters
    ----------
    network : WhiteCellClassifier
        In evaluation mode.
    pixels : ndarray of uint8, shape (N, M, M, 4)
    side_px : int

    Returns
    -------
    ndarray of float32, shape (N, K)

    """
    with torch.inference_mode():
        parts = [network(_scaled(middle(part, side_px))) for part in torch.from_numpy(pixels).split(64)]  # type: ignore[no-untyped-call]
    return torch.cat(parts).numpy()


class _Batches:
    """Crops, each class as often as every other, however many of it there are in whichever source."""

    def __init__(self, config: ClassifierConfig, crops: ClassifiedCrops) -> None:
        self.config, self.crops = config, crops
        self.by_class: list[list[NDArray[np.intp]]] = []
        for label in np.unique(crops.labels):
            of_class = crops.labels == label
            self.by_class.append(
                [np.flatnonzero(of_class & (crops.source == source)) for source in np.unique(crops.source[of_class])]
            )
        self.other = config.classes.index("other") if "other" in config.classes else None

    def draw(self, number: int) -> tuple[Tensor, Tensor]:
        """Draw the batch of a number: the same each time."""
        config, rng = self.config, np.random.default_rng((self.config.seed, number))
        places = np.array([self._draw_place(rng) for _ in range(config.batch)])
        pixels, labels = torch.from_numpy(self.crops.pixels[places]), torch.from_numpy(self.crops.labels[places])
        if self.other is not None:
            n_made = round(config.made * config.batch)
            pixels[:n_made] = make_others(pixels[:n_made], rng, config.colours.background_level)
            labels[:n_made] = self.other
        changed = change_crops(pixels, config.side_px, rng, config.augmentation, config.colours.background_level)
        return _scaled(changed), labels

    def _draw_place(self, rng: Rng) -> int:
        sources = self.by_class[rng.integers(len(self.by_class))]
        weights = np.array([min(len(each), MOST_WEIGHTED) ** 0.5 for each in sources])
        return int(rng.choice(sources[rng.choice(len(sources), p=weights / weights.sum())]))


def _scaled(crops: Tensor) -> Tensor:
    return (crops / 127.5 - 1).contiguous(memory_format=torch.channels_last)


def _optimiser(network: WhiteCellClassifier, config: ClassifierConfig) -> torch.optim.Optimizer:
    slopes = [weight for weight in network.parameters() if weight.ndim > 1]
    others = [weight for weight in network.parameters() if weight.ndim <= 1]  # biases and norms are left to grow
    groups = [{"params": slopes, "weight_decay": config.weight_decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=config.learning_rate)


def _learning_rate(step: int, config: ClassifierConfig) -> float:
    warm = min(1.0, (step + 1) / WARM_UP_STEPS)
    return config.learning_rate * warm * (0.01 + 0.99 * (1 + math.cos(math.pi * step / config.steps)) / 2)


def _measure_statistics(network: WhiteCellClassifier, batches: _Batches) -> None:
    """Replace the running statistics of batch norm by those that the mean weights give."""
    network.train()
    for norm in batch_norms(network):
        norm.reset_running_stats()
        norm.momentum = None  # a plain mean over all batches since the reset
    for number in range(N_STATISTICS_BATCHES):
        pixels, _ = batches.draw(batches.config.steps + number)
        with torch.no_grad(), half_precision(pixels.device):
            network(pixels)


def _choose_temperature(network: WhiteCellClassifier, config: ClassifierConfig, crops: ClassifiedCrops) -> float:
    """Choose what the outputs are divided by so that their probabilities are right (Guo et al., ICML 2017)."""
    rng, losses = np.random.default_rng((config.seed, config.steps)), np.zeros(len(TEMPERATURES))
    for part in np.array_split(np.arange(len(crops.labels)), max(1, len(crops.labels) // config.batch)):
        for _ in range(N_CALIBRATION_ROUNDS):
            pixels = torch.from_numpy(crops.pixels[part])
            changed = change_crops(pixels, config.side_px, rng, config.augmentation, config.colours.background_level)
            with torch.inference_mode():
                logits = network(_scaled(changed))
            labels = torch.from_numpy(crops.labels[part])
            losses += [float(F.cross_entropy(logits / each, labels, reduction="sum")) for each in TEMPERATURES]
    return float(TEMPERATURES[losses.argmin()])
