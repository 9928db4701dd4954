"""The training loop, to be read from top to bottom."""

from __future__ import annotations

import csv
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from hemolens.errors import TrainingError
from hemolens.training.batches import Batch, Batches, PhotographBatches, SmearBatches, draw_ahead
from hemolens.training.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from hemolens.training.config import Phase, TrainingConfig
from hemolens.training.crops import lenders
from hemolens.training.device import best_device
from hemolens.training.losses import total_loss
from hemolens.training.networks import create_network
from hemolens.training.networks.network import Network
from hemolens.training.smear_bank import SmearBank, fill_bank
from hemolens.training.sources import read_all_smears, read_photographs, read_validation, share_out
from hemolens.training.weights import read_weights

WARM_UP_STEPS = 100
CHECKPOINT_SECONDS = 120.0
LOG_STEPS = 250
N_VALIDATION_SAMPLES = 32
N_STATISTICS_CROPS = 400
N_PICTURES = 64
LOSS_STEPS = 10
LOG_COLUMNS = ("step", "learning_rate", "loss", "validation_loss", "crops_per_second", "waiting")

STATISTICS_STREAM, VALIDATION_STREAM = 1_000_000, 2_000_000
"""Numbers beyond any step: the samples drawn with them are none of those trained on."""


@dataclass(frozen=True)
class Progress:
    """What a progress display needs to know after each step."""

    step: int
    done: float
    """0 … 1."""
    loss: float
    seconds_left: float


def phase_at(position: float, config: TrainingConfig) -> tuple[Phase, float]:
    """The phase that a position (in steps, from 0) falls in, and how many of its steps lie before it."""
    for phase in config.phases[:-1]:
        if position < phase.steps:
            return phase, position
        position -= phase.steps
    return config.phases[-1], position


def learning_rate(position: float, config: TrainingConfig) -> float:
    """Linear warm-up; in each phase half a cosine down to a hundredth (Loshchilov & Hutter, ICLR 2017, eq. 5)."""
    warm = min(1.0, (position + 1) / WARM_UP_STEPS)
    phase, done = phase_at(position, config)
    return phase.learning_rate * warm * (0.01 + 0.99 * (1 + math.cos(math.pi * done / phase.steps)) / 2)


def half_precision(device: torch.device) -> torch.autocast:
    """Compute in bfloat16 where there are instructions for it; other processors would take many times as long."""
    if device.type == "cpu":
        fast = bool(torch.cpu.get_capabilities().get("avx512_bf16", False))
    else:
        fast = device.type == "cuda" and torch.cuda.is_bf16_supported()
    return torch.autocast(device.type, torch.bfloat16, enabled=fast)


def batch_norms(network: nn.Module) -> list[nn.BatchNorm2d]:
    """The batch-norm layers of a network."""
    return [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]


def measure_statistics(network: nn.Module, batches: Batches, config: TrainingConfig, device: torch.device) -> None:
    """Replace the running statistics of batch norm by their mean over many batches, in place."""
    n_batches = max(4, N_STATISTICS_CROPS // config.batch)
    network.train()
    momenta = [norm.momentum for norm in batch_norms(network)]
    for norm in batch_norms(network):
        norm.reset_running_stats()
        norm.momentum = None  # a plain mean over all batches since the reset
    for i in range(n_batches):
        pixels = batches.draw(STATISTICS_STREAM + i).pixels.to(device)
        with torch.no_grad(), half_precision(device):
            network(pixels)
    for norm, momentum in zip(batch_norms(network), momenta, strict=True):
        norm.momentum = momentum


def validation_loss(network: Network, checks: Sequence[Batch], config: TrainingConfig) -> float:
    """Mean loss of fixed batches from photographs that are not trained on; NaN without any."""
    network.eval()
    device = next(network.parameters()).device
    losses = []
    with torch.inference_mode(), half_precision(device):
        for pixels, targets, weights in checks:
            logits = network(pixels.to(device)).float()
            known = targets.to(device), weights.to(device)
            loss = total_loss(logits, *known, network.outputs, config.loss, network.activate)
            losses.append(float(loss))
    return float(np.mean(losses)) if losses else float("nan")


class Average:
    """A running mean of the weights of a network (Polyak & Juditsky, SIAM J. Control Optim. 30, 1992).

    The first steps count for less: after n of them the decay is at most (1 + n) / (10 + n).
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        self.weights = [weight.detach().clone() for weight in network.parameters()]

    def add(self, network: nn.Module, step: int) -> None:
        """Take the weights after a step into the mean."""
        decay = min(self.decay, (1 + step) / (10 + step))
        with torch.no_grad():
            torch._foreach_lerp_(self.weights, [weight.detach() for weight in network.parameters()], 1 - decay)

    def put_into(self, network: nn.Module) -> None:
        """Give a network the mean weights."""
        with torch.no_grad():
            for weight, mean in zip(network.parameters(), self.weights, strict=True):
                weight.copy_(mean)


@dataclass
class Trainee:
    """What training changes: the network, the optimiser, the mean of the weights, and how long it took."""

    network: Network
    optimiser: torch.optim.Optimizer
    average: Average
    step: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    has_statistics: bool = False
    """Whether the statistics of batch norm were measured, from which on they are frozen."""
    samples: NDArray[np.uint8] | None = None
    """Once trained, pictures to measure the ranges of activations on, for a network that is stored in 8 bits."""

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return next(self.network.parameters()).device

    def save(self, path: Path, config: TrainingConfig) -> None:
        """Write a checkpoint."""
        states = (self.network.state_dict(), self.optimiser.state_dict(), self.average.weights)
        spent = self.seconds, self.cpu_seconds
        save_checkpoint(path, Checkpoint(self.step, *states, config.model_dump_json(), *spent, self.has_statistics))


def begin(config: TrainingConfig, checkpoint_path: Path, device: torch.device) -> Trainee:
    """Build the network of a configuration, or read it from the checkpoint if there is one.

    Raises
    ------
    TrainingError
        If the network and the rest of the configuration do not fit together, or the checkpoint belongs to another
        configuration.
    """
    going_on = checkpoint_path.exists()  # the checkpoint holds the encoder: do not look for its first weights again
    torch.manual_seed(config.seed)
    network = create_network(
        config.network,
        width=config.width,
        encoder_weights="none" if going_on else config.encoder_weights,
        encoder_file=None if going_on else config.encoder_file,
    )
    refuse_what_does_not_fit(network, config)
    if config.first_weights is not None and not going_on:
        read_weights(network, config.first_weights)
    network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    slopes = [weight for weight in network.parameters() if weight.ndim > 1]
    others = [weight for weight in network.parameters() if weight.ndim <= 1]  # biases and norms are left to grow
    optimiser = torch.optim.AdamW(
        [{"params": slopes, "weight_decay": config.weight_decay}, {"params": others, "weight_decay": 0.0}],
        lr=config.phases[0].learning_rate,
    )
    trainee = Trainee(network, optimiser, Average(network, config.average))
    trainee.has_statistics = config.freeze_statistics_at == 0
    if going_on:
        checkpoint = load_checkpoint(checkpoint_path, config)
        network.load_state_dict(checkpoint.network)
        optimiser.load_state_dict(checkpoint.optimiser)
        trainee.average.weights = [weight.to(device) for weight in checkpoint.average]
        trainee.step, trainee.seconds = checkpoint.step, checkpoint.seconds
        trainee.cpu_seconds, trainee.has_statistics = checkpoint.cpu_seconds, checkpoint.has_statistics
    return trainee


def refuse_what_does_not_fit(network: Network, config: TrainingConfig) -> None:
    """Check what a configuration says about its network.

    Raises
    ------
    TrainingError
        If the network does not take the configuration's input, the losses do not fit its outputs, or a frozen part is
        not one of its parts.

    """
    if not network.fits(config.input_px):
        beyond = network.smallest_input_px() % network.grid_px
        sides = f"{network.grid_px}·k + {beyond}" if beyond else f"{network.grid_px}·k"
        raise TrainingError(
            f"input does not fit network {config.network!r}",
            came=f"input_px = {config.input_px}",
            allowed=f"{sides}, at least {network.smallest_input_px()}",
            do=f"correct input_px in the configuration (the paper's is {network.paper_input_px})",
        )
    if set(config.loss) != set(network.outputs):
        raise TrainingError(
            "losses do not fit the network's outputs",
            came=", ".join(config.loss),
            allowed=", ".join(network.outputs),
            do="give one [loss.NAME] table for each output",
        )
    likely = [name for name, loss in config.loss.items() if loss.kind != "mse"]
    if network.draws_densities() and likely:
        raise TrainingError(
            "a density is no probability",
            came=f"loss {config.loss[likely[0]].kind!r} for {', '.join(likely)}",
            allowed="'mse', the squared error",
            do="correct 'kind' in the tables of these outputs",
        )
    parts = [name for name, _ in network.named_modules() if name]
    unknown = sorted({part for phase in config.phases for part in phase.frozen} - set(parts))
    if unknown:
        raise TrainingError(
            "no such part of the network to freeze",
            came=", ".join(unknown),
            allowed=", ".join(part for part in parts if part.count(".") < 2),
            do="correct 'frozen' in the configuration's phases",
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


def take_step(trainee: Trainee, batch: Batch, config: TrainingConfig, position: float) -> Tensor:
    """Lower the loss of a batch, and return what it was; ``position`` says how far the schedule has come, in steps."""
    network, optimiser = trainee.network, trainee.optimiser
    for group in optimiser.param_groups:
        group["lr"] = learning_rate(position, config)
    network.train()
    freeze(network, phase_at(position, config)[0].frozen)
    if freezes(config, position):
        for norm in batch_norms(network):
            norm.eval()
    pixels, targets, weights = (each.to(trainee.device, non_blocking=True) for each in batch)
    with half_precision(trainee.device):
        logits = network(pixels)
    loss = total_loss(logits.float(), targets, weights, network.outputs, config.loss, network.activate)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimiser.step()
    trainee.step += 1
    trainee.average.add(network, trainee.step)
    return loss.detach()


@dataclass(frozen=True)
class Schedule:
    """How far a training has come, in steps of its configuration: by its steps, or by the seconds that it may take."""

    config: TrainingConfig
    seconds: float | None = None

    def position(self, trainee: Trainee) -> float:
        """Where the training is, 0 … ``config.steps``."""
        if self.seconds is None:
            return trainee.step
        return min(self.config.steps, self.config.steps * trainee.seconds / self.seconds)


class Material:
    """What a configuration trains on: read once for all phases where every type is trained, else for each phase.

    Parameters
    ----------
    config : TrainingConfig
    data : Path or SmearBank
        Folder of the photographs, a pack of them, or a bank that has been filled with them.
    device : torch.device
        Of the training. Crops are drawn there if it is CUDA; the other graphics cards lack what that takes.

    """

    def __init__(self, config: TrainingConfig, data: Path | SmearBank, device: torch.device) -> None:
        self.config, self.data = config, data
        self.bank = data if isinstance(data, SmearBank) else None
        if isinstance(data, Path) and config.cell_type is None:
            self.bank = read_bank(config, data, device)

    def of_phase(self, phase: Phase) -> Batches:
        """Give the batches that a phase trains on."""
        if self.bank is not None:
            return smear_batches(self.bank, self.config, validation=False)
        return PhotographBatches(read_photographs(self.config, self._folder, phase), self.config, phase.piles)

    def left_out(self) -> list[Batch]:
        """Give fixed batches of the photographs that are left out; none without such photographs."""
        batches: SmearBatches | PhotographBatches
        if self.bank is not None:
            batches = smear_batches(self.bank, self.config, validation=True)
            any_left_out = bool(batches.shares.any())
        else:
            photographs = read_validation(self.config, self._folder)
            batches = PhotographBatches(photographs, self.config, self.config.phases[0].piles)
            any_left_out = bool(photographs)
        n_batches = max(1, N_VALIDATION_SAMPLES // self.config.batch) if any_left_out else 0
        return [batches.draw(VALIDATION_STREAM + i) for i in range(n_batches)]

    @property
    def _folder(self) -> Path:
        if not isinstance(self.data, Path) or self.data.is_file():
            raise TrainingError(
                "a network of one cell type is trained on a folder",
                came=f"a pack for configuration {self.config.name!r}",
                allowed="the folder of ALL-IDB1",
                do="name that folder",
                option="data",
            )
        return self.data


def read_bank(config: TrainingConfig, data: Path, device: torch.device) -> SmearBank:
    """Read all smears of a folder or pack onto a CUDA device, else into memory, in a configuration's colours and scale.

    Raises
    ------
    TrainingError
        If the data cannot be read, or the configuration names no colours.

    """
    if config.colours is None:
        raise TrainingError(
            "a network of every type needs standard colours",
            came=f"configuration {config.name!r} without colours",
            allowed="colours = { background_level = 220, red_cell_absorbance = [0.06, 0.14, 0.09] }",
            do="add them to the configuration",
        )
    place = device if device.type == "cuda" else torch.device("cpu")
    return fill_bank(list(read_all_smears(config, data)), config.colours, config.red_cell_diameter_px, place)


def smear_batches(bank: SmearBank, config: TrainingConfig, *, validation: bool) -> SmearBatches:
    """Give the batches of a configuration that are trained on, or those left out."""
    shares = share_out(config, bank, validation=validation)
    return SmearBatches(bank, shares, config, lenders(bank, shares))


def train(
    config: TrainingConfig,
    data: Path | SmearBank,
    out: Path,
    *,
    seconds: float | None = None,
    device: torch.device | None = None,
    n_workers: int = 0,
    on_progress: Callable[[Progress], None] | None = None,
) -> Trainee:
    """Train a configuration, or go on with it; the network comes back in evaluation mode, on the processor.

    Writes ``checkpoint.pt`` every two minutes and at the end, and ``log.csv`` (step, learning rate, loss, validation
    loss, crops a second, share of the time that was spent waiting for data) beside it. If ``out`` holds a checkpoint of
    the same configuration, training goes on from it, on whatever device; on a processor it gives the same weights as
    one that
    was never interrupted.

    Parameters
    ----------
    config : TrainingConfig
    data : Path or SmearBank
        As in :class:`Material`.
    out : Path
    seconds : float, optional
        Ends after so many seconds of training, those before an interruption included: the phases and their learning
        rates are stretched or shortened to fit. Without it, the configuration's steps count.
    device : torch.device, optional
        The best one there is by default.
    n_workers : int
        Processes that draw batches, on a processor.

    Raises
    ------
    TrainingError
        If the data, the configuration or the checkpoint do not fit together.
    """
    device = device or (data.device if isinstance(data, SmearBank) else best_device())
    path = out / "checkpoint.pt"
    trainee, schedule = begin(config, path, device), Schedule(config, seconds)
    first, before = trainee.step, trainee.seconds
    material = Material(config, data, device)
    checks = material.left_out()
    log = _Log(out / "log.csv", first, config.batch)
    phase, _ = phase_at(schedule.position(trainee), config)
    watch, batches, saved = _Watch(trainee), material.of_phase(phase), time.monotonic()
    while schedule.position(trainee) < config.steps:
        if (phase_now := phase_at(schedule.position(trainee), config)[0]) is not phase:
            phase, batches = phase_now, material.of_phase(phase_now)
        for batch in watch.waiting_for(draw_ahead(batches, trainee.step, device, n_workers)):
            position = schedule.position(trainee)
            if position >= config.steps or phase_at(position, config)[0] is not phase:
                break
            if freezes(config, position) and not trainee.has_statistics:
                measure_statistics(trainee.network, batches, config, device)
                trainee.has_statistics = True
            watch.add(take_step(trainee, batch, config, position), position)
            step = trainee.step
            if on_progress:
                done = schedule.position(trainee) / config.steps
                left = (trainee.seconds - before) / max(step - first, 1) * (config.steps - step)
                left = left if seconds is None else seconds - trainee.seconds
                on_progress(Progress(step, done, watch.last_loss, max(left, 0)))
            if step % LOG_STEPS == 0:
                log.add(step, learning_rate(position, config), watch, validation_loss(trainee.network, checks, config))
            if time.monotonic() - saved > CHECKPOINT_SECONDS:
                trainee.save(path, config)
                saved = time.monotonic()
    if watch.n_steps:
        log.add(trainee.step, learning_rate(watch.last_position, config), watch, float("nan"))
    trainee.save(path, config)
    return finish(trainee, batches, config)


def finish(trainee: Trainee, batches: Batches, config: TrainingConfig) -> Trainee:
    """Make of a trainee the network that is kept: mean weights, statistics, evaluation mode, on the processor."""
    device = trainee.device
    if config.average:
        trainee.average.put_into(trainee.network)
    if config.freeze_statistics_at is None:
        measure_statistics(trainee.network, batches, config, device)
    trainee.network.eval()
    if trainee.network.eight_bits:
        trainee.samples = draw_pictures(batches)
    trainee.network.to("cpu")
    return trainee


def draw_pictures(batches: Batches) -> NDArray[np.uint8]:
    """Pictures as the network is trained on, uint8 (N, H, W, 3), in batches that no step has seen."""
    pictures: list[NDArray[np.uint8]] = []
    for i in range(N_PICTURES):
        pixels = batches.draw(STATISTICS_STREAM + i).pixels
        pictures += list(((pixels + 1) * 127.5).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy())
        if len(pictures) >= N_PICTURES:
            break
    return np.stack(pictures[:N_PICTURES])


def freezes(config: TrainingConfig, position: float) -> bool:
    """Whether the statistics of batch norm are frozen at this position of the schedule."""
    return config.freeze_statistics_at is not None and position >= config.freeze_statistics_at


class _Watch:
    """What a training does with its time, and how its loss goes."""

    def __init__(self, trainee: Trainee) -> None:
        self.trainee = trainee
        self.last_position = 0.0
        self.last_loss = float("nan")
        self._losses: list[Tensor] = []
        self._clock, self._cpu_clock = time.monotonic(), time.process_time()
        self._since, self._waited = self._clock, 0.0

    @property
    def n_steps(self) -> int:
        """Steps since the last row of the log."""
        return len(self._losses)

    def waiting_for(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """Pass batches on, and note how long each was waited for."""
        while True:
            asked = time.monotonic()
            batch = next(batches)
            self._waited += time.monotonic() - asked
            yield batch

    def add(self, loss: Tensor, position: float) -> None:
        """Note a step."""
        self._losses.append(loss)
        self.last_position = position
        now, cpu_now = time.monotonic(), time.process_time()
        self.trainee.seconds += now - self._clock
        self.trainee.cpu_seconds += cpu_now - self._cpu_clock
        self._clock, self._cpu_clock = now, cpu_now
        if len(self._losses) % LOSS_STEPS == 1:
            self.last_loss = float(loss)  # waits for a graphics card, so that it does not fall far behind the clock

    def row(self, batch: int) -> tuple[float, float, float]:
        """Mean loss, crops a second and share of the time waited since the last row."""
        loss = float(torch.stack(self._losses).mean())
        taken = max(time.monotonic() - self._since, 1e-9)
        row = loss, len(self._losses) * batch / taken, self._waited / taken
        self._losses, self._since, self._waited = [], time.monotonic(), 0.0
        return row


class _Log:
    """``log.csv``: rows up to the step that training goes on from are kept."""

    def __init__(self, path: Path, keep_until: int, batch: int) -> None:
        self.path, self.batch = path, batch
        path.parent.mkdir(parents=True, exist_ok=True)
        kept: list[list[str]] = []
        if path.exists() and keep_until:
            with path.open(newline="", encoding="utf-8") as file:
                kept = [row for row in list(csv.reader(file))[1:] if int(row[0]) <= keep_until]
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([LOG_COLUMNS, *kept])

    def add(self, step: int, rate: float, watch: _Watch, checked: float) -> None:
        loss, crops_per_second, waiting = watch.row(self.batch)
        values = (f"{rate:.3g}", f"{loss:.5f}", f"{checked:.5f}", f"{crops_per_second:.1f}", f"{waiting:.3f}")
        with self.path.open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerow([step, *values])
