"""A study and its records → one page in Markdown, which shows plots by their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hemolens import RESEARCH_USE_ONLY, __version__
from hemolens.cell_types import CELL_NAMES, CellType
from hemolens.evaluation.record import Record, RecordTable, by_metric, number_text, percent_text
from hemolens.evaluation.study.pairs import Study
from hemolens.evaluation.study.records import missing_figures
from hemolens.output.report.html_page import markdown_table, markdown_text

COUNTS_NOTE = """In brackets: 95 % intervals, which take the photographs for independent; where several are of one
smear or one patient, the true uncertainty is larger. **Bias**: sum of counts over sum of reference counts, minus 1
(bootstrap interval over photographs). **Correlation**: Pearson's; two methods can be correlated and never agree.
**Concordance**: Lin's; 1 only where both counts are equal on every photograph."""

BLAND_ALTMAN_NOTE = """Differences count − reference, in cells a photograph. Between the **limits of agreement** (mean
± 1.96 standard deviations) lie 95 % of the differences if they are normally distributed and do not grow with the
count. **Proportional bias**: slope of the differences over the means of both counts; where its interval leaves out 0,
the differences do change with the count, and one mean and one pair of limits do not describe them. In brackets: 95 %
intervals by Student's t (Bland & Altman 1999)."""

PASSING_BABLOK_NOTE = """The line count = intercept + slope × reference, by the median of the slopes between all pairs
of photographs (Passing & Bablok 1983); it lets both counts err and is hardly moved by outliers. Where the interval of
the slope leaves out 1, the counts differ in proportion; where that of the intercept leaves out 0, by a fixed number
of cells. **Linearity**: p of the Cusum test; where it is below 0.05 a straight line may not describe the counts, and
slope and intercept mean little: look at the plot. With fewer than some 20 photographs the test hardly ever says so,
and an interval that holds 1 or 0 may only be wide. The method is made for figures that take many values: where most
photographs hold a handful of cells, as of white cells, slope and intercept jump between simple numbers, and
Bland–Altman says more."""

PLOTS_NOTE = """First: count against reference count. Grey: equality. Orange: the Passing–Bablok line, and dashed the
lines at both ends of its intervals. Then: Bland–Altman. Orange: mean difference (solid) and limits of agreement
(dashed) with their intervals (shaded). Dots: photographs; rest the pointer on one for its name."""

NEEDS_NOTE = """Limits of agreement need two photographs; proportional bias, correlation, concordance and the
regression three, whose counts are not all equal by either method; the intervals of correlation and concordance four,
those of the regression five and a line that clearly rises; the test of linearity photographs on both sides of the
line; the bias one cell in the reference."""


COUNT_COLUMNS: dict[str, tuple[str, int | None]] = {
    "reference cells": ("reference cells", 0), "counted": ("counted cells", 0), "bias": ("bias", None),
    "correlation": ("correlation", 3), "concordance": ("concordance", 3),
}  # fmt: skip
REGRESSION_COLUMNS: dict[str, tuple[str, int | None]] = {
    "slope": ("slope", 3), "intercept": ("intercept", 2), "linearity": ("linearity p", 3),
}  # fmt: skip
BLAND_ALTMAN_COLUMNS: dict[str, tuple[str, int | None]] = {
    "mean difference": ("mean difference", 2), "lower limit": ("lower limit", 2), "upper limit": ("upper limit", 2),
    "standard deviation": ("standard deviation", 2), "proportional bias": ("proportional bias", 3),
}  # fmt: skip
"""Heading → metric and how many decimals it is printed with; None for a share in percent."""


def plot_name(kind: CellType, plot: str) -> str:
    """Name a plot, ``regression`` or ``bland-altman``, as the page calls it."""
    return f"{plot}-{kind}.svg"


def markdown_page(study: Study, records: Sequence[Record]) -> str:
    """Write the page.

    Parameters
    ----------
    study : Study
    records : sequence of Record
        Those of the study.

    """
    counts, reference = markdown_text(study.counts.name), markdown_text(study.reference.name)
    parts = [
        f"# {counts} compared with {reference}",
        f"**{RESEARCH_USE_ONLY}** Counts by hemolens against reference counts of the same photographs.",
        "\n".join(f"- {sentence}" for kind in study.pairs for sentence in _in_words(records, kind)),
        "## Counts",
        _table(study, records, "counts", COUNT_COLUMNS),
        COUNTS_NOTE,
        "## Passing–Bablok",
        _table(study, records, "passing-bablok", REGRESSION_COLUMNS),
        PASSING_BABLOK_NOTE,
        "## Bland–Altman",
        _table(study, records, "bland-altman", BLAND_ALTMAN_COLUMNS),
        BLAND_ALTMAN_NOTE,
        "## Plots",
        PLOTS_NOTE,
        *(_plots(kind) for kind in study.pairs),
        "## What could not be computed",
        *_missing(study, records),
        "## What was left out",
        "\n".join(f"- {markdown_text(note)}" for note in study.notes) or "Nothing.",
        "## What was compared",
        _provenance(study),
    ]
    return "\n\n".join(parts) + "\n"


def summary_line(records: Sequence[Record], kind: CellType) -> str:
    """Give the main figures of one type in a line for the terminal."""
    found, line = by_metric(records, "counts", kind), by_metric(records, "passing-bablok", kind)
    agreement = by_metric(records, "bland-altman", kind)
    n = found["bias"].n_images
    return (
        f"{CELL_NAMES[kind]}: {n} photograph{'s' if n > 1 else ''}, {number_text(found['reference cells'], 0)} "
        f"in the reference, {number_text(found['counted cells'], 0)} counted, "
        f"bias {percent_text(found['bias'], sign=True)}, "
        f"mean difference {number_text(agreement['mean difference'], 1)}, slope {number_text(line['slope'], 2)}, "
        f"intercept {number_text(line['intercept'], 1)}"
    )


def _in_words(records: Sequence[Record], kind: CellType) -> list[str]:
    """Say what the intervals say: a difference that is not shown may still be there."""
    line, agreement = by_metric(records, "passing-bablok", kind), by_metric(records, "bland-altman", kind)
    name, linearity = CELL_NAMES[kind].capitalize(), line["linearity p"].value
    sentences = [
        f"{name}, mean difference: {_against(agreement['mean difference'], 0, 'cells a photograph', 1)}.",
        f"{name}, slope: {_against(line['slope'], 1, '', 2)}.",
        f"{name}, intercept: {_against(line['intercept'], 0, 'cells', 1)}.",
    ]
    growth = agreement["proportional bias"]
    if growth.low is not None and growth.high is not None and not growth.low <= 0 <= growth.high:
        sentences.append(f"{name}: the difference changes with the count ({number_text(growth, 3)} for each cell).")
    if linearity is not None and linearity < 0.05:
        sentences.append(f"{name}: **a straight line may not describe the counts** (Cusum test, p = {linearity:.3f}).")
    return sentences


def _against(record: Record, equal: int, unit: str, n_decimals: int) -> str:
    if record.value is None:
        return "could not be computed"
    figure = f"{number_text(record, n_decimals)}{f' {unit}' if unit else ''}"
    if record.low is None or record.high is None:
        return f"{figure}, without an interval: nothing can be said of it"
    if record.low <= equal <= record.high:
        return f"{figure}; no difference from {equal} is shown"
    if record.metric == "mean difference" and record.low == record.high:  # its interval is that of the spread
        return f"{figure}, without any spread: what chance could do cannot be told"
    return f"**{figure}; differs from {equal}**"


def _table(
    study: Study, records: Sequence[Record], table: RecordTable, columns: Mapping[str, tuple[str, int | None]]
) -> str:
    rows = []
    for kind in study.pairs:
        found = by_metric(records, table, kind)
        figures = [
            percent_text(found[metric], sign=True) if n_decimals is None else number_text(found[metric], n_decimals)
            for metric, n_decimals in columns.values()
        ]
        rows.append([CELL_NAMES[kind], str(len(study.pairs[kind].names)), *figures])
    return markdown_table(["", "photographs", *columns], rows)


def _plots(kind: CellType) -> str:
    name = CELL_NAMES[kind]
    return (
        f"### {name.capitalize()}\n\n![{name}: count against reference count]({plot_name(kind, 'regression')})\n"
        f"![{name}: Bland–Altman plot]({plot_name(kind, 'bland-altman')})"
    )


def _missing(study: Study, records: Sequence[Record]) -> list[str]:
    missing = {kind: missing_figures(records, kind) for kind in study.pairs}
    lines = [
        f"- {CELL_NAMES[kind].capitalize()} ({len(study.pairs[kind].names)}): {', '.join(names)}."
        for kind, names in missing.items()
        if names
    ]
    return ["\n".join(lines), NEEDS_NOTE] if lines else ["Nothing."]


def _provenance(study: Study) -> str:
    lines = [
        f"- Counts: {markdown_text(study.counts.name)}, sha256 {study.counts.sha256}.",
        f"- Reference: {markdown_text(study.reference.name)}, sha256 {study.reference.sha256}.",
        f"- hemolens {__version__}; run.json beside the counts says with which models they were made.",
        "- Each figure is in validate.json, each photograph in validate.csv.",
    ]
    return "\n".join(lines)
