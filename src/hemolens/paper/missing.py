"""Systems without weights → trained models, and the counters' settings that belong to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from hemolens.cell_types import CellType
from hemolens.cells.counters import COUNTERS, PAPER_COUNTERS
from hemolens.cells.counters.connected_components import ConnectedComponentsSettings
from hemolens.cells.counters.source import JOINS, CounterSettings
from hemolens.evaluation.tuning import CORE, Case, read_case, tune
from hemolens.labels.all_idb1 import AllIdb1
from hemolens.paper.systems import System
from hemolens.paper.weights import Weights
from hemolens.training.config import TrainingConfig

N_PHOTOGRAPHS: dict[CellType, int] = {"rbc": 4, "wbc": 12, "plt": 9}
"""Settings are searched for on at most so many photographs, fewer where the maps are large: more cost hours."""

N_TRIALS = 15


def untrained(systems: Sequence[System], weights: Weights) -> list[TrainingConfig]:
    """Configurations of the systems that have no weights yet, each once."""
    configs = {config.name: config for system in systems for config in system.members()}
    return [config for config in configs.values() if not weights.has(config)]


def train_missing(
    config: TrainingConfig, data: Path, weights: Weights, *, on_progress: Callable[[int, int, float], None]
) -> None:
    """Train a configuration, or go on with it, and put its model with the weights.

    Checkpoints are kept in a folder of the configuration's name beside the weights.

    Parameters
    ----------
    on_progress : callable
        Told the step, the number of steps and the seconds left after each step.

    """
    from hemolens.training.loop import train
    from hemolens.training.onnx_export import write_model

    trained = train(
        config,
        data,
        weights.folder / "runs" / config.name,
        on_progress=lambda step: on_progress(step.step, config.steps, step.seconds_left),
    )
    write_model(trained.network, config, weights.folder, samples=trained.samples, cpu_seconds=trained.cpu_seconds)


def untuned(systems: Sequence[System], weights: Weights) -> list[tuple[System, TrainingConfig]]:
    """Trained members of the systems to be counted with that need settings of their own and lack some."""
    found = {
        config.name: (system, config)
        for system in systems
        for config in system.members()
        if system.table == "counting"
        and not system.settings
        and weights.has(config)
        and (
            not weights.has_counters(config) or (_compares_joins(system, config, weights) and not weights.joins(config))
        )
    }
    return list(found.values())


def _compares_joins(system: System, config: TrainingConfig, weights: Weights) -> bool:
    return system.protocol == "honest" and "edge" in weights.card(config).outputs


def tune_counters(system: System, config: TrainingConfig, data: Path, weights: Weights) -> None:
    """Choose what the model of a configuration lacks of counters' settings, and keep it with the weights."""
    all_idb1 = AllIdb1(data)
    model = weights.load(config)
    cases = [read_case(all_idb1, name, config.only_type, model) for name in tuning_photographs(config)]
    chosen = weights.counters(config) if weights.has_counters(config) else _tune_all(cases, config)
    compared = _compares_joins(system, config, weights)
    joins = tune_joins(cases, chosen["connected-components"]) if compared else {}
    weights.write_counters(config, chosen, joins)


def _tune_all(cases: Sequence[Case], config: TrainingConfig) -> dict[str, CounterSettings]:
    # Not from the shipped settings: those were chosen on photographs that this model may be measured on.
    source = "mask" if cases[0].maps.edge is None else "mask-edge"
    neutral = {name: COUNTERS[name].settings_model.model_validate({"source": source}) for name in PAPER_COUNTERS}
    return {name: tune(cases, config.only_type, name, start, n_trials=N_TRIALS)[0] for name, start in neutral.items()}


def tune_joins(cases: Sequence[Case], chosen: CounterSettings) -> dict[str, ConnectedComponentsSettings]:
    """Every way to join mask and edge with the threshold that suits it, the other settings as chosen: to compare."""
    tuned: dict[str, ConnectedComponentsSettings] = {}
    for join in JOINS:
        start, space = chosen.model_copy(update={"source": join}), {"threshold": CORE["threshold"]}
        settings, _ = tune(cases, cases[0].maps.cell_type, "connected-components", start, space=space, n_trials=0)
        tuned[join] = ConnectedComponentsSettings.model_validate(settings.model_dump())
    return tuned


def tuning_photographs(config: TrainingConfig) -> list[str]:
    """Photographs to choose the settings of the counters on for a configuration's model.

    Those that the configuration leaves out for this: a network draws photographs that it was fitted to better than
    others, and settings chosen on those do not suit others. Where it leaves none out, its training photographs. Never
    one that it is measured on under the honest protocol.
    """
    found = config.photographs.validation or config.photographs.train
    step = -(-len(found) // N_PHOTOGRAPHS[config.only_type])
    return list(found[::step])
