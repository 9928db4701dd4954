"""What the default network costs in ONNX Runtime and in OpenVINO, in single precision and in 8 bits.

    pip install openvino
    python benchmarks/engines.py

The weights in single precision are in the checkpoint that `hemolens train one-pass` left in its folder. Every engine
draws the same tile on one thread, in turn, so that what else the machine does falls on all of them. Writes
benchmarks/engines.json: processor seconds, and seconds as a multiple of those of the engine that is shipped.
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import openvino
from numpy.typing import NDArray

from eight_bits import in_single_precision
from hemolens.models.store import read_card, read_model
from hemolens.synthetic import draw_smear
from tune_default_model import DEFAULT

HERE = Path(__file__).parent
HEIGHT, WIDTH = 864, 1152
"""Of the tile: a photograph of five megapixels at the scale of the network."""
N_REPEATS = 9
SHIPPED = "ONNX Runtime, 8 bits"

Draw = Callable[[NDArray[np.uint8]], Any]


def in_onnx_runtime(onnx: bytes) -> Draw:
    """Load a network into ONNX Runtime, for one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
    return lambda pixels: session.run(None, {"pixels": pixels})


def in_openvino(onnx: bytes) -> Draw:
    """Load a network into OpenVINO, for one thread."""
    core = openvino.Core()
    request = core.compile_model(
        core.read_model(onnx), "CPU", {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1}
    ).create_infer_request()
    return lambda pixels: request.infer({0: pixels})


def processor_seconds(draws: dict[str, Draw], pixels: NDArray[np.uint8]) -> dict[str, float]:
    """Least processor time of each engine for one tile; the first run of each is not counted."""
    for draw in draws.values():
        draw(pixels)
    seconds: dict[str, list[float]] = {name: [] for name in draws}
    for _ in range(N_REPEATS):
        for name, draw in draws.items():
            started = time.process_time()
            draw(pixels)
            seconds[name].append(time.process_time() - started)
    return {name: min(each) for name, each in seconds.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        single = in_single_precision(Path(folder)).read_bytes()
    eight = read_model(DEFAULT).onnx
    draws = {
        "ONNX Runtime, single precision": in_onnx_runtime(single),
        SHIPPED: in_onnx_runtime(eight),
        "OpenVINO, single precision": in_openvino(single),
        "OpenVINO, 8 bits": in_openvino(eight),
    }
    tile = draw_smear(1, height=HEIGHT, width=WIDTH, n_rbc=400, n_wbc=4, n_plt=20, red_cell_diameter_px=40).pixels
    seconds = processor_seconds(draws, tile[None])
    records = [
        {"engine": name, "processor_seconds": round(each, 3), "multiple": round(each / seconds[SHIPPED], 2)}
        for name, each in seconds.items()
    ]
    result = {
        "model": read_card(DEFAULT).sha256,
        "machine": platform.machine(),
        "versions": {name: version(name) for name in ("onnxruntime", "openvino", "numpy")},
        "records": records,
    }
    (HERE / "engines.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    for row in records:
        print(row)


if __name__ == "__main__":
    main()
