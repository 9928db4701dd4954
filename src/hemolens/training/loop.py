"""The training loop, to be read from top to bottom."""

from __future__ import annotations

import csv
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from hemolens.errors import TrainingError
from hemolens.networks import NETWORKS, create_network
from hemolens.networks.network import Network
from hemolens.training.augmentation import Sample, draw_sample
from hemolens.training.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from hemolens.training.losses import total_loss
from hemolens.training.setup import Phase, TrainingSetup
from hemolens.training.sources import Labelled, read_photographs, read_validation

WARM_UP_STEPS = 100
CHECKPOINT_SECONDS = 120.0
LOG_STEPS = 250
N_VALIDATION_SAMPLES = 32
N_STATISTICS_BATCHES = 100
N_PICTURE_BATCHES = 16

STATISTICS_STREAM, VALIDATION_STREAM = 1_000_000, 2_000_000
"""Numbers beyond any step: the samples drawn with them are none of those trained on."""


@dataclass(frozen=True)
class Progress:
    """What a progress display needs to know after each step."""

    step: int
    steps: int
    loss: float
    seconds_left: float


def phase_at(step: int, setup: TrainingSetup) -> tuple[Phase, int]:
    """The phase that a step (from 0) falls in, and the number of its steps before it."""
    for phase in setup.phases[:-1]:
        if step < phase.steps:
            return phase, step
        step -= phase.steps
    return setup.phases[-1], step


def learning_rate(step: int, setup: TrainingSetup) -> float:
    """Linear warm-up; in each phase half a cosine down to a hundredth (Loshchilov & Hutter, ICLR 2017, eq. 5)."""
    warm = min(1.0, (step + 1) / WARM_UP_STEPS)
    phase, done = phase_at(step, setup)
    return phase.learning_rate * warm * (0.01 + 0.99 * (1 + math.cos(math.pi * done / phase.steps)) / 2)


def stack(samples: Sequence[Sample]) -> tuple[Tensor, Tensor, Tensor]:
    """Samples → pixels (N, 3, H, W) in [−1, 1], targets and weights (N, K, h, w)."""
    pixels = torch.from_numpy(np.stack([sample.pixels for sample in samples])).permute(0, 3, 1, 2)
    targets, weights = (
        torch.from_numpy(np.stack(planes))
        for planes in ([sample.targets for sample in samples], [sample.weights for sample in samples])
    )
    return pixels.to(torch.float32, memory_format=torch.channels_last) / 127.5 - 1, targets, weights


def draw_batch(photographs: Sequence[Labelled], setup: TrainingSetup, step: int) -> list[Sample]:
    """The samples of one step: the same for the same set-up, whatever was drawn before."""
    return [
        draw_sample(
            photographs,
            np.random.default_rng([setup.seed, step, i]),
            setup.augmentation,
            input_px=setup.input_px,
            margin_px=NETWORKS[setup.network].margin_px,
            piles=phase_at(step, setup)[0].piles,
        )
        for i in range(setup.batch)
    ]


def half_precision() -> torch.autocast:
    """Compute in bfloat16 on processors that have instructions for it; others would take many times as long."""
    return torch.autocast("cpu", torch.bfloat16, enabled=bool(torch.cpu.get_capabilities().get("avx512_bf16", False)))


def batch_norms(network: nn.Module) -> list[nn.BatchNorm2d]:
    """The batch-norm layers of a network."""
    return [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]


def measure_statistics(network: nn.Module, photographs: Sequence[Labelled], setup: TrainingSetup) -> None:
    """Replace the running statistics of batch norm by their mean over many batches, in place."""
    network.train()
    momenta = [norm.momentum for norm in batch_norms(network)]
    for norm in batch_norms(network):
        norm.reset_running_stats()
        norm.momentum = None  # a plain mean over all batches since the reset
    with torch.no_grad(), half_precision():
        for i in range(N_STATISTICS_BATCHES):
            pixels, _, _ = stack(draw_batch(photographs, setup, STATISTICS_STREAM + i))
            network(pixels)
    for norm, momentum in zip(batch_norms(network), momenta, strict=True):
        norm.momentum = momentum


def validation_loss(network: Network, samples: Sequence[Sample], setup: TrainingSetup) -> float:
    """Mean loss of fixed samples from photographs that are not trained on."""
    network.eval()
    losses = []
    with torch.inference_mode(), half_precision():
        for start in range(0, len(samples), setup.batch):
            pixels, targets, weights = stack(samples[start : start + setup.batch])
            logits = network(pixels).float()
            losses.append(float(total_loss(logits, targets, weights, network.outputs, setup.loss)))
    return float(np.mean(losses))


@dataclass
class Trainee:
    """What training changes: the network, the optimiser, the steps done and the processor time they took."""

    network: Network
    optimiser: torch.optim.Optimizer
    step: int = 0
    cpu_seconds: float = 0.0
    samples: NDArray[np.uint8] | None = None
    """Once trained, pictures to measure the ranges of activations on, for a network that is stored in 8 bits."""

    def save(self, path: Path, setup: TrainingSetup) -> None:
        """Write a checkpoint."""
        states = (self.network.state_dict(), self.optimiser.state_dict())
        save_checkpoint(path, Checkpoint(self.step, *states, setup.model_dump_json(), self.cpu_seconds))


def begin(setup: TrainingSetup, checkpoint_path: Path) -> Trainee:
    """Build the network of a set-up, or read it from the checkpoint if there is one.

    Raises
    ------
    TrainingError
        If the network and the rest of the set-up do not fit together, or the checkpoint belongs to another
        set-up.
    """
    going_on = checkpoint_path.exists()  # the checkpoint holds the encoder: do not look for its first weights again
    torch.manual_seed(setup.seed)
    network = create_network(
        setup.network,
        width=setup.width,
        encoder_weights="none" if going_on else setup.encoder_weights,
        encoder_file=None if going_on else setup.encoder_file,
    )
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    refuse_what_does_not_fit(network, setup)
    optimiser = torch.optim.AdamW(network.parameters(), lr=setup.phases[0].learning_rate, weight_decay=1e-4)
    trainee = Trainee(network, optimiser)
    if going_on:
        checkpoint = load_checkpoint(checkpoint_path, setup)
        network.load_state_dict(checkpoint.network)
        optimiser.load_state_dict(checkpoint.optimiser)
        trainee.step, trainee.cpu_seconds = checkpoint.step, checkpoint.cpu_seconds
    return trainee


def refuse_what_does_not_fit(network: Network, setup: TrainingSetup) -> None:
    """Check what a set-up says about its network.

    Raises
    ------
    TrainingError
        If the network does not take the set-up's input, the losses do not fit its outputs, or a frozen part is
        not one of its parts.

    """
    if not network.fits(setup.input_px):
        sides = f"{network.grid_px}·k + {network.extra_px}" if network.extra_px else f"{network.grid_px}·k"
        raise TrainingError(
            f"input does not fit network {setup.network!r}",
            came=f"input_px = {setup.input_px}",
            allowed=f"{sides}, at least {network.smallest_input_px()}",
            do=f"correct input_px in the set-up (the paper's is {network.paper_input_px})",
        )
    if set(setup.loss) != set(network.outputs):
        raise TrainingError(
            "losses do not fit the network's outputs",
            came=", ".join(setup.loss),
            allowed=", ".join(network.outputs),
            do="give one [loss.NAME] table for each output",
        )
    parts = [name for name, _ in network.named_modules() if name]
    unknown = sorted({part for phase in setup.phases for part in phase.frozen} - set(parts))
    if unknown:
        raise TrainingError(
            "no such part of the network to freeze",
            came=", ".join(unknown),
            allowed=", ".join(part for part in parts if part.count(".") < 2),
            do="correct 'frozen' in the set-up's phases",
        )


def freeze(network: nn.Module, parts: Sequence[str]) -> None:
    """Let training change every part of a network but these (names as in ``mask`` or ``body.level1``).

    Of a frozen part neither the weights nor the statistics of batch norm change. Call it after
    ``network.train()``, which would wake the statistics up again.
    """
    network.requires_grad_(True)
    for part in parts:
        frozen = network.get_submodule(part).requires_grad_(False)
        for norm in batch_norms(frozen):
            norm.eval()


def take_step(trainee: Trainee, photographs: Sequence[Labelled], setup: TrainingSetup) -> float:
    """Draw a batch, lower its loss, and return what the loss was."""
    network, optimiser = trainee.network, trainee.optimiser
    for group in optimiser.param_groups:
        group["lr"] = learning_rate(trainee.step, setup)
    if trainee.step == setup.freeze_statistics_at:
        measure_statistics(network, photographs, setup)
    pixels, targets, weights = stack(draw_batch(photographs, setup, trainee.step))
    network.train()
    freeze(network, phase_at(trainee.step, setup)[0].frozen)
    if setup.freeze_statistics_at is not None and trainee.step >= setup.freeze_statistics_at:
        for norm in batch_norms(network):
            norm.eval()
    with half_precision():
        logits = network(pixels)
    loss = total_loss(logits.float(), targets, weights, network.outputs, setup.loss)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimiser.step()
    trainee.step += 1
    return float(loss.detach())


def train(
    setup: TrainingSetup, data: Path, out: Path, *, on_progress: Callable[[Progress], None] | None = None
) -> Trainee:
    """Train a set-up, or go on with it; the network comes back in evaluation mode.

    Writes ``checkpoint.pt`` every two minutes and at the end, and ``log.csv`` (step, learning rate, loss,
    validation loss) beside it. If ``out`` holds a checkpoint of the same set-up, training goes on from it
    and gives the same weights as one that was never interrupted.

    Raises
    ------
    TrainingError
        If the data, the set-up or the checkpoint do not fit together.
    """
    path = out / "checkpoint.pt"
    trainee = begin(setup, path)
    first = trainee.step
    phase, _ = phase_at(first, setup)
    photographs = read_photographs(setup, data, phase)
    checks = validation_samples(read_validation(setup, data), setup)
    log = _Log(out / "log.csv", keep_until=first)
    started = saved = time.monotonic()
    clock = time.process_time()
    recent: list[float] = []
    while trainee.step < setup.steps:
        if phase_at(trainee.step, setup)[0] is not phase:
            phase, _ = phase_at(trainee.step, setup)
            photographs = read_photographs(setup, data, phase)
        recent.append(take_step(trainee, photographs, setup))
        step, before, clock = trainee.step, clock, time.process_time()
        trainee.cpu_seconds += clock - before
        if on_progress:
            left = (time.monotonic() - started) / (step - first) * (setup.steps - step)
            on_progress(Progress(step, setup.steps, recent[-1], left))
        if step % LOG_STEPS == 0 or step == setup.steps:
            checked = validation_loss(trainee.network, checks, setup) if checks else float("nan")
            log.add(step, learning_rate(step - 1, setup), float(np.mean(recent)), checked)
            recent.clear()
        if time.monotonic() - saved > CHECKPOINT_SECONDS:
            trainee.save(path, setup)
            saved = time.monotonic()
    trainee.save(path, setup)
    if setup.freeze_statistics_at is None:
        measure_statistics(trainee.network, photographs, setup)
    trainee.network.eval()
    if trainee.network.eight_bits:
        trainee.samples = draw_pictures(photographs, setup)
    return trainee


def draw_pictures(photographs: Sequence[Labelled], setup: TrainingSetup) -> NDArray[np.uint8]:
    """Pictures as the network is trained on, uint8 (N, H, W, 3), in batches that no step has seen."""
    batches = (draw_batch(photographs, setup, STATISTICS_STREAM + i) for i in range(N_PICTURE_BATCHES))
    return np.stack([sample.pixels for batch in batches for sample in batch])


def validation_samples(held_out: Sequence[Labelled], setup: TrainingSetup) -> list[Sample]:
    """Fixed samples of the photographs that are left out; none without such photographs."""
    if not held_out:
        return []
    n_batches = max(1, N_VALIDATION_SAMPLES // setup.batch)
    return [sample for i in range(n_batches) for sample in draw_batch(held_out, setup, VALIDATION_STREAM + i)]


class _Log:
    """``log.csv``: rows up to the step that training goes on from are kept."""

    def __init__(self, path: Path, keep_until: int) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        kept: list[list[str]] = []
        if path.exists() and keep_until:
            with path.open(newline="", encoding="utf-8") as file:
                kept = [row for row in list(csv.reader(file))[1:] if int(row[0]) <= keep_until]
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([["step", "learning_rate", "loss", "validation_loss"], *kept])

    def add(self, step: int, rate: float, loss: float, checked: float) -> None:
        with self.path.open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerow([step, f"{rate:.3g}", f"{loss:.5f}", f"{checked:.5f}"])
