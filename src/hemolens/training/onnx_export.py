"""Trained network → ONNX file with weights in half precision or 8 bits, and its card."""

from __future__ import annotations

import hashlib
import io
import math
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from hemolens.models.card import DataSource, ModelCard, card_text
from hemolens.training.all_idb1 import SOURCES, TERMS
from hemolens.training.config import TrainingConfig
from hemolens.training.eight_bits import to_eight_bits
from hemolens.training.networks.network import Network
from hemolens.training.weights import write_weights

LARGEST_ROUNDING_SIZE = 64
"""Weights with at most this many numbers (biases, constants) keep single precision."""

TERMS_OF_OTHERS = "Research use only. The terms of each source are named with it."

IMAGENET = DataSource(
    name="VGG16 of torchvision",
    what="first weights of the encoder, trained on ImageNet; Simonyan, Zisserman, ICLR 2015",
    terms="BSD-3-Clause (torchvision); ImageNet's photographs are for non-commercial research and education",
)


class PixelsToMaps(nn.Module):
    """The network as the program calls it: uint8 pixels (N, H, W, 3) → what each output says (N, h, w).

    The maps end ``overlap_px`` inside those of the network on each side.
    """

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        scaled = pixels.permute(0, 3, 1, 2).to(torch.float32) / 127.5 - 1
        logits = self.network(scaled)
        if border := self.network.overlap_px:
            logits = logits[..., border:-border, border:-border]
        return torch.unbind(self.network.activate(logits), dim=1)


def write_model(
    network: Network,
    config: TrainingConfig,
    folder: Path,
    *,
    samples: NDArray[np.uint8] | None = None,
    steps: int | None = None,
    cpu_seconds: float | None = None,
) -> Path:
    """Write ``NAME.onnx``, its card ``NAME.toml`` and ``NAME.safetensors`` into ``folder``; return the first's path.

    ``steps`` are those that were done, if not those of the configuration. With ``samples``, pictures such as the
    network sees,
    uint8 (N, H, W, 3), it is stored in 8 bits.
    """
    path = folder / f"{config.name}.onnx"
    sha256 = export_onnx(network, path, samples)
    write_weights(network, path.with_suffix(".safetensors"))
    card = ModelCard(
        name=config.name,
        cell_type=config.cell_type,
        reference=network.reference,
        network=config.network,
        outputs=network.outputs,
        red_cell_diameter_px=config.red_cell_diameter_px,
        margin_px=network.margin_px + network.overlap_px,
        grid_px=network.grid_px,
        extra_px=network.extra_px,
        reach_px=network.reach_px,
        tile_px=network.tile_px,
        largest_tile_px=network.largest_tile_px,
        colours=config.colours,
        sha256=sha256,
        terms=TERMS if config.trained_on else TERMS_OF_OTHERS,
        trained_steps=config.steps if steps is None else steps,
        trained_cpu_seconds=None if cpu_seconds is None else round(cpu_seconds),
        seed=config.seed,
        trained_on=config.trained_on,
        sources=_sources(config),
    )
    path.with_suffix(".toml").write_text(card_text(card), encoding="utf-8")
    return path


def _sources(config: TrainingConfig) -> tuple[DataSource, ...]:
    kinds = [kind for kind in SOURCES if config.trained_on and config.cell_type in (None, kind)]
    all_idb1 = dict.fromkeys(source for kind in kinds for source in SOURCES[kind])
    labelled = (DataSource(name=each.name, what=each.what, terms=each.terms) for each in config.labelled)
    return (*all_idb1, *labelled, *((IMAGENET,) if config.encoder_weights == "imagenet" else ()))


def export_onnx(network: Network, path: Path, samples: NDArray[np.uint8] | None = None) -> str:
    """Write ``network`` as ONNX and return the file's sha256.

    Weights are stored as float16 and cast back when the file is loaded, so that the computation stays in
    single precision while the file is half as large; or, with samples, everything is in 8 bits.

    Parameters
    ----------
    network : Network
        In evaluation mode.
    path : Path
    samples : ndarray of uint8, shape (N, H, W, 3), optional
        Pictures such as the network sees, on which the ranges of its activations are measured.

    """
    model = trace(network)
    if samples is None:
        halve_weights(model)
    else:
        model = to_eight_bits(model, samples)
    onnx.checker.check_model(model)
    data = model.SerializeToString()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def trace(network: Network) -> onnx.ModelProto:
    """Network in evaluation mode → ONNX for any number and size of inputs, weights in single precision."""
    side = network.paper_input_px
    example = torch.zeros((1, side, side, 3), dtype=torch.uint8)
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # The tracing exporter is deprecated; the new one takes a minute for a network of this size, not two
        # seconds, and needs another package.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            PixelsToMaps(network).eval(),
            (example,),
            buffer,  # type: ignore[arg-type]  # the tracing exporter takes a file object
            input_names=["pixels"],
            output_names=list(network.outputs),
            dynamic_axes={
                "pixels": {0: "n", 1: "height", 2: "width"},
                **{name: {0: "n", 1: "h", 2: "w"} for name in network.outputs},
            },
            opset_version=18,
            dynamo=False,
        )
    return onnx.load_from_string(buffer.getvalue())


def with_outputs(data: bytes, outputs: Sequence[str]) -> bytes:
    """Give the ONNX file of a model that writes only some of the maps."""
    model = onnx.load_from_string(data)
    kept = [each for each in model.graph.output if each.name in outputs]
    del model.graph.output[:]
    model.graph.output.extend(kept)
    return bytes(model.SerializeToString())


def halve_weights(model: onnx.ModelProto) -> None:
    """Store large float32 initialisers as float16, each followed by a cast back to float32."""
    graph, casts = model.graph, []
    for initialiser in graph.initializer:
        values = numpy_helper.to_array(initialiser)
        if values.dtype != np.float32 or values.size <= LARGEST_ROUNDING_SIZE:
            continue
        name = initialiser.name
        initialiser.CopyFrom(numpy_helper.from_array(values.astype(np.float16), name + "_half"))
        casts.append(helper.make_node("Cast", [name + "_half"], [name], to=TensorProto.FLOAT))
    for node in reversed(casts):
        graph.node.insert(0, node)


def count_parameters(data: bytes) -> int:
    """How many numbers the weights of an ONNX file are."""
    return sum(math.prod(each.dims) for each in onnx.load_from_string(data).graph.initializer)
