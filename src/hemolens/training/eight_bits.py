"""Weights and activations in 8 bits, which takes a processor much less time than single precision.

Static quantisation of convolutions (Jacob et al., CVPR 2018): the range of every activation is measured once on
samples, weights have a range of their own for each output channel. Weights use 7 of their 8 bits: processors without
VNNI instructions add pairs of products in 16 bits, which 8 bits would overflow. So a model gives the same maps on all
of them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray


def to_eight_bits(model: onnx.ModelProto, samples: NDArray[np.uint8]) -> onnx.ModelProto:
    """Quantise a network, all but its last convolution, which makes the maps.

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
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Samples(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.left: Iterator[NDArray[np.uint8]] = iter(samples)

        def get_next(self) -> dict[str, Any] | None:
            sample = next(self.left, None)
            return None if sample is None else {"pixels": sample[None]}

    last = [node.name for node in model.graph.node if node.op_type == "Conv"][-1]
    with tempfile.TemporaryDirectory() as folder:
        before, ready, after = (str(Path(folder) / f"{name}.onnx") for name in ("before", "ready", "after"))
        onnx.save(model, before)
        # The sizes of the input are not known: inferring shapes from symbols fails.
        quant_pre_process(before, ready, skip_symbolic_shape=True)
        quantize_static(
            ready,
            after,
            Samples(),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv", "Relu", "Add", "MaxPool", "Resize"],
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=[last],
        )
        return onnx.load(after)
