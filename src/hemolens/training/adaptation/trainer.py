"""Networks trained on some photographs of a laboratory, from the weights of the model that there is.

Two phases, as in the paper's transfer learning: at first the heads alone, then all of the network at a low rate. Batch
norm keeps the statistics of the model throughout. Drawn smears are replayed, so that what the photographs do not show
is not forgotten.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch

from hemolens.errors import ModelError, quoted
from hemolens.measurements.colours import StandardColours
from hemolens.models.card import ModelCard
from hemolens.models.store import DEFAULT_MODEL, ModelFile
from hemolens.segmentation.network_maps import Model, open_model
from hemolens.training.adaptation.own_photographs import OwnPhotograph, OwnPhotographs
from hemolens.training.adaptation.settings import Drawn, draw
from hemolens.training.config import DrawnSource, Phase, Photographs, TrainingConfig, read_config
from hemolens.training.labelled_folders import read_labelled_smears
from hemolens.training.loop import Progress, Trainee, train
from hemolens.training.networks import create_network
from hemolens.training.onnx_export import export_onnx
from hemolens.training.smear_bank import fill_bank
from hemolens.training.smears import NumberedSmear
from hemolens.training.synthetic_smears import draw_smears

N_GROUPS = 3
N_DRAWN, DRAWN_SHARE = 16, 0.2
"""Smears that are drawn to be replayed, so that the network does not forget the rest, and how often."""

HEADS = "heads"
"""The part of the network that is trained alone at first."""

STEPS, HEADS_STEPS = 200, 50
"""Of a training where no time is given; else its phases take the same shares of the time."""

BATCH, INPUT_PX = 4, 128
"""Small ones: photographs of a laboratory are few, and steps count for more than crops."""

HEADS_RATE, RATE = 1e-3, 3e-4
AVERAGE = 0.98

Tell = Callable[[str, float], None]
"""Is told what is being done, and how much of all is done, 0 … 1."""


def adaptable_colours(card: ModelCard) -> StandardColours:
    """Give the standard colours of a model that can be adapted.

    Raises
    ------
    ModelError
        It is none that can be: it has another network, or none, or takes colours as they are.

    """
    if card.network != read_config(DEFAULT_MODEL).network or card.colours is None:
        raise ModelError(
            "this model cannot be adapted",
            came=f"{quoted(card.name)}, with {card.network or 'no network'}",
            allowed=f"{DEFAULT_MODEL}, or a model that was adapted or trained from it",
            do="name another model",
            option="model",
        )
    return card.colours


def groups_of(n_photographs: int) -> list[list[int]]:
    """Deal photographs into groups, as even as can be.

    >>> groups_of(5)
    [[0, 3], [1, 4], [2]]
    """
    n_groups = min(N_GROUPS, n_photographs)
    return [list(range(first, n_photographs, n_groups)) for first in range(n_groups)]


class Trainer:
    """Trains networks on some of the photographs, each in its share of the time."""

    def __init__(
        self, own: OwnPhotographs, start: ModelFile, seconds: float | None, seed: int, device: torch.device, tell: Tell
    ) -> None:
        self.own, self.start, self.device, self.tell = own, start, device, tell
        self.groups = groups_of(len(own.photographs))
        self.n_trainings = len(self.groups) + 1
        self.seconds = None if seconds is None else seconds / self.n_trainings
        self.colours = adaptable_colours(start.card)
        self.config = _config(own, self.colours, seed)
        diameter_px = self.config.red_cell_diameter_px
        smears = read_labelled_smears(Path(), own.source, diameter_px)
        self.smears = dict(zip([each.name for each in own.photographs], smears, strict=True))
        self.replayed = draw_smears(N_DRAWN, diameter_px)

    def draw_unseen(self) -> list[Drawn]:
        """Draw each photograph by a network that was trained on the other groups, in the order of the photographs."""
        photographs = self.own.photographs
        drawn: dict[int, Drawn] = {}
        for n, group in enumerate(self.groups):
            trained = self.train_on([each for i, each in enumerate(photographs) if i not in group], n)
            model = as_model(trained, self.start.card)
            drawn |= {i: draw(photographs[i], model, self.own.types) for i in group}
        return [drawn[i] for i in range(len(photographs))]

    def train_on(self, photographs: Sequence[OwnPhotograph], n: int) -> Trainee:
        """Train the n-th network."""
        smears: list[NumberedSmear] = [self.smears[each.name] for each in photographs]
        place = self.device if self.device.type == "cuda" else torch.device("cpu")
        bank = fill_bank([*smears, *self.replayed], self.colours, self.config.red_cell_diameter_px, place)

        def show(step: Progress) -> None:
            done = 0.1 + 0.9 * (n + step.done) / self.n_trainings
            self.tell(f"training {n + 1} of {self.n_trainings}, loss {step.loss:.3f}", done)

        with _start_weights(self.start) as (folder, weights):
            config = self.config.model_copy(update={"first_weights": weights})
            n_workers = 1 if self.device.type == "cpu" else 0
            return train(
                config, bank, folder,
                seconds=self.seconds, device=self.device, n_workers=n_workers, on_progress=show,
            )  # fmt: skip


@contextmanager
def _start_weights(start: ModelFile) -> Iterator[tuple[Path, Path]]:
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "start.onnx"
        weights.write_bytes(start.onnx)
        yield Path(folder), weights


def _config(own: OwnPhotographs, colours: StandardColours, seed: int) -> TrainingConfig:
    """The default model's configuration, in two phases on a laboratory's photographs and drawn smears."""
    base = read_config(DEFAULT_MODEL)
    others = [name for name, _ in create_network(base.network).named_children() if name != HEADS]
    changed = {
        "photographs": Photographs(),
        "labelled": (own.source,),
        "drawn": DrawnSource(n_smears=N_DRAWN, share=DRAWN_SHARE),
        "colours": colours,
        "phases": (
            Phase(steps=HEADS_STEPS, learning_rate=HEADS_RATE, frozen=tuple(others)),
            Phase(steps=STEPS - HEADS_STEPS, learning_rate=RATE),
        ),
        "freeze_statistics_at": 0,
        "batch": BATCH,
        "input_px": INPUT_PX,
        "average": AVERAGE,
        "seed": seed,
    }
    return base.model_copy(update=changed)


def as_model(trained: Trainee, card: ModelCard) -> Model:
    """A network as it will be stored and used: in 8 bits, too."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trained.onnx"
        sha256 = export_onnx(trained.network, path, trained.samples)
        return open_model(ModelFile(card.model_copy(update={"sha256": sha256}), path.read_bytes()), path.name)
