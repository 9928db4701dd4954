"""The methods that the paper stands on: which models make each up, and what was printed of it."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from hemolens.cell_types import CELL_NAMES, CELL_TYPES
from hemolens.models.store import shipped_models
from hemolens.paper.figures import read_figures

Laboratory = Literal["ALL-IDB1", "CBC"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PrintedFigure(_Frozen):
    """A figure that a method's authors printed, and on which data."""

    metric: str
    percent: float
    on: str


class CitedMethod(_Frozen):
    """One row of the table.

    Attributes
    ----------
    name, reference : str
    models : tuple of str
        Names of the models that count with it together, shipped or trained.
    cbc_models : tuple of str
        Those that have not seen the photographs of CBC, where `models` have.
    networks : tuple of str
        Of the paper's own networks, whose printed figures are in ``figures.toml``.
    figures : tuple of PrintedFigure
        What others printed.

    """

    name: str
    reference: str
    models: tuple[str, ...]
    cbc_models: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    figures: tuple[PrintedFigure, ...] = ()

    def models_for(self, laboratory: Laboratory) -> tuple[str, ...]:
        """Names of the models that photographs of a laboratory are counted with."""
        return self.cbc_models if laboratory == "CBC" and self.cbc_models else self.models

    @property
    def printed(self) -> tuple[PrintedFigure, ...]:
        """All printed figures: those named, and the best counting accuracy of the paper's own networks."""
        rows = [row for row in read_figures()["counting"] if row.network in self.networks]
        best = [max((row.printed, row.images) for row in rows if row.cell == kind) for kind in CELL_TYPES if rows]
        return self.figures + tuple(
            PrintedFigure(
                metric=f"counting accuracy, {CELL_NAMES[kind]}",
                percent=percent,
                on="ALL-IDB1" if images is None else f"{images} photographs of ALL-IDB1",
            )
            for kind, (percent, images) in zip(CELL_TYPES, best, strict=False)
        )


@cache
def read_methods() -> tuple[CitedMethod, ...]:
    """Read ``cited.toml``.

    Examples
    --------
    >>> read_methods()[0].models
    ('otsu-watershed',)

    """
    text = resources.files("hemolens.paper").joinpath("cited.toml").read_text(encoding="utf-8")
    return tuple(CitedMethod.model_validate(row) for row in tomllib.loads(text)["methods"])


def find_models(names: tuple[str, ...], weights: Path) -> tuple[str, ...]:
    """Names or paths to count with, of the shipped models and of those in a folder; without those in neither."""
    found = (name if name in shipped_models() else str(weights / f"{name}.onnx") for name in names)
    return tuple(place for place in found if place in shipped_models() or Path(place).is_file())
