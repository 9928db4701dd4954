"""The paper's own figures, to be printed beside ours: ``figures.toml``, read and looked up.

Gharbi, Neggazi, Touazi, Yagoubi, Gaceb, 'Blood cells image segmentation and counting using deep transfer learning'.
Tables: ``"I"`` (tiles), ``"II"`` (segmentation of red cells), ``"segmentation"`` and ``"counting"``; the last two are
figures of the text, which refers to tables that the paper leaves out. Networks: ``"do-unet"`` for red cells,
``"unet"`` for white cells and platelets, ``"segnet"`` for all. Counters have our names: what the paper calls Euclidean
distance transform is ``"watershed"``.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, TypeAdapter

from hemolens.cell_types import CellType
from hemolens.errors import UsageError

Table = Literal["I", "II", "segmentation", "counting"]


class PaperFigure(BaseModel):
    """One printed figure and what it is of; ``None`` for what does not apply or is not said.

    Attributes
    ----------
    cell : {"rbc", "wbc", "plt"}
    metric : str
        As in :class:`~hemolens.evaluation.segmentation.SegmentationScores`, or as in ``benchmarks/``.
    printed : float
        As it is printed.
    percent : bool
        Whether it is printed in percent.
    network : str or None
    model : {"A", "B"} or None
        Of Table II: trained in one phase or in two.
    output : {"mask", "edge"} or None
    counter : str or None
    images : int or None
        Number of photographs.
    place : str or None
        Table or section of the paper; ``None`` for what was measured with the released weights.

    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    cell: CellType
    metric: str
    printed: float
    percent: bool = False
    network: str | None = None
    model: Literal["A", "B"] | None = None
    output: Literal["mask", "edge"] | None = None
    counter: str | None = None
    images: int | None = None
    place: str | None = None

    @property
    def value(self) -> float:
        """The figure as our measures give it: 0.9536 where 95.36 % is printed."""
        return round(self.printed / 100, 6) if self.percent else self.printed


def paper_value(
    *,
    table: Table,
    cell: CellType,
    metric: str,
    network: str | None = None,
    model: str | None = None,
    output: str | None = None,
    counter: str | None = None,
    images: int | None = None,
) -> float | None:
    """Look up a figure of the paper.

    Parameters
    ----------
    table : {"I", "II", "segmentation", "counting"}
    cell, metric, network, model, output, counter, images
        As in :class:`PaperFigure`. They are matched exactly: ``images=None`` finds a figure of which the paper does
        not say on how many photographs it was measured, and only such a one.

    Returns
    -------
    float or None
        Percentages as fractions; ``None`` where the paper gives no figure.

    Raises
    ------
    UsageError
        For an unknown table.

    Examples
    --------
    >>> paper_value(table="II", cell="rbc", network="do-unet", model="B", output="mask", metric="dice")
    0.9528
    >>> paper_value(table="counting", cell="wbc", network="unet", counter="watershed", images=13,
    ...             metric="counting accuracy")
    0.9794

    """
    if table not in get_args(Table):
        raise UsageError(
            "unknown table of the paper", came=repr(table), allowed=", ".join(get_args(Table)), do="name one of these"
        )
    name = {"I": "table_i", "II": "table_ii"}.get(table, table)
    return _look_up(name, (cell, metric, network, model, output, counter, images))


def released_value(
    *,
    table: Literal["segmentation", "counting"],
    cell: CellType,
    metric: str,
    output: str | None = None,
    counter: str | None = None,
    images: int | None = None,
) -> float | None:
    """Look up what the weights that the authors released reach on the same photographs.

    Parameters
    ----------
    table : {"segmentation", "counting"}
    cell, metric, output, counter, images
        As for :func:`paper_value`; the network is that of the cell type, since no SegNet was released.

    Returns
    -------
    float or None
        Percentages as fractions; ``None`` where it was not measured.

    Raises
    ------
    UsageError
        For an unknown table.

    Examples
    --------
    >>> released_value(table="counting", cell="rbc", counter="circle-hough", images=13, metric="counting accuracy")
    0.923

    """
    if table not in {"segmentation", "counting"}:
        raise UsageError(
            "unknown table of the released weights",
            came=repr(table),
            allowed="segmentation, counting",
            do="name one of these",
        )
    network = "do-unet" if cell == "rbc" else "unet"
    return _look_up(f"released_{table}", (cell, metric, network, None, output, counter, images))


@cache
def read_figures() -> dict[str, list[PaperFigure]]:
    """Read ``figures.toml``: the figures of each of its tables, in the paper's order.

    Examples
    --------
    >>> list(read_figures())
    ['table_i', 'table_ii', 'segmentation', 'counting', 'released_counting', 'released_segmentation']

    """
    text = resources.files("hemolens.paper").joinpath("figures.toml").read_text(encoding="utf-8")
    return TypeAdapter(dict[str, list[PaperFigure]]).validate_python(tomllib.loads(text))


def key_of(figure: PaperFigure) -> tuple[str | int | None, ...]:
    """Everything that tells a figure from the others of its table."""
    return (
        figure.cell,
        figure.metric,
        figure.network,
        figure.model,
        figure.output,
        figure.counter,
        figure.images,
    )


def _look_up(table: str, key: tuple[str | int | None, ...]) -> float | None:
    return next((figure.value for figure in read_figures()[table] if key_of(figure) == key), None)
