"""What was measured → one record for each figure: value, interval, and the paper's own figure beside it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Literal, TypeVar
from typing import Protocol as Interface

from pydantic import BaseModel, ConfigDict

from hemolens.cell_types import CellType
from hemolens.evaluation.agreement import (
    Estimate,
    bootstrap_interval,
    bootstrap_ratio_interval,
    counting_accuracy_of_each,
    detection_figures,
    mean_absolute_error,
    relative_bias,
)
from hemolens.evaluation.matching import Detection
from hemolens.evaluation.segmentation import SegmentationScores, mean_scores
from hemolens.paper.figures import paper_value
from hemolens.paper.measure import Counted, Drawn, Measured
from hemolens.paper.systems import THIRTEEN, Protocol
from hemolens.paper.tiles import TileCount

Row = TypeVar("Row")
Key = TypeVar("Key")
PaperTable = Literal["I", "II", "segmentation", "counting", "joins"]
Images = Literal["13", "all", "train", "test"]


class PaperRecord(BaseModel):
    """One figure.

    ``images`` says which photographs: the paper's ``"13"`` with outlines, or ``"all"`` that are labelled; under the
    honest protocol those of them that are held out. ``low`` and ``high`` are a 95 % bootstrap interval over
    photographs; ``None`` where there are too few. ``seed`` is that of the training, ``None`` for several.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: PaperTable
    cell: CellType
    network: str | None
    counter: str | None
    output: str | None
    images: Images
    n_images: int
    protocol: Protocol | None
    metric: str
    value: float
    low: float | None
    high: float | None
    paper_value: float | None
    seed: int | None
    commit: str


def code_version() -> str:
    """The commit of the code, where it is run from a checkout, or else its version."""
    import subprocess

    from hemolens import __version__

    git = ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"]
    try:
        return subprocess.run(git, capture_output=True, check=True, text=True).stdout.strip()  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return __version__


class CountedPhotograph(Interface):
    """What the figures of counting are made of."""

    @property
    def truth(self) -> int:
        """Cells by the labels."""

    @property
    def count(self) -> int:
        """Cells found."""

    @property
    def detection(self) -> Detection | None:
        """Which of them are right; None where only their number is known."""


def counting_figures(rows: Sequence[CountedPhotograph]) -> dict[str, Estimate]:
    """Every measure of how well counts agree with the truth, over some photographs of one system and counter."""
    truths, counts = [row.truth for row in rows], [row.count for row in rows]
    each = counting_accuracy_of_each(truths, counts)
    errors = [float(abs(count - truth)) for truth, count in zip(truths, counts, strict=True)]
    low, high = bootstrap_ratio_interval(counts, truths)
    figures = {
        "counting accuracy": Estimate(sum(each) / len(each), *bootstrap_interval(each)),
        "mean absolute error": Estimate(mean_absolute_error(truths, counts), *bootstrap_interval(errors)),
        "bias": Estimate(relative_bias(truths, counts), low - 1, high - 1),
    }
    detections = [row.detection for row in rows if row.detection is not None]
    if detections:
        figures |= detection_figures(detections)
    return figures


def segmentation_figures(rows: Sequence[Drawn]) -> dict[str, Estimate]:
    """The mean of every segmentation measure over photographs."""
    means = asdict(mean_scores([row.scores for row in rows]))
    each = {field.name: [getattr(row.scores, field.name) for row in rows] for field in fields(SegmentationScores)}
    return {name: Estimate(value, *bootstrap_interval(each[name])) for name, value in means.items()}


def make_records(measured: Measured, tiles: Iterable[TileCount], commit: str) -> list[PaperRecord]:
    """Turn everything that was measured into records, in the order of the tables."""
    return [
        *_tile_records(tiles, commit),
        *_phase_records([row for row in measured.drawn if row.system.table == "phases"], commit),
        *_segmentation_records([row for row in measured.drawn if row.system.table == "counting"], commit),
        *_counting_records([row for row in measured.counted if row.join is None], commit),
        *_join_records([row for row in measured.counted if row.join is not None], commit),
    ]


def _tile_records(tiles: Iterable[TileCount], commit: str) -> Iterable[PaperRecord]:
    for each in tiles:
        for metric, value in ((f"{each.split} images", each.n_images), (f"{each.split} tiles", each.n_tiles)):
            paper = paper_value(table="I", cell=each.cell_type, metric=metric)
            yield _record("I", each.cell_type, metric, Estimate(value), commit, each.split, each.n_images, paper=paper)


def _phase_records(rows: Sequence[Drawn], commit: str) -> Iterable[PaperRecord]:
    """PaperTable II, once for each seed; the network's name ends in the paper's letter for the model."""
    for (system, seed, output), some in _group(rows, lambda row: (row.system, row.seed, row.output)).items():
        network, model = system.network.rsplit("-", 1)
        for metric, figure in segmentation_figures(some).items():
            paper = paper_value(
                table="II", cell=system.cell, network=network, model=model.upper(), output=output, metric=metric
            )
            yield _record(
                "II", system.cell, metric, figure, commit, "13", len(some),
                network=system.network, output=output, protocol=system.protocol, seed=seed, paper=paper,
            )  # fmt: skip


def _segmentation_records(rows: Sequence[Drawn], commit: str) -> Iterable[PaperRecord]:
    for (system, output), some in _group(rows, lambda row: (row.system, row.output)).items():
        for metric, figure in segmentation_figures(some).items():
            paper = paper_value(
                table="segmentation", cell=system.cell, network=system.network, output=output, metric=metric
            )
            yield _record(
                "segmentation", system.cell, metric, figure, commit, "all", len(some), network=system.network,
                output=output, protocol=system.protocol, seed=_only({row.seed for row in some}), paper=paper,
            )  # fmt: skip


def _counting_records(rows: Sequence[Counted], commit: str) -> Iterable[PaperRecord]:
    for (system, counter), every in _group(rows, lambda row: (row.system, row.counter)).items():
        thirteen = [row for row in every if row.photograph in THIRTEEN]
        for images, some in (("13", thirteen), ("all", every)):
            if not some or (images == "all" and system.cell == "rbc"):
                continue  # red cells: no others are outlined
            for metric, figure in counting_figures(some).items():
                paper = paper_value(
                    table="counting", cell=system.cell, network=system.network, counter=counter, metric=metric,
                    images=_images_of_the_paper(system.cell, system.network, images),
                )  # fmt: skip
                yield _record(
                    "counting", system.cell, metric, figure, commit, images, len(some), network=system.network,
                    counter=counter, protocol=system.protocol, paper=paper,
                    seed=_only({config.seed for config in system.members()}),
                )  # fmt: skip


def _join_records(rows: Sequence[Counted], commit: str) -> Iterable[PaperRecord]:
    """Ways to join mask and edge; the output is the name of the join."""
    for (system, counter, join), some in _group(rows, lambda row: (row.system, row.counter, row.join)).items():
        for metric, figure in counting_figures(some).items():
            yield _record(
                "joins", system.cell, metric, figure, commit, "13", len(some), network=system.network,
                counter=counter, output=join, protocol=system.protocol, paper=None,
                seed=_only({config.seed for config in system.members()}),
            )  # fmt: skip


def _images_of_the_paper(cell: CellType, network: str, images: str) -> int | None:
    """How many photographs the paper says a figure is of; for SegNet's white cells and platelets it does not."""
    if network == "segnet" and cell != "rbc":
        return None
    return 13 if images == "13" else 108


def _record(
    table: PaperTable,
    cell: CellType,
    metric: str,
    figure: Estimate,
    commit: str,
    images: Any,
    n_images: int,
    *,
    paper: float | None,
    **more: Any,
) -> PaperRecord:
    none = {"network": None, "counter": None, "output": None, "protocol": None, "seed": None}
    value, low, high = (None if math.isnan(each) else round(each, 5) for each in figure)
    known = {"table": table, "cell": cell, "metric": metric, "value": value, "low": low, "high": high}
    known |= {"images": images, "n_images": n_images, "paper_value": paper, "commit": commit}
    return PaperRecord.model_validate(known | none | more)


def _group(rows: Iterable[Row], key: Callable[[Row], Key]) -> dict[Key, list[Row]]:
    groups: dict[Key, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def _only(seeds: set[int]) -> int | None:
    return seeds.pop() if len(seeds) == 1 else None
