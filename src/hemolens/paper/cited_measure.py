"""Cited methods and held-out photographs → what each counted; nothing is counted twice, however often it is begun.

Every method counts through the program itself, as ``hemolens count --model`` does. What was counted of a photograph is
appended to ``cited-methods.jsonl`` under the sha256 of all that it depends on, so that a run goes on where it stopped,
and a new model is measured alone.
"""

from __future__ import annotations

import csv
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.errors import UsageError, quoted
from hemolens.evaluation.comparison import compare
from hemolens.evaluation.matching import Detection
from hemolens.evaluation.robustness import CHANGES, Pixels
from hemolens.images.photograph import Photograph, photograph_from_array, read_photograph
from hemolens.labels import read_labels
from hemolens.labels.all_idb1 import AllIdb1
from hemolens.labels.truth import Truth, Truths, truth_of_boxes
from hemolens.models.store import DEFAULT_MODEL, read_card, read_model
from hemolens.options import CountOptions
from hemolens.paper.cache import Cache
from hemolens.paper.cited import CitedMethod, Laboratory, find_models
from hemolens.pipeline import count_image
from hemolens.training.config import read_config

CACHE = "cited-methods.jsonl"

HELD_OUT = "rbc-honest", "wbc-honest", "plt-honest"
"""Configurations whose test photographs everything is measured on, for each cell type."""

FRAME_MARGIN_PX = 3
"""Red cells of CBC this near to the frame are not judged: cut cells were labelled as it came."""

N_CHANGED, N_TIMED = 8, 1
"""Photographs of CBC that are changed; of ALL-IDB1 that are timed."""

COLOUR_AND_BLUR = tuple(name for name in CHANGES if name.split()[0] in {"hue", "saturation", "brightness", "blur"})


@dataclass(frozen=True)
class Counted:
    """One cell type of one photograph, counted with one method; `change` is empty on the photograph as it is."""

    cell: CellType
    photograph: str
    change: str
    truth: int
    count: int
    detection: Detection | None


@dataclass(frozen=True)
class Cost:
    """Processor seconds of one photograph, and of the default model on it right after."""

    megapixels: float
    seconds: float
    default_seconds: float


@dataclass(frozen=True)
class MeasuredMethod:
    """What was measured of a method.

    Attributes
    ----------
    method : CitedMethod
    counted : dict
        Laboratory → everything counted on its photographs.
    cost : Cost or None
    n_parameters : int
        Of all its networks; 0 without any.
    trained_cpu_seconds : int or None
        None where a card does not record it.

    """

    method: CitedMethod
    counted: dict[Laboratory, list[Counted]]
    cost: Cost | None
    n_parameters: int
    trained_cpu_seconds: int | None


HeldOut = Mapping[Laboratory, Mapping[Path, Truths]]
"""Laboratory → its held-out photographs → what is known of each."""


def read_held_out(all_idb1: Path, cbc: Path | None) -> HeldOut:
    """Read the labels of the photographs that nothing on the table was trained on.

    Parameters
    ----------
    all_idb1 : Path
        The ALL-IDB1 folder.
    cbc : Path or None
        As in :func:`read_cbc_test`; None where only ALL-IDB1 is at hand.

    """
    data, found = AllIdb1(all_idb1), dict[Path, dict[CellType, Truth]]()
    for config in map(read_config, HELD_OUT):
        for name in sorted(set(config.photographs.test) & set(data.counted(config.only_type))):
            found.setdefault(data.path(name), {})[config.only_type] = data.truth(name, config.only_type)
    own: dict[Laboratory, Mapping[Path, Truths]] = {"ALL-IDB1": found}
    return own if cbc is None else own | {"CBC": read_cbc_test(cbc)}


def read_cbc_test(folder: Path) -> dict[Path, Truths]:
    """The 60 test photographs of CBC with the boxes of TXL-PBC; one without a box has no cell.

    Raises
    ------
    UsageError
        It is not the folder of BCCD's photographs with both tables.

    """
    try:
        with (folder / "splits.csv").open(newline="", encoding="utf-8") as file:
            names = [row["image"] for row in csv.DictReader(file) if row["cbc_split"] == "test"]
    except (OSError, KeyError) as error:
        raise UsageError(
            "this is not the folder of CBC",
            came=quoted(folder),
            allowed="a folder with images/, splits.csv and annotations_txl.csv",
            do="name that folder, or leave it out",
            option="cbc",
        ) from error
    truths = read_labels(folder / "annotations_txl.csv", CELL_TYPES).truths
    none = {kind: truth_of_boxes([]) for kind in CELL_TYPES}
    return {folder / "images" / name: truths.get(name, none) for name in names}


def measure_method(
    method: CitedMethod, weights: Path, held_out: HeldOut, cache: Cache, *, on_photograph: Callable[[str], None]
) -> MeasuredMethod | None:
    """Measure a method on every held-out photograph that has a type it counts.

    Parameters
    ----------
    method : CitedMethod
    weights : Path
        Folder of the models that do not come with hemolens.
    held_out : HeldOut
    cache : Cache
    on_photograph : callable
        Told what is being counted.

    Returns
    -------
    MeasuredMethod or None
        None where none of its models is there; types that only a missing one counts are left out.

    """
    counted: dict[Laboratory, list[Counted]] = {}
    for laboratory, photographs in held_out.items():
        models = find_models(method.models_for(laboratory), weights)
        if not models:
            return None
        paths = list(photographs)
        changed = paths[:: max(1, len(paths) // N_CHANGED)][:N_CHANGED] if laboratory == "CBC" else []
        rows = counted.setdefault(laboratory, [])
        for path in paths:
            on_photograph(f"{method.name} {path.stem}")
            for change in ("", *(COLOUR_AND_BLUR if path in changed else ())):
                rows += _count(path, change, models, photographs[path], laboratory, cache)
    from hemolens.training.onnx_export import count_parameters

    models = find_models(method.models, weights)
    cards = [read_card(each) for each in models]
    seconds = [card.trained_cpu_seconds for card in cards if card.network]
    return MeasuredMethod(
        method,
        counted,
        _cost(models, held_out, cache),
        sum(count_parameters(read_model(each).onnx) for each, card in zip(models, cards, strict=True) if card.network),
        None if None in seconds else sum(filter(None, seconds)),
    )


def _count(
    path: Path, change: str, models: tuple[str, ...], truths: Truths, laboratory: Laboratory, cache: Cache
) -> Iterator[Counted]:
    """The types of a photograph that the models count."""
    cards = [read_card(each) for each in models]
    kinds = [kind for kind in CELL_TYPES if kind in truths and any(kind in card.cell_types for card in cards)]
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    settings = (f"{card.counters!r}{card.colours!r}" for card in cards)

    def count() -> dict[str, list[int] | list[float]]:
        photograph = _changed(read_photograph(path), CHANGES.get(change))
        shape = (photograph.pixels.shape[0], photograph.pixels.shape[1])
        result = count_image(photograph, CountOptions(models=models))
        found: dict[str, list[int] | list[float]] = {}
        for kind in kinds:
            if kind in result.unlocated:
                found[kind] = [truths[kind].count, getattr(result.counts, kind)]
                continue
            margin = FRAME_MARGIN_PX if (laboratory, kind) == ("CBC", "rbc") else None
            each = compare(result.cells, truths[kind], kind, shape, margin)
            found[kind] = [each.truth, each.count, *(each.detection or ())]
        return found

    found = cache.get((*(card.digest for card in cards), *settings, sha256, change), count)
    for kind in kinds:
        truth, n, *detection = map(int, found[kind])
        yield Counted(kind, path.stem, change, truth, n, Detection(*detection) if detection else None)


def _changed(photograph: Photograph, change: Callable[[Pixels], Pixels] | None) -> Photograph:
    """A photograph without the scale that its file may state, changed if there is a change."""
    if change is None:
        return replace(photograph, um_per_px=None)
    return photograph_from_array(change(photograph.pixels), photograph.name)


def _cost(models: tuple[str, ...], held_out: HeldOut, cache: Cache) -> Cost | None:
    """Time the largest held-out photograph with some models, and with the default one, one after the other."""
    photographs = held_out["ALL-IDB1"]
    path = max(photographs, key=lambda each: (each.stat().st_size, each.name), default=None)
    if path is None:
        return None

    def clock() -> dict[str, list[int] | list[float]]:
        photograph = _changed(read_photograph(path), None)
        seconds = []
        for options in (CountOptions(models=models), CountOptions()):
            count_image(photograph, options)  # loads the models
            started = time.process_time()
            count_image(photograph, options)
            seconds.append(time.process_time() - started)
        return {"cost": [photograph.pixels.shape[0] * photograph.pixels.shape[1] / 1e6, *seconds]}

    digests = (read_card(each).digest for each in (*models, DEFAULT_MODEL))
    return Cost(*cache.get(("cost", *digests, path.name), clock)["cost"])
