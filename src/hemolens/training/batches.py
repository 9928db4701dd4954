"""Batches to train on: drawn step after step, ahead of the training, by other processes or on the graphics card.

On a processor the batch of a step is the same for the same configuration, whatever was drawn before. A graphics card
draws those of several steps at once.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from multiprocessing import get_all_start_methods
from typing import NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from hemolens.training.all_idb1 import PhotographWithTargets
from hemolens.training.appearance import change_appearance
from hemolens.training.augmentation import Sample, draw_sample
from hemolens.training.cell_planes import draw_planes
from hemolens.training.config import TrainingConfig
from hemolens.training.crops import Lent, draw_crops
from hemolens.training.networks import NETWORKS
from hemolens.training.smear_bank import SmearBank

N_AHEAD = 3
"""Draws that a graphics card is ahead."""

N_AT_ONCE = 4
"""Batches of one draw on a graphics card: what a draw takes hardly depends on how many crops it has."""


class Batch(NamedTuple):
    """Pixels (B, 3, N, N) in [−1, 1], targets and weights (B, K, n, n): float32, the part that the network writes."""

    pixels: Tensor
    targets: Tensor
    weights: Tensor


class Batches(Protocol):
    """What batches are drawn from."""

    def draw(self, step: int) -> Batch:
        """Draw the batch of a step."""


@dataclass(frozen=True, eq=False)
class PhotographBatches:
    """Batches of photographs with targets of one cell type, augmented as in the paper."""

    photographs: Sequence[PhotographWithTargets]
    config: TrainingConfig
    piles: float

    def draw(self, step: int) -> Batch:
        return stack(self.draw_samples(step))

    def draw_samples(self, step: int) -> list[Sample]:
        """Draw the samples of a step."""
        return [
            draw_sample(
                self.photographs,
                np.random.default_rng([self.config.seed, step, i]),
                self.config.augmentation,
                input_px=self.config.input_px,
                margin_px=NETWORKS[self.config.network].margin_px,
                piles=self.piles,
            )
            for i in range(self.config.batch)
        ]


def stack(samples: Sequence[Sample]) -> Batch:
    """Stack samples to a batch."""
    pixels = torch.from_numpy(np.stack([sample.pixels for sample in samples])).permute(0, 3, 1, 2)
    targets, weights = (
        torch.from_numpy(np.stack(planes))
        for planes in ([sample.targets for sample in samples], [sample.weights for sample in samples])
    )
    return Batch(_centred(pixels), targets, weights)


def _centred(pixels: Tensor) -> Tensor:
    return pixels.to(torch.float32, memory_format=torch.channels_last) / 127.5 - 1


@dataclass(frozen=True, eq=False)
class SmearBatches:
    """Batches of crops of smears with all cell types, drawn where the smears are."""

    bank: SmearBank
    shares: NDArray[np.float64]
    config: TrainingConfig
    lent: Lent

    def draw(self, step: int) -> Batch:
        return self.draw_several(step, 1)[0]

    def draw_several(self, step: int, n_batches: int) -> list[Batch]:
        """Draw batches at once: those of a step and of steps after it."""
        config, bank = self.config, self.bank
        rng = np.random.default_rng([config.seed, step])
        with torch.no_grad(), torch.autocast(bank.device.type, enabled=False):
            crops = draw_crops(
                bank,
                self.shares,
                self.lent,
                rng,
                config.smears,
                n_crops=n_batches * config.batch,
                side_px=config.input_px,
            )
            crops = change_appearance(crops, rng, config.smears, bank.background_level)
            network = NETWORKS[config.network]
            planes = draw_planes(crops.numbers, crops.known, network.outputs, bank.red_cell_diameter_px, config.planes)
            within = slice(network.margin_px, config.input_px - network.margin_px)
            planes = (planes[0][..., within, within], planes[1][..., within, within])
            parts = zip(*(torch.split(each, config.batch) for each in (_centred(crops.pixels), *planes)), strict=True)
            return [Batch(*part) for part in parts]


class _Steps(Dataset[Batch]):
    def __init__(self, batches: Batches) -> None:
        self.batches = batches

    def __getitem__(self, step: int) -> Batch:
        return self.batches.draw(step)


def draw_ahead(batches: Batches, first: int, device: torch.device, n_workers: int) -> Iterator[Batch]:
    """Draw the batches of step ``first`` and all after it, while earlier ones are trained on.

    Parameters
    ----------
    batches : Batches
    first : int
    device : torch.device
        Where the training is. Of smears that are on a graphics card, a thread sends the work of drawing to it.
    n_workers : int
        Other processes that draw what a processor draws; with 0 of them, nothing is drawn ahead.

    """
    if isinstance(batches, SmearBatches) and batches.bank.device.type == "cuda":
        yield from _draw_in_thread(batches, first, device)
    elif n_workers == 0:
        yield from (batches.draw(step) for step in count(first))
    else:
        loader: DataLoader[Batch] = DataLoader(
            _Steps(batches),
            batch_size=None,
            sampler=range(first, first + 10**9),
            num_workers=n_workers,
            multiprocessing_context="fork" if "fork" in get_all_start_methods() else None,  # shares the photographs
        )
        yield from loader


def _draw_in_thread(batches: SmearBatches, first: int, device: torch.device) -> Iterator[Batch]:
    """Draw in a thread and a stream of its own, so that neither waits for the other."""
    waiting: queue.Queue[tuple[list[Batch], torch.cuda.Event] | BaseException] = queue.Queue(N_AHEAD)
    stopped = threading.Event()

    def draw() -> None:
        try:
            with torch.cuda.stream(torch.cuda.Stream(device)):  # type: ignore[no-untyped-call]
                for step in count(first, N_AT_ONCE):
                    several = batches.draw_several(step, N_AT_ONCE)
                    drawn = torch.cuda.Event()  # type: ignore[no-untyped-call]
                    drawn.record()
                    while not stopped.is_set():
                        try:
                            waiting.put((several, drawn), timeout=0.5)
                            break
                        except queue.Full:
                            continue
                    if stopped.is_set():
                        return
        except BaseException as error:  # the training is told, and ends with it
            waiting.put(error)

    thread = threading.Thread(target=draw, daemon=True)
    thread.start()
    try:
        while True:
            found = waiting.get()
            if isinstance(found, BaseException):
                raise found
            several, drawn = found
            drawn.wait()
            for batch in several:
                for each in batch:
                    each.record_stream(torch.cuda.current_stream(device))
                yield batch
    finally:
        stopped.set()
        thread.join()
