"""The figures of the default model → the tables that documents show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from hemolens.cell_types import CELL_NAMES, CELL_TYPES
from hemolens.evaluation.robustness import CHANGES

Records = Sequence[Mapping[str, Any]]
Photographs = Mapping[str, Mapping[str, Sequence[int]]]
"""Table and cell type → photograph → its true count and its count."""

UNSEEN = "a laboratory unseen"


class Laboratory(NamedTuple):
    """A source in the table of laboratories unseen.

    ``seen`` are the tables of the same photographs, counted by a model that has seen others of the laboratory: the
    first that has figures of a type. None, where every model that has seen the laboratory has seen these photographs.
    """

    name: str
    table: str
    seen: tuple[str, ...] = ()

    @property
    def collection(self) -> str:
        """The collection that its photographs are from."""
        return self.name.partition(",")[0]


LABORATORIES = (
    Laboratory("ALL-IDB1", f"all-idb1, {UNSEEN}", ("all-idb1, sessions left out", "red cells, 3 folds")),
    Laboratory("BCCD, the CBC test photographs", f"bccd, {UNSEEN}", ("CBC test, TXL re-labels",)),
    Laboratory("bionet, held-out photographs", f"bionet, {UNSEEN}", ("bionet, photographs left out",)),
    Laboratory("bionet, of all families", f"bionet, {UNSEEN}, all families"),
    Laboratory("BCDD", f"bcdd_ankara, {UNSEEN}"),
    Laboratory("TXL-PBC", f"txl_pbc, {UNSEEN}"),
)


def unseen_table(records: Records) -> str:
    """The table of all laboratories, each counted by a model that has not seen it."""
    lines = [
        "| laboratory, unseen | cells | n | F1 | counting accuracy | bias | laboratory seen: F1 |",
        "|---|---|---|---|---|---|---|",
    ]
    for laboratory in LABORATORIES:
        for kind in CELL_TYPES:
            own = figures_of(records, laboratory.table, kind)
            if not own:
                continue
            seen = [f1_or_accuracy(found) for table in laboratory.seen if (found := figures_of(records, table, kind))]
            beside = seen[0] if seen else "–"
            lines.append(
                f"| {laboratory.name} | {CELL_NAMES[kind]} | {own['bias']['n_images']} | {f1_of(own)} "
                f"| {own['counting accuracy']['value']:.1%} | {own['bias']['value']:+.1%} | {beside} |"
            )
    return "\n".join(lines) + "\n"


def unseen_summary(records: Records, photographs: Photographs) -> str:
    """Summarise :func:`unseen_table`: a row for each cell type, from the worst to the best collection."""
    lines = [
        "| cells | collections | photographs | F1 | counting accuracy | bias |",
        "|---|---|---|---|---|---|",
    ]
    for kind in CELL_TYPES:
        measured = [each for each in LABORATORIES if figures_of(records, each.table, kind)]
        figures = [figures_of(records, each.table, kind) for each in measured]
        names = {(each.collection, name) for each in measured for name in photographs[f"{each.table}, {kind}"]}
        ranges = [
            range_of(figures, metric, form)
            for metric, form in (("F1", ".3f"), ("counting accuracy", ".1%"), ("bias", "+.1%"))
        ]
        n_collections = len({collection for collection, _ in names})
        lines.append(f"| {CELL_NAMES[kind]} | {n_collections} | {len(names)} | {' | '.join(ranges)} |")
    return "\n".join(lines) + "\n"


def range_of(figures: Sequence[Mapping[str, Mapping[str, Any]]], metric: str, form: str) -> str:
    """Lowest and highest value of a metric."""
    values = [own[metric]["value"] for own in figures if metric in own]
    return f"{min(values):{form}} to {max(values):{form}}"


def model_table(records: Records) -> str:
    """The tables of the sources that training has seen other photographs of, and of changed photographs."""
    lines = [
        "| photographs | cells | n | counting accuracy | mean absolute error | bias | F1 |",
        "|---|---|---|---|---|---|---|",
    ]
    tables = dict.fromkeys(
        (row["table"], row["cell"])
        for row in records
        if row["metric"] == "counting accuracy"
        and UNSEEN not in row["table"]
        and not row["table"].endswith(("CBC labels", "cut cells too"))
    )
    for table, kind in tables:
        own = figures_of(records, table, kind)
        lines.append(
            f"| {table} | {CELL_NAMES[kind]} | {own['bias']['n_images']} "
            f"| {with_interval(own['counting accuracy'], '.1%')} | {own['mean absolute error']['value']:.1f} "
            f"| {own['bias']['value']:+.1%} | {f1_of(own)} |"
        )
    lines += ["", "| change | red cells | white cells | platelets |", "|---|---|---|---|"]
    for name in CHANGES:
        changes = {
            row["cell"]: row["value"]
            for row in records
            if (row["table"], row["images"], row["metric"]) == ("robustness", name, "pooled change")
        }
        lines.append(f"| {name} | " + " | ".join(f"{changes[kind]:+.1%}" for kind in CELL_TYPES) + " |")
    return "\n".join(lines) + "\n"


def figures_of(records: Records, table: str, kind: str) -> dict[str, Mapping[str, Any]]:
    """The records of one table and type by their metric."""
    return {row["metric"]: row for row in records if (row["table"], row["cell"]) == (table, kind)}


def f1_of(own: Mapping[str, Mapping[str, Any]]) -> str:
    """F1 with its interval."""
    return with_interval(own["F1"], ".3f") if "F1" in own else "no boxes to match"


def f1_or_accuracy(own: Mapping[str, Mapping[str, Any]]) -> str:
    """F1 or, where there are no boxes, the counting accuracy as a percentage."""
    return f"{own['F1']['value']:.3f}" if "F1" in own else f"{own['counting accuracy']['value']:.1%} (accuracy)"


def with_interval(row: Mapping[str, Any], form: str) -> str:
    """A value with its interval, where there is one."""
    if row["low"] is None:
        return format(row["value"], form)
    return f"{row['value']:{form}} ({row['low']:{form}}–{row['high']:{form}})"
