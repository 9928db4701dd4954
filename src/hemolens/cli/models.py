"""``hemolens models``: what can count, and the models of the user."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from hemolens.models.store import ModelFile

app = typer.Typer(no_args_is_help=True, help="List, check, keep and share models.", rich_markup_mode=None)

Name = Annotated[str, typer.Argument(help="Name in hemolens models list, or path of a model.", metavar="MODEL")]


@app.command("list")
def list_models() -> None:
    """List the models that hemolens count --model knows by name, a line each.

    Name, cell types, whether it is a network or a classical method, where it is described, and its terms of use. A star
    marks the default. The last lines are what hemolens count --differential and --classifier know by name.
    """
    from hemolens.cell_types import CELL_NAMES, CELL_TYPES
    from hemolens.models.store import (
        DEFAULT_CLASSIFIER,
        default_model,
        full_name,
        read_card,
        read_classifier_card,
        shipped_classifiers,
        shipped_models,
    )
    from hemolens.models.user_models import user_models

    default_name = full_name(default_model())
    rows = [("model", "counts", "kind", "described in", "terms")]
    for name in (*shipped_models(), *user_models()):
        card = read_card(name)
        kinds = [CELL_NAMES[kind] for kind in card.cell_types]
        counts = "all types" if len(kinds) == len(CELL_TYPES) else ", ".join(kinds)
        kind = "classical" if card.segmentation else "network"
        rows.append((f"{name}{' *' * (name == default_name)}", counts, kind, card.reference, card.terms))
    for name in shipped_classifiers():
        described = read_classifier_card(name)
        star = " *" * (name == DEFAULT_CLASSIFIER)
        rows.append((f"{name}{star}", "classes of white cells", "classifier", described.reference, described.terms))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        typer.echo("  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip())


@app.command()
def show(model: Name) -> None:
    """Show all that is known about a model: its card."""
    from hemolens.models.card import card_text
    from hemolens.models.store import is_classifier, read_card, read_classifier_card

    card = read_classifier_card(model).toml if is_classifier(model) else card_text(read_card(model))
    typer.echo(card, nl=False)


@app.command()
def verify(model: Name) -> None:
    """Check that weights and card are whole, unaltered and fit together."""
    from hemolens.differential.classifier import load_classifier
    from hemolens.models.store import is_classifier, read_card, read_classifier

    if is_classifier(model):
        digest = read_classifier(model).card.sha256
        load_classifier(model, digest)
    else:
        card = read_card(model)
        if card.network:
            _load(model)
        digest = card.digest
    typer.echo(f"{model}: whole and unaltered, sha256 {digest}")


@app.command("import")
def import_model(
    path: Annotated[
        Path, typer.Argument(help="Package of hemolens models export, folder, or .onnx with its card.", metavar="PATH")
    ],
) -> None:
    """Keep a model, so that its name alone will do; a second model of that name becomes its next version."""
    from hemolens.models.store import keep_model

    file = _load(str(path))
    kept = keep_model(file)
    typer.echo(f"{kept.full_name}, sha256 {file.card.sha256}")
    name = kept.name
    typer.echo(f"Count with it: hemolens count --model {name} PHOTOGRAPH; always: hemolens models default {name}")


@app.command()
def export(
    model: Name,
    out: Annotated[Path | None, typer.Option("--out", help="New file, NAME.zip if left out.", metavar="FILE")] = None,
) -> None:
    """Pack a model into one file, for hemolens elsewhere and for programs that run bioimage.io models."""
    from hemolens.errors import UsageError, quoted
    from hemolens.files.whole_file import write_whole
    from hemolens.segmentation.model_package import package_bytes

    file = _load(model)
    target = out or Path(f"{file.card.name}.zip")
    if target.exists():
        raise UsageError(
            "there is something where the package is to be",
            came=quoted(target),
            allowed="a new file",
            do="name another",
            option="out",
        )
    write_whole(target, package_bytes(file))
    typer.echo(f"{target} ({target.stat().st_size / 1e6:.1f} MB)")


@app.command()
def default(
    model: Annotated[
        str | None,
        typer.Argument(help="Name in hemolens models list; without it, the default is said.", metavar="MODEL"),
    ] = None,
) -> None:
    """Say or change which model counts unless --model names another; one-pass is that which comes with hemolens."""
    from hemolens.models.store import count_by_default_with, default_model

    if model is not None:
        count_by_default_with(model)
    typer.echo(default_model())


def _load(model: str) -> ModelFile:
    """Read a model or a package, and open its weights."""
    from hemolens.models.store import read_model
    from hemolens.segmentation.model_package import read_package
    from hemolens.segmentation.network_maps import open_model

    file = read_package(Path(model)) if model.lower().endswith(".zip") else read_model(model)
    open_model(file, model)
    return file
