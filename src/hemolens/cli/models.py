"""``hemolens models``: what can count."""

from __future__ import annotations

import typer

app = typer.Typer(no_args_is_help=True, help="Say what can count cells.", rich_markup_mode=None)


@app.callback()
def _models() -> None:
    """Keep ``list`` a command of its own, although it is the only one."""


@app.command("list")
def list_models() -> None:
    """List the models that hemolens count --model knows by name, a line each.

    Name, cell types, whether it is a network or a classical method, where it is described, and its terms of use.
    """
    from hemolens.cell_types import CELL_NAMES, CELL_TYPES
    from hemolens.models.store import read_card, shipped_models

    rows = [("model", "counts", "kind", "described in", "terms")]
    for name in shipped_models():
        card = read_card(name)
        kinds = [CELL_NAMES[kind] for kind in card.cell_types]
        counts = "all types" if len(kinds) == len(CELL_TYPES) else ", ".join(kinds)
        rows.append((name, counts, "classical" if card.segmentation else "network", card.reference, card.terms))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        typer.echo("  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip())
