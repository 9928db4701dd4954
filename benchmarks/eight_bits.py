"""How much the counts change when the default model computes in 8 bits instead of single precision.

    python benchmarks/eight_bits.py --data data

The weights in single precision are in benchmarks/weights/one-pass.safetensors; the model as
shipped is the same in 8 bits. Both count the photographs that the settings were chosen on, none of which was trained
on, with the same settings. Writes benchmarks/eight-bits.json.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.images.photograph import Photograph, read_photograph
from hemolens.models.card import card_text
from hemolens.models.store import read_card
from hemolens.options import CountOptions
from hemolens.pipeline import count_image
from hemolens.training.config import read_config
from hemolens.training.networks import create_network
from hemolens.training.onnx_export import trace
from hemolens.training.weights import read_weights
from tune_default_model import DEFAULT, unseen_of_all_idb1, unseen_of_other_sources

HERE = Path(__file__).parent
WEIGHTS = HERE / "weights" / f"{DEFAULT}.safetensors"


def in_single_precision(folder: Path) -> Path:
    """Write the trained network as it was before it was brought to 8 bits, with the card of the shipped one."""
    network = create_network(read_config(DEFAULT).network)
    read_weights(network, WEIGHTS)
    network.eval()
    path = folder / "single.onnx"
    onnx.save(trace(network), path)
    card = read_card(DEFAULT)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_suffix(".toml").write_text(
        card_text(card.model_copy(update={"sha256": digest, "name": "single"})), encoding="utf-8"
    )
    return path


def counts_of(photograph: Photograph, options: CountOptions) -> dict[CellType, int]:
    """Count a photograph."""
    counts = count_image(replace(photograph, um_per_px=None), options).counts
    return {kind: getattr(counts, kind) for kind in CELL_TYPES}


def changes(
    eight: Mapping[str, Mapping[CellType, int]], single: Mapping[str, Mapping[CellType, int]]
) -> list[dict[str, Any]]:
    """For each type how many cells both count, the change of the sum, and its mean over photographs."""
    rows = []
    for kind in CELL_TYPES:
        one, other = (np.array([each[kind] for each in counts.values()]) for counts in (single, eight))
        rows.append(
            {
                "cell": kind,
                "n_images": len(one),
                "single": int(one.sum()),
                "eight_bits": int(other.sum()),
                "pooled_change": round(float(other.sum() / one.sum() - 1), 5),
                "pooled_absolute_change": round(float(np.abs(other - one).sum() / one.sum()), 5),
            }
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    arguments = parser.parse_args()
    paths = [path for path, _ in (*unseen_of_all_idb1(DEFAULT, arguments.data),
                                  *unseen_of_other_sources(DEFAULT, arguments.data))]  # fmt: skip
    eight, single = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        path = in_single_precision(Path(folder))
        exact = CountOptions(models=(str(path),))
        for each in paths:
            photograph = read_photograph(each)
            eight[each.name], single[each.name] = counts_of(photograph, CountOptions()), counts_of(photograph, exact)
    result = {"model": read_card(DEFAULT).sha256, "records": changes(eight, single)}
    (HERE / "eight-bits.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    for row in result["records"]:
        print(row)


if __name__ == "__main__":
    main()
