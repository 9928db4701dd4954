"""Choose the counters' settings for the paper's networks on the validation photographs of the training configurations.

    python benchmarks/tune_counters.py --data all-idb1 [--trials 40] [--cell rbc] [--counter watershed]

For each cell type and counter: a search (hemolens.evaluation.tuning) on the photographs that the training configuration
leaves out. Writes the cards of the paper's networks and benchmarks/counters.json. The paper's test
photographs are never opened.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.cells.counters import PAPER_COUNTERS
from hemolens.cells.counters.source import CounterSettings
from hemolens.evaluation.tuning import Case, read_case, tune
from hemolens.models.store import PAPER_MODELS, read_card, write_card
from hemolens.segmentation.network_maps import load_model
from hemolens.training.config import read_config

HERE = Path(__file__).parent


def read_cases(folder: Path, kind: CellType) -> list[Case]:
    """Maps, size and truth of the photographs to search on, at the diameter that the program estimates."""
    model = load_model(PAPER_MODELS[kind])
    return [read_case(folder, name, kind, model) for name in read_config(kind).photographs.validation]


def write_settings(kind: CellType, found: dict[str, CounterSettings], scores: dict[str, float]) -> None:
    """Put settings into the card of the type's network; the counter with the best score becomes the default."""
    card = read_card(PAPER_MODELS[kind])
    own = card.counters[kind]
    best = max(scores, key=lambda counter: scores[counter]) if scores else own.default
    chosen = own.model_copy(update={"default": best, "settings": own.settings | found})
    write_card(PAPER_MODELS[kind], card.model_copy(update={"counters": {kind: chosen}}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--counter", choices=list(PAPER_COUNTERS), action="append")
    parser.add_argument("--cell", choices=CELL_TYPES, action="append")
    arguments = parser.parse_args()
    settings: dict[CellType, dict[str, CounterSettings]] = {}
    scores: dict[CellType, dict[str, float]] = {}
    for kind in arguments.cell or CELL_TYPES:
        cases = read_cases(arguments.data, kind)
        settings[kind], scores[kind] = {}, {}
        for counter in arguments.counter or PAPER_COUNTERS:
            start = read_card(PAPER_MODELS[kind]).settings_for(kind, counter)
            found, reached = tune(cases, kind, counter, start, n_trials=arguments.trials)
            settings[kind][counter] = found
            scores[kind][counter] = round(reached, 4)
            print(kind, counter, f"{reached:.4f}", found, flush=True)
    recorded = HERE / "counters.json"
    earlier = json.loads(recorded.read_text(encoding="utf-8")) if recorded.exists() else {}
    for kind in CELL_TYPES:
        scores[kind] = earlier.get(kind, {}) | scores.get(kind, {})
    recorded.write_text(json.dumps(scores, indent=1) + "\n", encoding="utf-8")
    for kind, found_of in settings.items():
        write_settings(kind, found_of, scores[kind])


if __name__ == "__main__":
    main()
