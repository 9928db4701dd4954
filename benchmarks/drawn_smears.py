"""Whether synthetic smears help to train the default model: two short trainings, with and without them.

    python benchmarks/drawn_smears.py --data data --out runs/drawn-smears [--steps 600]

Both are the default model's configuration with fewer steps, from the same first weights; without the synthetic smears,
the other sources have their share. Each counts the photographs that it was not trained on and the default model's
settings were chosen on, with those settings and the diameter that the program estimates. Resumable; a training takes
about a quarter of an hour. Writes benchmarks/drawn-smears.json: for each type and source counting accuracy and F1. In
the recorded figures platelets were matched by their centre alone; a new run matches them by the rule for all
(hemolens.evaluation.matching).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.evaluation.agreement import counting_accuracy
from hemolens.evaluation.matching import add_up
from hemolens.evaluation.tuning import Case, compare_case
from hemolens.images.photograph import read_photograph
from hemolens.labels.truth import fit_to_frame
from hemolens.measurements.scale import estimate_red_cell_diameter
from hemolens.models.store import read_card
from hemolens.segmentation.network_maps import compute_probability_maps, load_model
from hemolens.training.config import TrainingConfig, read_config
from hemolens.training.loop import train
from hemolens.training.onnx_export import write_model
from tune_default_model import DEFAULT, unseen_of_all_idb1, unseen_of_other_sources

HERE = Path(__file__).parent


def short_setups(n_steps: int) -> list[TrainingConfig]:
    """The default model's configuration with one short phase, with and without synthetic smears."""
    full = read_config(DEFAULT)
    phase = full.phases[0].model_copy(update={"steps": n_steps})
    short = full.model_copy(update={"phases": (phase,), "freeze_statistics_at": n_steps * 4 // 5, "name": "with-drawn"})
    without = short.model_copy(update={"name": "without-drawn", "drawn": None})  # shares are relative to each other
    return [short, without]


def draw(model_file: Path, data: Path) -> list[tuple[CellType, Case]]:
    """Apply a model to the photographs that it has not seen."""
    model = load_model(str(model_file))
    drawn: list[tuple[CellType, Case]] = []
    wanted = [(*each, "ALL-IDB1") for each in unseen_of_all_idb1(DEFAULT, data)]
    wanted += [(path, truths, path.parts[-3]) for path, truths in unseen_of_other_sources(DEFAULT, data)]
    for path, truths, source in wanted:
        pixels = read_photograph(path).pixels
        shape = (pixels.shape[0], pixels.shape[1])
        maps = compute_probability_maps(pixels, estimate_red_cell_diameter(pixels).px, model)
        drawn += [
            (kind, Case(maps[kind], shape, truth, source))
            for kind, truth in fit_to_frame(path.name, truths, shape).items()
        ]
    return drawn


def records(name: str, drawn: Sequence[tuple[CellType, Case]]) -> list[dict[str, Any]]:
    """Counting accuracy and F1 of each type on each source."""
    rows = []
    for kind in CELL_TYPES:
        for source in dict.fromkeys(case.source for each, case in drawn if each == kind):
            cases = [case for each, case in drawn if each == kind and case.source == source]
            settings = read_card(DEFAULT).settings_for(kind, "peaks")
            compared = [compare_case(case, kind, "peaks", settings) for case in cases]
            accuracy = counting_accuracy([each.truth for each in compared], [each.count for each in compared])
            found = [each.detection for each in compared if each.detection is not None]
            rows.append(
                {
                    "training": name,
                    "cell": kind,
                    "source": source,
                    "n_images": len(cases),
                    "counting_accuracy": round(accuracy, 4),
                    "F1": round(add_up(found).f1, 4) if found else None,
                }
            )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--threads", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    rows = []
    for config in short_setups(arguments.steps):
        folder = arguments.out / config.name
        trained = train(config, arguments.data, folder)
        path = write_model(trained.network, config, folder, samples=trained.samples, cpu_seconds=trained.cpu_seconds)
        rows += records(config.name, draw(path, arguments.data))
        for row in rows:
            print(row, flush=True)
    text = json.dumps({"steps": arguments.steps, "records": rows}, indent=1)
    (HERE / "drawn-smears.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
