"""Trained classifier → ONNX file with weights in half precision, and its card."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Sequence
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from hemolens.files.whole_file import write_whole
from hemolens.models.card import DataSource, MeasuredFigure
from hemolens.models.classifier_card import ClassifierCard
from hemolens.training.differential.config import ClassifierConfig
from hemolens.training.differential.loop import TrainedClassifier
from hemolens.training.differential.network import N_CHANNELS, WhiteCellClassifier
from hemolens.training.onnx_export import TERMS_OF_OTHERS, halve_weights


class CropsToLogits(nn.Module):
    """The network as the program calls it: uint8 crops (N, S, S, 4) → logits (N, K)."""

    def __init__(self, network: WhiteCellClassifier) -> None:
        super().__init__()
        self.network = network

    def forward(self, crops: Tensor) -> Tensor:
        return self.network(crops.permute(0, 3, 1, 2).to(torch.float32) / 127.5 - 1)  # type: ignore[no-any-return]


def write_classifier(
    trained: TrainedClassifier,
    config: ClassifierConfig,
    folder: Path,
    figures: Sequence[MeasuredFigure] = (),
) -> Path:
    """Write ``NAME.onnx`` and its card ``NAME.toml`` into a folder.

    Parameters
    ----------
    trained : TrainedClassifier
    config : ClassifierConfig
        What it was trained with.
    folder : Path
        Made when it does not exist.
    figures : sequence of MeasuredFigure
        For the card.

    Returns
    -------
    Path
        Of the ONNX file.

    Raises
    ------
    OutputError
        The disk is full, or a file cannot be replaced.

    """
    data = classifier_onnx(trained.network, config.side_px)
    card = ClassifierCard(
        name=config.name,
        reference=WhiteCellClassifier.reference,
        classes=config.classes,
        red_cell_diameter_px=config.red_cell_diameter_px,
        side_px=config.side_px,
        colours=config.colours,
        temperature=round(trained.temperature, 4),
        least_probability=config.least_probability,
        sha256=hashlib.sha256(data).hexdigest(),
        terms=TERMS_OF_OTHERS,
        seed=config.seed,
        trained_steps=config.steps,
        trained_cpu_seconds=round(trained.cpu_seconds),
        sources=tuple(
            DataSource(name=each.name, what=each.what, terms=each.terms)
            for each in config.sources
            if not each.measured_on_only
        ),
        figures=tuple(figures),
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{config.name}.onnx"
    write_whole(path, data)
    write_whole(path.with_suffix(".toml"), card.toml.encode())
    return path


def classifier_onnx(network: WhiteCellClassifier, side_px: int) -> bytes:
    """Give the bytes of a network in evaluation mode as ONNX, for any number of crops."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the new exporter takes a minute, and another package
        torch.onnx.export(
            CropsToLogits(network).eval(),
            (torch.zeros((1, side_px, side_px, N_CHANNELS), dtype=torch.uint8),),
            buffer,  # type: ignore[arg-type]  # the tracing exporter takes a file object
            input_names=["crops"],
            output_names=["logits"],
            dynamic_axes={"crops": {0: "n"}, "logits": {0: "n"}},
            opset_version=18,
            dynamo=False,
        )
    model = onnx.load_from_string(buffer.getvalue())
    halve_weights(model)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())
