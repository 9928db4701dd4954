"""What each stage makes of one drawn smear: frozen in ``golden.json``, and frozen anew by running this file.

    python tests/golden.py

is to be run when models, settings or a stage are changed on purpose; the difference in ``golden.json`` then shows
what the change does.
"""

import json
from pathlib import Path

from hemolens.block_count import compute_maps, find_bodies
from hemolens.cells.cell import Cell, resolve_types
from hemolens.cells.counters import find_cells
from hemolens.images.box import Box
from hemolens.images.photograph import photograph_from_array
from hemolens.options import CountOptions
from hemolens.plan.plan import make_plan
from hemolens.statistics.counts import count_cells
from hemolens.synthetic import draw_smear

FILE = Path(__file__).with_suffix(".json")


def draw():
    """Draw the smear."""
    return draw_smear(seed=11, height=300, width=400, n_rbc=12, n_wbc=1, n_plt=3)


def stages():
    """Run stage after stage and sum each up in numbers that any computer should give."""
    photograph = photograph_from_array(draw().pixels)
    plan = make_plan(photograph, CountOptions())
    maps = compute_maps(plan, Box(0, 0, *photograph.shape))
    cells = resolve_types(find_bodies(plan, maps))
    return {
        "scale": {"px": round(plan.diameter.px, 2), "confidence": round(plan.diameter.confidence, 3)},
        "maps": {kind: _map_summary(each) for kind, each in maps.items()},
        "counters": {
            f"{kind} {counter}": _places(find_cells(each, counter, settings))
            for kind, each in maps.items()
            for counter, settings in sorted(plan.methods[kind].card.counters[kind].settings.items())
        },
        "cells": {kind: _places([cell for cell in cells if cell.type == kind]) for kind in maps},
        "counts": vars(count_cells(cells)),
    }


def _map_summary(maps):
    outputs = {"mask": maps.mask, "edge": maps.edge}
    shares = {name: round(float(each.mean()), 4) for name, each in outputs.items() if each is not None}
    return {"height": maps.mask.shape[0], "width": maps.mask.shape[1], **shares}


def _places(cells: list[Cell]):
    return [[round(cell.row), round(cell.col)] for cell in cells]


if __name__ == "__main__":
    lines = [f' "{name}": {json.dumps(value)}' for name, value in stages().items()]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
