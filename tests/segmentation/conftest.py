"""Drawn smears counted with one model, without the default model for the types that it does not draw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from hemolens.block_count import compute_maps, find_bodies
from hemolens.cell_types import CellType
from hemolens.cells.cell import Cell, resolve_types
from hemolens.evaluation.comparison import compare
from hemolens.images.box import Box
from hemolens.images.photograph import photograph_from_array
from hemolens.labels.truth import truth_of_boxes
from hemolens.options import CountOptions
from hemolens.plan.plan import Plan, make_plan
from hemolens.synthetic import SyntheticSmear

PlanOf = Callable[..., Plan]
CellsOf = Callable[..., list[Cell]]
F1Of = Callable[..., dict[CellType, float]]


@pytest.fixture(scope="session")
def plan_of() -> PlanOf:
    """Plan a photograph for one model: ``plan_of(pixels, model, diameter_px=80)``."""

    def plan(pixels, model, diameter_px=80.0):
        made = make_plan(photograph_from_array(pixels), CountOptions(models=(model,), diameter_px=diameter_px))
        return replace(made, methods={kind: each for kind, each in made.methods.items() if each.model == model})

    return plan


@pytest.fixture(scope="session")
def cells_of(plan_of: PlanOf) -> CellsOf:
    """Count a photograph with one model: ``cells_of(pixels, model, diameter_px=80)``."""

    def cells(*how, **options):
        plan = plan_of(*how, **options)
        return resolve_types(find_bodies(plan, compute_maps(plan, Box(0, 0, *plan.image.shape))))

    return cells


@pytest.fixture(scope="session")
def f1_of(cells_of: CellsOf) -> F1Of:
    """F1 of each type that a model draws, over drawn smears: ``f1_of(smear, model)``."""

    def f1(smear: SyntheticSmear, model: str) -> dict[CellType, float]:
        cells = cells_of(smear.pixels, model, smear.red_cell_diameter_px)
        scores = {}
        for kind in CountOptions(models=(model,)).methods.values():
            if kind.model == model:
                truth = truth_of_boxes([cell.box for cell in smear.cells if cell.type == kind.cell_type])
                found = compare(cells, truth, kind.cell_type, smear.pixels.shape[:2]).detection
                assert found is not None
                scores[kind.cell_type] = found.f1
        return scores

    return f1
