"""A study of classes → one page in Markdown, its table, and a line for the terminal."""

from __future__ import annotations

import csv
import io

import numpy as np

from hemolens import RESEARCH_USE_ONLY, __version__
from hemolens.cell_types import LEUKOCYTES, WHITE_CELL_CLASSES, WhiteCellClass
from hemolens.evaluation.record import NONE
from hemolens.evaluation.study.classes import ClassStudy, Kappa, kappa, within_limits
from hemolens.output.report.html_page import markdown_table, markdown_text
from hemolens.statistics.differential import Differential

SHARES_NOTE = """Per cent of the leukocytes that have a name, over all photographs together. In brackets: Rümke's
limits, the exact 95 % interval (Clopper and Pearson). **Within**: whether the program's per cent lies within the
laboratory's limits. Where it does, chance alone may explain the difference, which proves no agreement: of a hundred
cells the limits are wide."""

CONFUSION_NOTE = """Classes of the laboratory down, of the program across; of the cells that both have. **Kappa** is the
agreement beyond chance (Cohen 1960), with its 95 % interval: 1 where all are named alike, 0 where no more are than by
chance. **Alike**: twice the cells that both have called so, by the sum of those that each has."""

NO_CONFUSION = """The laboratory has counted classes, not named cells: which cell was called what is not known, and
there is no kappa. Give a table with the columns image, x, y and class for that."""


def markdown_classes(study: ClassStudy) -> str:
    """Write the page."""
    counts, reference = markdown_text(study.counts.name), markdown_text(study.reference.name)
    parts = [
        f"# Classes of white cells: {counts} compared with {reference}",
        f"**{RESEARCH_USE_ONLY}** {len(study.names)} photographs.",
        "## Per cent",
        _shares(study),
        SHARES_NOTE,
        "## Cell by cell",
        *_cell_by_cell(study),
        "## What was left out",
        "\n".join(f"- {markdown_text(note)}" for note in study.notes) or "Nothing.",
        "## What was compared",
        f"- Program: {counts}, sha256 {study.counts.sha256}.\n"
        f"- Laboratory: {reference}, sha256 {study.reference.sha256}.\n- hemolens {__version__}.",
    ]
    return "\n\n".join(parts) + "\n"


def classes_csv(study: ClassStudy) -> str:
    """Write a row for each class: cells and per cent of both."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["class", "reference_cells", "cells", "reference_percent", "percent"])
    for each in WHITE_CELL_CLASSES:
        shares = [_percent(differential, each, n_decimals=2) for differential in (study.theirs, study.ours)]
        writer.writerow([each, study.theirs.counts[each], study.ours.counts[each], *shares])
    return buffer.getvalue()


def classes_line(study: ClassStudy) -> str:
    """Give the main figures in a line for the terminal."""
    outside = [each for each in LEUKOCYTES if within_limits(study, each) is False]
    n = len(study.names)
    said = (
        f"white cells by class: {n} photograph{'s' * (n > 1)}, {study.theirs.n_leukocytes} leukocytes named by the "
        f"laboratory, {study.ours.n_leukocytes} by the program; outside Rümke's limits: {', '.join(outside) or 'none'}"
    )
    return said if study.confusion is None else f"{said}; kappa {kappa_text(kappa(study.confusion))}"


def kappa_text(found: Kappa) -> str:
    """Write a kappa with its interval."""
    return NONE if np.isnan(found.value) else f"{found.value:.2f} ({found.low:.2f}–{found.high:.2f})"


def _shares(study: ClassStudy) -> str:
    rows = [
        [each, _share(study.theirs, each), _share(study.ours, each), _yes(within_limits(study, each))]
        for each in LEUKOCYTES
    ]
    heads = [f"laboratory, n = {study.theirs.n_leukocytes}", f"program, n = {study.ours.n_leukocytes}"]
    return markdown_table(["", *heads, "within"], rows)


def _cell_by_cell(study: ClassStudy) -> list[str]:
    confusion = study.confusion
    if confusion is None:
        return [NO_CONFUSION]
    there = [n for n in range(len(WHITE_CELL_CLASSES)) if confusion[n].any() or confusion[:, n].any()]
    names = [WHITE_CELL_CLASSES[n] for n in there]
    rows = []
    for n in there:
        sums = int(confusion[n].sum() + confusion[:, n].sum())
        rows.append(
            [WHITE_CELL_CLASSES[n], *(str(confusion[n, k]) for k in there), f"{2 * confusion[n, n] / sums:.2f}"]
        )
    alone = "{} white cells have no partner by the laboratory, {} of the laboratory none by the program."
    return [
        markdown_table(["", *names, "alike"], rows),
        f"Kappa {kappa_text(kappa(confusion))}, of {confusion.sum()} cells. {alone.format(*study.n_unmatched)}",
        CONFUSION_NOTE,
    ]


def _share(differential: Differential, each: WhiteCellClass) -> str:
    share = differential.share(each)
    return NONE if share is None else f"{100 * share.value:.1f} ({100 * share.low:.1f}–{100 * share.high:.1f})"


def _percent(differential: Differential, each: WhiteCellClass, *, n_decimals: int) -> str:
    share = differential.share(each)
    return "" if share is None else f"{100 * share.value:.{n_decimals}f}"


def _yes(is_so: bool | None) -> str:
    return NONE if is_so is None else "yes" if is_so else "no"
