"""What each stage makes of one drawn smear: frozen in ``golden.json``, and frozen anew by running this file.

    python tests/golden.py

is to be run when models, settings or a stage are changed on purpose; the difference in ``golden.json`` then shows
what the change does.
"""

import json
from pathlib import Path

from hemolens.cells.cell import Cell
from hemolens.cells.counters import COUNTERS, find_cells, settings_for
from hemolens.errors import UsageError
from hemolens.images.photograph import photograph_from_array
from hemolens.measurements.scale import estimate_red_cell_diameter, set_ruler
from hemolens.pipeline import choose_methods, find_all_cells, map_photograph
from hemolens.statistics.counts import count_cells
from hemolens.synthetic import draw_smear

FILE = Path(__file__).with_suffix(".json")


def draw():
    """Draw the smear."""
    return draw_smear(seed=11, height=300, width=400, n_rbc=12, n_wbc=1, n_plt=3)


def stages():
    """Run stage after stage and sum each up in numbers that any computer should give."""
    photograph = photograph_from_array(draw().pixels)
    diameter = set_ruler(estimate_red_cell_diameter(photograph.pixels))
    methods = choose_methods("auto")
    maps = map_photograph(photograph, diameter, methods)
    cells = find_all_cells(maps, methods, photograph)
    return {
        "scale": {"px": round(diameter.px, 2), "confidence": round(diameter.confidence, 3)},
        "maps": {kind: _map_summary(each) for kind, each in maps.items()},
        "counters": {
            f"{kind} {counter}": _places(find_cells(each, counter, settings))
            for kind, each in maps.items()
            for counter, settings in _readers(methods[kind].model, kind)
        },
        "cells": {kind: _places([cell for cell in cells if cell.type == kind]) for kind in maps},
        "counts": vars(count_cells(cells)),
    }


def _readers(model, kind):
    """Give every counter that can read what the model draws, with its settings."""
    for counter in sorted(COUNTERS):
        try:
            yield counter, settings_for(model, kind, counter)
        except UsageError:
            continue


def _map_summary(maps):
    outputs = {"mask": maps.mask, "edge": maps.edge}
    shares = {name: round(float(each.mean()), 4) for name, each in outputs.items() if each is not None}
    return {"height": maps.mask.shape[0], "width": maps.mask.shape[1], **shares}


def _places(cells: list[Cell]):
    return [[round(cell.row), round(cell.col)] for cell in cells]


if __name__ == "__main__":
    lines = [f' "{name}": {json.dumps(value)}' for name, value in stages().items()]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
