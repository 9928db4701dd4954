"""A classifier of a few numbers: it looks at the mean colour of a crop, and at how much of it the outline fills."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from hemolens.models.classifier_card import ClassifierCard

SIDE_PX = 16
CLASSES = ("neutrophil", "lymphocyte", "other")
FILLED = ((0, 0, 0, 0), (0, 0, 0, 0.02), (0, 0, 0, 0))
"""Weights of red, green, blue and outline for each class: the more the outline fills, the surer a lymphocyte."""


def write_tiny_classifier(folder: Path, weights=FILLED, **fields) -> str:
    """Write a classifier into a folder, and give its path; fields are those of its card."""
    onnx = pytest.importorskip("onnx", reason="needs onnx: pip install 'hemolens[train]'")
    helper, tensor = onnx.helper, onnx.numpy_helper.from_array
    graph = helper.make_graph(
        [
            helper.make_node("Cast", ["crops"], ["light"], to=onnx.TensorProto.FLOAT),
            helper.make_node("ReduceMean", ["light", "axes"], ["mean"], keepdims=0),
            helper.make_node("MatMul", ["mean", "weights"], ["logits"]),
        ],
        "tiny",
        [helper.make_tensor_value_info("crops", onnx.TensorProto.UINT8, ["n", SIDE_PX, SIDE_PX, 4])],
        [helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, ["n", len(weights)])],
        [tensor(np.array([1, 2]), "axes"), tensor(np.array(weights, np.float32).T.copy(), "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    data = model.SerializeToString()
    (folder / "tiny.onnx").write_bytes(data)
    (folder / "tiny.toml").write_text(tiny_card(sha256=hashlib.sha256(data).hexdigest(), **fields).toml)
    return str(folder / "tiny.onnx")


def tiny_card(**fields) -> ClassifierCard:
    """Give the card of a tiny classifier."""
    values = {
        "name": "tiny",
        "reference": "made by a test",
        "classes": CLASSES,
        "red_cell_diameter_px": 8,
        "side_px": SIDE_PX,
        "colours": {"background_level": 220, "red_cell_absorbance": (0.06, 0.14, 0.09)},
        "temperature": 1.0,
        "least_probability": 0.5,
        "sha256": "0" * 64,
        "terms": "none",
        "seed": 1,
        "trained_steps": 0,
        "sources": (),
    }
    return ClassifierCard.model_validate(values | fields)
