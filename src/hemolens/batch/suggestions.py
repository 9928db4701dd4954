"""Which photographs to correct next: those whose cells are most in doubt, and that look unlike what is known.

Each photograph is counted. Its *doubt* is the share of its cells that a person should look at, and of stained area that
lies outside all counted cells. Its *unlikeness* is how far it looks from the training photographs, or from one that was
suggested before it, whichever is nearer: ten pictures of one field teach little more than one. Photographs are taken
one after another, each time that with the best sum of its two ranks among those left. What is wrong with the picture
itself (focus, light, interchanged colours) is not mended by correcting cells; those come last.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hemolens.batch.found_photographs import find_photographs
from hemolens.errors import HemolensError, ModelError, PhotographError, UsageError
from hemolens.images.photograph import read_photograph
from hemolens.images.slides import is_slide
from hemolens.measurements.quality import looks_apart
from hemolens.options import CountOptions
from hemolens.pipeline import count_image
from hemolens.result import Result

FAULTS_OF_PICTURES = {"focus", "exposure", "clipping", "grain", "grey", "channels", "negative"}
"""Checks of the verdict that speak of the picture, not of the model."""


@dataclass(frozen=True)
class Seen:
    """What was seen on a photograph that was counted.

    Attributes
    ----------
    path : Path
    n_cells, n_unsure : int
        Counted cells, and those of them that a person should look at.
    missed : float
        Share of the stained area that lies outside the counted cells, 0 … 1.
    measures : dict of str to float
        Those of its quality (:func:`~hemolens.measurements.quality.measure_photograph`).
    fault : str
        What is wrong with the picture, in one line; empty where nothing is.

    """

    path: Path
    n_cells: int
    n_unsure: int
    missed: float
    measures: dict[str, float]
    fault: str

    @property
    def doubt(self) -> float:
        """Share of the cells that are unsure, plus the share of the stain that was missed."""
        return self.n_unsure / max(self.n_cells, 1) + self.missed


@dataclass(frozen=True)
class Suggestion:
    """A photograph to correct, and why."""

    path: Path
    reason: str


def suggest(
    paths: Sequence[str | Path],
    options: CountOptions | None = None,
    on_photograph: Callable[[str, int, int], None] = lambda name, n_done, n_all: None,
) -> tuple[list[Suggestion], list[str]]:
    """Rank photographs by what their correction would teach.

    Parameters
    ----------
    paths : sequence of str or Path
        Files, folders or patterns; slides are passed over.
    options : CountOptions, optional
    on_photograph : callable, optional
        Told the name of each photograph before it is counted, how many are done, and how many there are.

    Returns
    -------
    suggestions, failures : list of Suggestion, list of str
        All photographs that could be counted, the best to correct first; and why others could not, a line each.

    Raises
    ------
    ModelError
        The trained weights are missing or damaged.

    """
    found = [each.found for each in find_photographs(paths).photographs]
    failures = [str(each) for each in found if isinstance(each, PhotographError)]
    files = [each for each in found if isinstance(each, Path) and not is_slide(each)]
    seen: list[Seen] = []
    for n_done, path in enumerate(files):
        on_photograph(path.name, n_done, len(files))
        try:
            seen.append(look_at(path, count_image(read_photograph(path), options)))
        except (ModelError, UsageError):
            raise
        except HemolensError as error:
            failures.append(str(error))
    return rank(seen), failures


def look_at(path: Path, result: Result) -> Seen:
    """Take from a result what its rank depends on."""
    faults = [each.words for each in result.quality.findings if each.check in FAULTS_OF_PICTURES]
    measures = result.quality.measures
    n_unsure = sum(result.unsure.values())
    return Seen(path, len(result.cells), n_unsure, measures["missed"], measures, "; ".join(faults))


def rank(seen: Sequence[Seen]) -> list[Suggestion]:
    """Put photographs in the order in which they should be corrected."""
    fit = [each for each in seen if not each.fault]
    doubt, unlikeness = [each.doubt for each in fit], [each.measures["distance"] for each in fit]
    ranked: list[Suggestion] = []
    left = list(range(len(fit)))
    while left:
        best = min(left, key=lambda n: (_place(n, doubt, left) + _place(n, unlikeness, left), -unlikeness[n]))
        left.remove(best)
        ranked.append(Suggestion(fit[best].path, _reason(fit[best])))
        for n in left:
            unlikeness[n] = min(unlikeness[n], looks_apart(fit[n].measures, fit[best].measures))
    unfit = (Suggestion(each.path, f"take it again instead: {each.fault}") for each in seen if each.fault)
    return [*ranked, *unfit]


def _place(n: int, values: Sequence[float], left: Sequence[int]) -> int:
    """How many of those left have a greater value."""
    return sum(values[other] > values[n] for other in left)


def _reason(seen: Seen) -> str:
    return (
        f"{seen.n_unsure} of {seen.n_cells} cells in doubt, {seen.missed:.0%} of the stained area outside the counted "
        f"cells, colours and texture {seen.measures['distance']:.1f} times as far off as the training photographs reach"
    )
