"""Weights and activations in 8 bits, which takes a processor much less time than single precision.

Static quantisation of convolutions (Jacob et al., CVPR 2018): the range of every activation is measured once on
samples, weights have a range of their own for each output channel. Weights use 7 of their 8 bits: processors without
VNNI instructions add pairs of products in 16 bits, which 8 bits would overflow. So a model gives the same maps on all
of them.

The pixels are 8 bits already: they go into the first convolution as they are. The maps come out in steps of 1/255.
Convolutions of 8 bits are fast where they write multiples of 16 channels, so the maps get further ones, of zeros.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from hemolens.segmentation.onnx_runtime import onnx_runtime

CHANNELS = 16
"""The last convolution is widened to a multiple of so many channels."""

PIXEL_SCALE = 1 / 127.5
PIXEL_ZERO = 128
"""Pixels stand for (value − 128) / 127.5: half a grey level from what the network was trained on."""


def to_eight_bits(model: onnx.ModelProto, samples: NDArray[np.uint8]) -> onnx.ModelProto:
    """Quantise a network, its maps included.

    Parameters
    ----------
    model : onnx.ModelProto
        In single precision, with the input ``pixels``.
    samples : ndarray of uint8, shape (N, H, W, 3)
        Pictures such as the network will see, of a size that it takes; at least one.

    Returns
    -------
    onnx.ModelProto
        The same inputs and outputs.

    """
    onnx_runtime()  # without its reports, before anything of it is loaded
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Samples(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.left: Iterator[NDArray[np.uint8]] = iter(samples)

        def get_next(self) -> dict[str, Any] | None:
            sample = next(self.left, None)
            return None if sample is None else {"pixels": sample[None]}

    with tempfile.TemporaryDirectory() as folder:
        before, ready, after = (str(Path(folder) / f"{name}.onnx") for name in ("before", "ready", "after"))
        onnx.save(widen_maps(model), before)
        # The sizes of the input are not known: inferring shapes from symbols fails.
        quant_pre_process(before, ready, skip_symbolic_shape=True)
        quantize_static(
            ready,
            after,
            Samples(),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv", "Relu", "Add", "MaxPool", "Resize", "Sigmoid"],
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        quantised = onnx.load(after)
    take_pixels_as_they_are(quantised)
    return quantised


def widen_maps(model: onnx.ModelProto) -> onnx.ModelProto:
    """Add channels of zeros to the last convolution, and leave them out where its channels become the maps.

    A model whose last convolution is not split into maps stays as it is.
    """
    widened = onnx.ModelProto()
    widened.CopyFrom(model)
    graph = widened.graph
    last = [node for node in graph.node if node.op_type == "Conv"][-1]
    splits = [node for node in graph.node if node.op_type == "Split"]
    if len(splits) != 1:
        return widened
    weights = {each.name: each for each in graph.initializer}
    n_maps = len(splits[0].output)
    more = -n_maps % CHANNELS
    for name in last.input[1:]:
        values = numpy_helper.to_array(weights[name])
        wide = np.pad(values, [(0, more), *[(0, 0)] * (values.ndim - 1)])
        weights[name].CopyFrom(numpy_helper.from_array(wide, name))
    if more:
        sizes = numpy_helper.from_array(np.array([1] * n_maps + [more], np.int64), "map_channels")
        graph.initializer.append(sizes)
        graph.node.remove(next(node for node in graph.node if splits[0].input[1] in node.output))
        splits[0].input[1] = sizes.name
        splits[0].output.append("no_maps")
    return widened


def take_pixels_as_they_are(model: onnx.ModelProto) -> None:
    """Lead the pixels to the first convolution without making floats of them, in place.

    From the input to the first convolution the picture is transposed, scaled to −1 … 1 and quantised again; all but
    the transposition is a scale and a zero point.
    """
    graph = model.graph
    by_output = {name: node for node in graph.node for name in node.output}
    transpose = next(node for node in graph.node if node.op_type == "Transpose" and "pixels" in node.input)
    first = next(node for node in graph.node if node.op_type == "Conv")
    dequantise = by_output[first.input[0]]
    passed, name = [], dequantise.input[0]
    while name != transpose.output[0]:
        node = by_output[name]
        passed.append(node)
        name = node.input[0]
    for node in passed:
        graph.node.remove(node)
    dequantise.input[0] = transpose.output[0]
    scale = numpy_helper.from_array(np.array(PIXEL_SCALE, np.float32), "pixels_scale")
    zero = numpy_helper.from_array(np.array(PIXEL_ZERO, np.uint8), "pixels_zero")
    graph.initializer.extend([scale, zero])
    dequantise.input[1], dequantise.input[2] = "pixels_scale", "pixels_zero"
    used = {name for node in graph.node for name in node.input}
    for unused in [each for each in graph.initializer if each.name not in used]:
        graph.initializer.remove(unused)
