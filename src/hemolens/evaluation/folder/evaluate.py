"""Labels and photographs → what was counted, beside what is true."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path

from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.errors import HemolensError, ModelError, PhotographError, UsageError, quoted
from hemolens.evaluation.comparison import Comparison, compare
from hemolens.evaluation.robustness import CHANGES
from hemolens.images.photograph import photograph_from_array, read_photograph
from hemolens.labels import read_labels
from hemolens.labels.named_photographs import find_images, is_changed
from hemolens.labels.truth import Labels, Truths, fit_to_frame, in_pixels
from hemolens.output.report.html_page import names_text
from hemolens.pipeline import count_image
from hemolens.statistics.counts import Counts


@dataclass(frozen=True, eq=False)
class EvaluatedPhotograph:
    """One photograph: what was found, compared with the labels.

    Attributes
    ----------
    image : str
        File name.
    path : Path
    shape : (int, int)
        Rows and columns.
    compared : mapping of CellType to Comparison
        The labelled types only.
    counts : Counts
        Of all types, cells near the frame included.
    changed_counts : mapping of str to Counts
        The same on the changed photograph, by the name of the change; empty if robustness was not asked for.

    """

    image: str
    path: Path
    shape: tuple[int, int]
    compared: Mapping[CellType, Comparison]
    counts: Counts
    changed_counts: Mapping[str, Counts] = field(default_factory=dict)

    @property
    def errors_per_cell(self) -> float:
        """Errors of all labelled types over their true cells, or over 1 without any."""
        n_true = sum(each.truth for each in self.compared.values())
        return sum(each.n_errors for each in self.compared.values()) / max(1, n_true)


@dataclass(frozen=True, eq=False)
class Evaluation:
    """All that was measured on a folder.

    Attributes
    ----------
    labels : str
        Name of the file or folder of labels.
    labels_sha256 : str or None
        Of the file; None of a folder.
    frame_margin_px : int or None
        Cells so near to the frame were left out; None when all were judged.
    photographs : list of EvaluatedPhotograph
        At least one.
    missing : list of str
        Labelled photographs that the folder does not hold.
    failures : list of str
        Why photographs could not be counted, a line each.
    notes : list of str
        What reading the labels left out, and which names of photographs were changed in them.
    models, counters : dict
        As in :class:`~hemolens.result.Result`.
    seconds : float
        Time taken.

    """

    labels: str
    labels_sha256: str | None
    frame_margin_px: int | None
    photographs: list[EvaluatedPhotograph]
    missing: list[str]
    failures: list[str]
    notes: list[str]
    models: dict[CellType, str]
    counters: dict[CellType, str]
    seconds: float

    @property
    def types(self) -> list[CellType]:
        """The types that are labelled on any of the photographs."""
        return [kind for kind in CELL_TYPES if any(kind in each.compared for each in self.photographs)]

    def of_type(self, kind: CellType) -> list[Comparison]:
        """Give the comparisons of one type, of the photographs on which it is labelled."""
        return [each.compared[kind] for each in self.photographs if kind in each.compared]


def evaluate(
    labels: str | PathLike[str],
    images: str | PathLike[str],
    *,
    types: Collection[CellType] | None = None,
    frame_margin_px: int | None = None,
    robustness: bool = False,
    on_photograph: Callable[[str, int, int], None] = lambda name, n_done, n_all: None,
) -> Evaluation:
    """Count the labelled photographs of a folder and compare with their labels.

    All labels are checked against their photographs before the first is counted.

    Parameters
    ----------
    labels : str or path
        A file or folder that :func:`~hemolens.labels.read_labels` reads.
    images : str or path
        Folder of the photographs; those without labels are passed over.
    types : collection of {"rbc", "wbc", "plt"}, optional
        The types that were labelled; without it those that appear in the labels.
    frame_margin_px : int, optional
        Leave out labels and found cells within this many pixels of the frame.
    robustness : bool, optional
        Count each photograph again under every change of :data:`~hemolens.evaluation.robustness.CHANGES`.
    on_photograph : callable, optional
        Told the name of each photograph before it is counted, how many are done, and how many there are.

    Returns
    -------
    Evaluation

    Raises
    ------
    LabelError
        The labels are malformed, or do not fit a photograph.
    UsageError
        The photographs cannot be found, a type is not labelled, or a margin was asked for where labels are counts.
    ModelError
        The trained weights are missing or damaged.

    """
    started = time.perf_counter()
    read = read_labels(labels, types)
    if frame_margin_px is not None:
        _refuse_counts(read, labels)
    found, missing = find_images(read.truths, Path(images))
    notes = (*read.notes, *_notes_on_names(found))
    evaluation = _empty(Path(labels), frame_margin_px, missing, notes)
    fitting = _check_all(read, found, evaluation.failures)
    for n_done, (name, truths) in enumerate(fitting.items()):
        on_photograph(found[name].name, n_done, len(fitting))
        _add_photograph(evaluation, found[name], truths, robustness=robustness)
    if not evaluation.photographs:
        raise _nothing_counted(evaluation, images)
    return replace(evaluation, seconds=time.perf_counter() - started)


def _empty(labels: Path, frame_margin_px: int | None, missing: list[str], notes: Sequence[str]) -> Evaluation:
    return Evaluation(
        labels=labels.resolve().name,
        labels_sha256=hashlib.sha256(labels.read_bytes()).hexdigest() if labels.is_file() else None,
        frame_margin_px=frame_margin_px,
        photographs=[],
        missing=missing,
        failures=[],
        notes=list(notes),
        models={},
        counters={},
        seconds=0.0,
    )


def _add_photograph(evaluation: Evaluation, path: Path, truths: Truths, *, robustness: bool) -> None:
    """Count a photograph and compare it; one that cannot be counted is a failure."""
    try:
        photograph = read_photograph(path)
        result = count_image(photograph)
        changed = {
            change: count_image(photograph_from_array(make(photograph.pixels), path.name)).counts
            for change, make in (CHANGES.items() if robustness else ())
        }
    except (ModelError, UsageError):
        raise
    except HemolensError as error:
        evaluation.failures.append(_failure(path, error))
        return
    shape, margin_px = (photograph.pixels.shape[0], photograph.pixels.shape[1]), evaluation.frame_margin_px
    compared = {kind: compare(result.cells, truth, kind, shape, margin_px) for kind, truth in truths.items()}
    evaluated = EvaluatedPhotograph(path.name, path, shape, compared, result.counts, changed)
    evaluation.photographs.append(evaluated)
    evaluation.models.update({kind: method.card.digest for kind, method in result.methods.items()})
    evaluation.counters.update({kind: method.counter for kind, method in result.methods.items()})


def _refuse_counts(read: Labels, labels: str | PathLike[str]) -> None:
    """Refuse labels that do not say where the cells are."""
    if any(truth.boxes is None for truths in read.truths.values() for truth in truths.values()):
        raise UsageError(
            "cells near the frame cannot be left out",
            came=f"labels that are counts, in {quoted(labels)}",
            allowed="a margin where the labels are boxes, masks or outlines",
            do="leave out the margin",
            option="frame_margin",
        )


def _notes_on_names(found: Mapping[str, Path]) -> list[str]:
    """Say which photographs are called otherwise than the labels have it."""
    changed = [f"{name} is {path.name}" for name, path in found.items() if is_changed(name, path)]
    return [f"Names that another program changed were understood: {names_text(changed)}."] if changed else []


def _nothing_counted(evaluation: Evaluation, images: str | PathLike[str]) -> UsageError:
    nowhere = f"{len(evaluation.missing)} labelled names, none of them in {quoted(images)}"
    return UsageError(
        "no labelled photograph could be counted",
        came=evaluation.failures[0] if evaluation.failures else nowhere,
        allowed="a folder that holds photographs of the labels",
        do="choose another folder",
        option="images",
    )


def _failure(path: Path, error: HemolensError) -> str:
    """Say what is wrong with a photograph, without the folders that it lies in: the page may be sent around."""
    return f"{quoted(path.name)}: {error.what}; {error.do}"


def _check_all(labels: Labels, found: Mapping[str, Path], failures: list[str]) -> dict[str, Truths]:
    """Fit the labels to their photographs; a photograph that cannot be read goes to `failures`."""
    fitting = {}
    for name, path in found.items():
        if not labels.truths[name]:
            continue  # a row of a table of counts that holds none
        try:
            height, width = read_photograph(path).pixels.shape[:2]
        except PhotographError as error:
            failures.append(_failure(path, error))
            continue
        truths = labels.truths[name]
        truths = in_pixels(truths, (height, width)) if labels.in_parts else truths
        fitting[name] = fit_to_frame(path.name, truths, (height, width), labels.sizes.get(name))
    return fitting
