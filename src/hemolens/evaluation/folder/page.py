"""An evaluation and its records → one page in Markdown, which shows pictures by their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hemolens import RESEARCH_USE_ONLY, __version__
from hemolens.cell_types import CELL_NAMES, CELL_TYPES, CellType
from hemolens.evaluation.comparison import Comparison
from hemolens.evaluation.folder.evaluate import EvaluatedPhotograph, Evaluation
from hemolens.evaluation.matching import MATCHING_RULES, OUTCOMES
from hemolens.evaluation.record import NONE, Record, by_metric, number_text, percent_text
from hemolens.evaluation.robustness import CHANGES
from hemolens.output.report.html_page import markdown_table, markdown_text, names_text

N_WORST = 6
"""Most photographs that are shown."""

COUNTS_NOTE = """In brackets: 95 % bootstrap interval over photographs (for the correlation, Pearson's: Fisher's). It
takes the photographs for independent; where several are of one smear or one patient, the true uncertainty is larger.
**Counting accuracy**: mean of 1 − |count − truth| / truth over the photographs that have such a cell by their labels;
those that have none are in the last column. **Mean absolute error**: mean of |count − truth|. **Bias**: sum of counts
over sum of true counts, minus 1. **Exact**: share of photographs whose count is the true one."""

BLAND_ALTMAN_NOTE = """Differences count − truth, in cells a photograph. Between the **limits of agreement** (mean ±
1.96 standard deviations) lie 95 % of the differences if they are normally distributed and do not grow with the count:
look at the plots. In brackets: 95 % intervals by Student's t (Bland & Altman 1999). Dots: photographs. Grey:
equality. Orange: mean difference (solid) and limits (dashed) with their intervals (shaded)."""

CELLS_NOTE = """**True positives**: found cells that match a labelled one. **False positives**: found cells that match
none. **False negatives**: labelled cells that no found one matches. **Precision**: true positives over found cells.
**Recall**: true positives over labelled cells. **F1**: true positives over the mean of found and labelled cells. All
over the cells of all photographs together. In brackets: 95 % bootstrap interval over photographs."""

ROBUSTNESS_NOTE = """The same photographs, changed so that the cells stay. **Mean**: mean over photographs of |changed
− unchanged| / unchanged count (those with no such cell when unchanged are in the column after). **Pooled**: sum of
all changed counts over the sum of all unchanged ones, minus 1; where a photograph holds few cells it says more than
the mean. All found cells are counted, whether their type is labelled or not, those near the frame included. In
brackets: 95 % bootstrap interval over photographs."""


def plot_name(kind: CellType, plot: str) -> str:
    """Name the file of a plot, ``counts`` or ``bland-altman``, as the page calls it."""
    return f"pictures/{plot}-{kind}.svg"


def picture_name(place: int) -> str:
    """Name the file of the picture of a worst photograph; the worst has the place 1."""
    return f"pictures/worst-{place}.jpg"


def worst_photographs(evaluation: Evaluation) -> list[EvaluatedPhotograph]:
    """Give the photographs with most errors per true cell, the worst first, at most :data:`N_WORST`."""
    return sorted(evaluation.photographs, key=lambda each: -each.errors_per_cell)[:N_WORST]


def markdown_page(evaluation: Evaluation, records: Sequence[Record]) -> str:
    """Write the page.

    Parameters
    ----------
    evaluation : Evaluation
    records : sequence of Record
        Those of the evaluation.

    """
    parts = [
        f"# hemolens measured on {markdown_text(evaluation.labels)}",
        f"**{RESEARCH_USE_ONLY}** {_summary(evaluation)}",
        _types_sentence(evaluation),
        "## Counts",
        _counts_table(evaluation, records),
        COUNTS_NOTE,
        "## Bland–Altman",
        _bland_altman_table(evaluation, records),
        BLAND_ALTMAN_NOTE,
        *(_plots(kind) for kind in evaluation.types),
        "## Cells",
        *_cells_section(evaluation, records),
        "## The worst photographs",
        *_worst_section(evaluation),
    ]
    if any(record.table == "robustness" for record in records):
        parts += ["## Robustness", ROBUSTNESS_NOTE, _robustness_table(records)]
    parts += ["## What was left out", _left_out(evaluation), "## How it was measured", _provenance(evaluation)]
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"


def summary_line(records: Sequence[Record], kind: CellType) -> str:
    """Give the main figures of one type in a line for the terminal."""
    found = by_metric(records, "counts", kind)
    f1 = by_metric(records, "cells", kind).get("F1")
    return (
        f"{CELL_NAMES[kind]}: {found['true cells'].n_images} photographs, {number_text(found['true cells'], 0)} true, "
        f"{number_text(found['counted cells'], 0)} counted, "
        f"counting accuracy {percent_text(found['counting accuracy'])}, "
        f"bias {percent_text(found['bias'], sign=True)}" + (f", F1 {number_text(f1, 3)}" if f1 else "")
    )


def _summary(evaluation: Evaluation) -> str:
    n = len(evaluation.photographs)
    return f"{n} labelled photograph{'s were' if n > 1 else ' was'} counted and compared with the labels."


def _types_sentence(evaluation: Evaluation) -> str:
    sentences = []
    for kind in CELL_TYPES:
        n = sum(kind in each.compared for each in evaluation.photographs)
        if not n:
            sentences.append(f"- {CELL_NAMES[kind].capitalize()} are not labelled: unknown, and not judged.")
        elif any(each.detection is not None for each in evaluation.of_type(kind)):
            sentences.append(
                f"- {CELL_NAMES[kind].capitalize()} are labelled on {n}. A found cell matches a labelled one when "
                f"{MATCHING_RULES[kind].in_words()}. Each is matched once, so that there are as many pairs as possible."
            )
        else:
            sentences.append(f"- {CELL_NAMES[kind].capitalize()} are labelled on {n}, as counts without places.")
    margin = evaluation.frame_margin_px
    if margin is None:
        sentences.append("- Cells at the frame are judged like all others.")
    else:
        sentences.append(
            f"- Only cells whose box is more than {margin} px off the frame are judged, labelled and found ones alike. "
            "A found cell that matches a label nearer to the frame is neither a true nor a false positive; one near "
            "the frame that matches a label farther off is a true positive. So true and false positives together may "
            "differ from the count by a few."
        )
    return "\n".join(sentences)


def _counts_table(evaluation: Evaluation, records: Sequence[Record]) -> str:
    rows = []
    for kind in evaluation.types:
        found = by_metric(records, "counts", kind)
        exact_zero = found["exact counts where the truth is 0"]
        n_zero = exact_zero.n_images
        rows.append(
            [
                CELL_NAMES[kind],
                str(found["true cells"].n_images),
                number_text(found["true cells"], 0),
                number_text(found["counted cells"], 0),
                percent_text(found["counting accuracy"]),
                number_text(found["mean absolute error"], 2),
                percent_text(found["bias"], sign=True),
                percent_text(found["exact counts"]),
                number_text(found["correlation"], 3),
                f"{n_zero}: {number_text(exact_zero, 0)} counted as 0, "
                f"{number_text(found['counted cells where the truth is 0'], 0)} cells in all"
                if n_zero
                else "none",
            ]
        )
    header = ["", "photographs", "true cells", "counted", "counting accuracy", "mean absolute error", "bias", "exact",
              "correlation", "photographs without a true cell"]  # fmt: skip
    return markdown_table(header, rows)


def _bland_altman_table(evaluation: Evaluation, records: Sequence[Record]) -> str:
    rows = []
    for kind in evaluation.types:
        found = by_metric(records, "bland-altman", kind)
        rows.append(
            [
                CELL_NAMES[kind],
                *(number_text(found[metric], 2) for metric in ("mean difference", "lower limit", "upper limit")),
                number_text(found["standard deviation"], 2),
            ]
        )
    return markdown_table(["", "mean difference", "lower limit", "upper limit", "standard deviation"], rows)


def _plots(kind: CellType) -> str:
    name = CELL_NAMES[kind]
    return (
        f"### {name.capitalize()}\n\n![{name}: count against true count]({plot_name(kind, 'counts')})\n"
        f"![{name}: Bland–Altman plot]({plot_name(kind, 'bland-altman')})"
    )


def _cells_section(evaluation: Evaluation, records: Sequence[Record]) -> list[str]:
    rows = []
    for kind in evaluation.types:
        found = by_metric(records, "cells", kind)
        if found:
            rows.append(
                [
                    CELL_NAMES[kind],
                    str(found["true positives"].n_images),
                    *(number_text(found[metric], 0) for metric in OUTCOMES),
                    *(number_text(found[metric], 3) for metric in ("precision", "recall", "F1")),
                ]
            )
    if not rows:
        return ["The labels are counts: which cells were found is not known."]
    header = ["", "photographs", *OUTCOMES, "precision", "recall", "F1"]
    return [markdown_table(header, rows), CELLS_NOTE]


def _worst_section(evaluation: Evaluation) -> list[str]:
    parts = [
        "Those with most errors for each true cell. Errors are false positives and false negatives, or |count − truth| "
        "where only a count is known, of all labelled types together.",
        "Blue: true positives. Magenta, thick, with a letter: false positives. Yellow rectangles with a letter: false "
        "negatives. Grey: not judged. R, W and P: red cell, white cell, platelet.",
    ]
    for place, each in enumerate(worst_photographs(evaluation), start=1):
        name = markdown_text(each.image)
        figures = "; ".join(_in_words(kind, comparison) for kind, comparison in _in_order(each.compared))
        parts += [
            f"### {place}. {name}",
            f"{each.errors_per_cell:.2f} errors for each true cell. {figures}.",
            f"![{name} with its true positives, false positives and false negatives]({picture_name(place)})",
        ]
    return parts


def _in_words(kind: CellType, comparison: Comparison) -> str:
    text = f"{CELL_NAMES[kind].capitalize()}: {comparison.truth} true, {comparison.count} counted"
    if comparison.detection is None:
        return text
    judged = ", ".join(f"{n} {metric}" for n, metric in zip(comparison.detection, OUTCOMES, strict=True))
    return f"{text} ({judged})"


def _in_order(compared: Mapping[CellType, Comparison]) -> list[tuple[CellType, Comparison]]:
    return [(kind, compared[kind]) for kind in CELL_TYPES if kind in compared]


def _robustness_table(records: Sequence[Record]) -> str:
    rows = []
    for change in CHANGES:
        row = [change]
        for kind in CELL_TYPES:
            found = by_metric([record for record in records if record.change == change], "robustness", kind)
            there = found["cells found where there were none"]
            row += [
                percent_text(found["mean absolute change"]),
                f"{number_text(there, 0)} on {there.n_images}" if there.n_images else NONE,
                percent_text(found["pooled change"], sign=True),
            ]
        rows.append(row)
    header = ["change"]
    for kind in CELL_TYPES:
        name = CELL_NAMES[kind]
        header += [f"{name}: mean", "cells where there were none", f"{name}: pooled"]
    return markdown_table(header, rows)


def _left_out(evaluation: Evaluation) -> str:
    lines = [f"- {markdown_text(note)}" for note in evaluation.notes]
    if evaluation.missing:
        names = markdown_text(names_text(evaluation.missing))
        lines.append(f"- Labelled, but not in the folder ({len(evaluation.missing)}): {names}.")
    lines += [f"- Not counted: {markdown_text(failure)}" for failure in evaluation.failures]
    return "\n".join(lines) or "Nothing."


def _provenance(evaluation: Evaluation) -> str:
    digest = f", sha256 {evaluation.labels_sha256}" if evaluation.labels_sha256 else ""
    lines = [
        f"- hemolens {__version__}, {evaluation.seconds:.0f} seconds.",
        f"- Labels: {markdown_text(evaluation.labels)}{digest}.",
        *(
            f"- {CELL_NAMES[kind].capitalize()}: counter {evaluation.counters.get(kind, NONE)}, model sha256 {sha256}."
            for kind, sha256 in evaluation.models.items()
        ),
        "- The cards of the models name the photographs that they were trained on. If these are among them, the "
        "figures are too good.",
        "- Each figure is in evaluate.json, each photograph in evaluate.csv.",
    ]
    return "\n".join(lines)
