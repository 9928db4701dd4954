"""Puts recorded tables, and tables that follow from the code, into the documents that show them.

    python benchmarks/documents.py

A document shows a recorded table between a line ``<!-- benchmarks/NAME.md -->`` and a line ``<!-- end -->``, and one of
:data:`GENERATED` between ``<!-- generated: NAME -->`` and ``<!-- end -->``; what is between them is replaced.
``tests/test_docs.py`` holds them together.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import typer

from hemolens.cell_types import CELL_NAMES, CELL_TYPES
from hemolens.cells.counters import COUNTERS
from hemolens.cli import app
from hemolens.models.store import read_card, shipped_models
from hemolens.output import cells_csv, counts_csv, differential_csv, red_cells_csv, summary_csv
from hemolens.output.column import Column
from hemolens.output.entries import Entry
from hemolens.output.export.registry import FORMATS
from hemolens.output.report.html_page import markdown_table
from hemolens.web.app import create_app
from hemolens.web.settings import ServeSettings

ROOT = Path(__file__).parent.parent
SHOWN = re.compile(
    r"(?P<open><!-- (?P<source>benchmarks/[\w.-]+\.md|generated: [\w. -]+) -->\n)(?P<text>.*?)(?P<close><!-- end -->)",
    re.DOTALL,
)


def show(document: str, root: Path = ROOT) -> str:
    """Replace every table of a document by what is recorded, or follows from the code."""

    def current(match: re.Match[str]) -> str:
        kind, _, name = match["source"].partition(": ")
        text = f"{GENERATED[name]()}\n" if kind == "generated" else (root / match["source"]).read_text(encoding="utf-8")
        return match["open"] + text + match["close"]

    return SHOWN.sub(current, document)


def show_tables(root: Path = ROOT) -> None:
    """Replace the tables in the README and in all pages."""
    for path in (root / "README.md", *sorted((root / "docs").rglob("*.md"))):
        before = path.read_text(encoding="utf-8")
        after = show(before, root)
        if after != before:
            path.write_text(after, encoding="utf-8")


def columns_table(columns: Iterable[Column[Any]]) -> str:
    """Describe the columns of a table: a line for each; those that mean the same share one, where the first stands."""
    names: dict[tuple[str, str, str], list[str]] = {}
    for column in columns:
        names.setdefault((column.written, column.unit, column.meaning), []).append(f"`{column.name}`")
    rows = [(", ".join(each), *about) for about, each in names.items()]
    return markdown_table(["column", "written as", "unit", "meaning"], rows)


def commands() -> str:
    """Every command with its arguments and options, as ``--help`` has them."""
    parts = []
    for name, command in all_commands(typer.main.get_command(app)):
        arguments = [each for each in command.params if not is_option(each)]
        usage = " ".join(["hemolens", name, *map(usage_of, arguments)])
        head = ["argument or option", "without it", "meaning"]
        rows = [(f"`{usage_of(each)}`", without(each), each.help) for each in command.params]
        parts.append(f"### `{usage}`\n\n{command.help.partition(chr(10))[0]}\n\n{markdown_table(head, rows)}")
    return "\n" + "\n\n".join(parts) + "\n"


def all_commands(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Give each command with its name, those of a group with the group's before it."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from all_commands(command, f"{before}{name} ")
        else:
            yield before + name, command


def is_option(parameter: Any) -> bool:
    """Whether a parameter of a command is an option, not an argument."""
    return parameter.opts[0].startswith("-")


def usage_of(parameter: Any) -> str:
    """What a user types for a parameter of a command."""
    name = parameter.metavar or parameter.name.upper()
    if is_option(parameter):
        return parameter.opts[0] if parameter.is_flag else f"{parameter.opts[0]} {name}"
    name += "..." if parameter.nargs == -1 else ""
    return name if parameter.required else f"[{name}]"


def without(parameter: Any) -> str:
    """What holds when a parameter of a command is not given."""
    if parameter.required:
        return "required"
    if parameter.default is None or parameter.default is False or parameter.default == "":
        return "–"
    return f"`{getattr(parameter.default, 'value', parameter.default)}`"


def counters() -> str:
    """Every counter: its method, and what it counts by default."""
    return markdown_table(["name", "method", "default for"], [(f"`{name}`", *about_counter(name)) for name in COUNTERS])


def about_counter(name: str) -> tuple[str, str]:
    """Give the method of a counter, and the models and cell types that it is the default for."""
    docstring = sys.modules[COUNTERS[name].settings_model.__module__].__doc__ or ""
    chosen = []
    for model in shipped_models():
        card = read_card(model)
        kinds = [kind for kind in card.cell_types if card.default_counter(kind) == name]
        of_what = "" if kinds == list(CELL_TYPES) else f" ({', '.join(CELL_NAMES[kind] for kind in kinds)})"
        chosen += [f"`{model}`{of_what}"] if kinds else []
    return docstring.partition("\n")[0].rstrip("."), ", ".join(chosen)


def export_formats() -> str:
    """Every export format: its files, and the libraries that it needs beyond a small installation."""
    rows = [(f"`{name}`", export_files(name), ", ".join(each.needs)) for name, each in FORMATS.items()]
    return markdown_table(["name", "files", "needs, from `hemolens[export]`"], rows)


def export_files(name: str) -> str:
    """Name the files of an export format, with TYPE for each cell type and NAME for each photograph."""
    each = FORMATS[name]
    files = [*each.files(Entry("NAME.jpg", "overlay/NAME.png", None)), *each.shared]
    files = [re.sub(rf"/({'|'.join(CELL_TYPES)})/", "/TYPE/", re.sub(r"(?<=\.zarr/).*", "", file)) for file in files]
    return ", ".join(f"`{file}`" for file in dict.fromkeys(files))


GENERATED: dict[str, Callable[[], str]] = {
    "counts.csv": lambda: columns_table(counts_csv.COLUMNS),
    "cells.csv": lambda: columns_table(cells_csv.COLUMNS),
    "summary.csv": lambda: columns_table(summary_csv.COLUMNS),
    "differential.csv": lambda: columns_table(differential_csv.COLUMNS),
    "red-cells.csv": lambda: columns_table(red_cells_csv.COLUMNS),
    "commands": commands,
    "counters": counters,
    "export formats": export_formats,
}
"""Name → text that follows from the code."""

API = ROOT / "page" / "openapi.json"
"""What the page's types are made from."""


def described_api() -> str:
    """Describe the interface of the service (OpenAPI)."""
    app = create_app(ServeSettings(folder=Path("unused")))
    return json.dumps(app.openapi(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    show_tables()
    API.write_text(described_api(), encoding="utf-8")
