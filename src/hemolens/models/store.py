"""Where models are: a card, and an ONNX file of the same name where the model has a network.

Some come with hemolens (``shipped/``), others a user has imported (:mod:`~.user_models`); any other is known by the
path of its ``.onnx`` file, of its card, or of a folder that holds one such pair.
"""

from __future__ import annotations

import hashlib
import tomllib
from contextlib import suppress
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from hemolens.cell_types import CellType
from hemolens.errors import ModelError, UsageError, quoted
from hemolens.files.whole_file import write_all, write_whole
from hemolens.models.card import ModelCard, card_text, parse_card
from hemolens.models.classifier_card import ClassifierCard, parse_classifier_card
from hemolens.models.user_models import (
    UserModel,
    find_user_model,
    is_model_name,
    keep_user_model,
    read_unaltered,
    set_user_default,
    user_default,
    user_models,
)

PAPER_MODELS: dict[CellType, str] = {"rbc": "rbc-do-unet", "wbc": "wbc-unet", "plt": "plt-unet"}
"""The paper's networks, one for each cell type."""

DEFAULT_MODEL = "one-pass"
"""Counts all three types, unless the user has another default model or gives one."""

DEFAULT_CLASSIFIER = "white-cells"
"""Tells the classes of white cells apart, unless another classifier is given."""

_CLASSIFIERS = "differential"

_SENT: dict[str, ModelFile] = {}

_SUFFIX = ".onnx"
_ALLOWED = "the path of an .onnx file with its card beside it, or of a folder with one such pair"


@dataclass(frozen=True, eq=False)
class ModelFile:
    """A card and the bytes of the ONNX file that it describes."""

    card: ModelCard
    onnx: bytes


@dataclass(frozen=True, eq=False)
class ClassifierFile:
    """The card of a classifier and the bytes of its ONNX file."""

    card: ClassifierCard
    onnx: bytes


def default_model() -> str:
    """Name of the model that counts unless another is asked for: that of the user, or :data:`DEFAULT_MODEL`."""
    return user_default() or DEFAULT_MODEL


def full_name(name: str) -> str:
    """Name of a model, with its version where it was imported: ``my-lab`` is the latest, such as ``my-lab@2``."""
    imported = find_user_model(name)
    return imported.full_name if imported else name


def count_by_default_with(name: str) -> None:
    """Make a model the one that counts unless another is asked for; :data:`DEFAULT_MODEL` switches back.

    Parameters
    ----------
    name : str
        Of a model that comes with hemolens, or that was imported.

    Raises
    ------
    UsageError
        It has no name, or the folder of the user's models cannot be written to.

    """
    if name not in shipped_models() and find_user_model(name) is None:
        raise UsageError(
            "only a model with a name can be the default",
            came=quoted(name),
            allowed="a name in hemolens models list",
            do="import the model first: hemolens models import PATH",
        )
    set_user_default(None if name == DEFAULT_MODEL else name)


def check_model_name(name: str, option: str | None = None) -> None:
    """Check that a model of the user may have a name.

    Parameters
    ----------
    name : str
    option : str, optional
        The parameter that it came in.

    Raises
    ------
    UsageError
        It is not a name, or a model that comes with hemolens has it.

    """
    if not is_model_name(name) or name in shipped_models():
        raise UsageError(
            "a model cannot be called so",
            came=quoted(name),
            allowed="small letters, digits and dashes, such as my-lab, and no name of a model that comes with hemolens",
            do="choose another name",
            option=option,
        )


def keep_model(file: ModelFile) -> UserModel:
    """Keep a model, so that its name alone will do; another one of that name becomes its next version.

    Raises
    ------
    UsageError
        A model cannot be called so, or the folder of the user's models cannot be written to.
    OutputError
        The disk is full.

    """
    check_model_name(file.card.name)
    return keep_user_model(file.card.name, file.onnx, card_text(file.card).encode())


def shipped_models() -> list[str]:
    """Names of the models that come with hemolens and can count; of the paper's networks the wheel has cards only."""
    with_weights = _shipped_names(_SUFFIX)
    return [name for name in _shipped_names(".toml") if name in with_weights or read_card(name).segmentation]


def shipped_classifiers() -> list[str]:
    """Names of the classifiers of white cells that come with hemolens."""
    return _shipped_names(_SUFFIX, _CLASSIFIERS)


def is_classifier(name_or_path: str) -> bool:
    """Whether a name or a path, as in :func:`read_classifier_card`, leads to a classifier of white cells."""
    if name_or_path in shipped_classifiers():
        return True
    with suppress(ModelError, ValueError):  # what is no card is said by who reads it
        return "classes" in tomllib.loads(_bytes(_files(name_or_path)[1], name_or_path).decode())
    return False


def read_card(name_or_path: str) -> ModelCard:
    """Read what is known about a model.

    Parameters
    ----------
    name_or_path : str
        Name of a shipped model or of one that was imported, the path of an ``.onnx`` file or of its card, or a folder
        that holds one such pair.

    Raises
    ------
    ModelError
        There is no such card, or it is malformed.

    """
    return parse_card(_bytes(_files(name_or_path)[1], name_or_path).decode("utf-8", "replace"), name_or_path)


def read_model(name_or_path: str) -> ModelFile:
    """Read a model: its card and its weights.

    Parameters
    ----------
    name_or_path : str
        As in :func:`read_card`.

    Raises
    ------
    ModelError
        If the weights or the card are missing, the card is malformed, or the weights are not those that the
        card describes (sha256).

    """
    data, card = _bytes(_files(name_or_path)[0], name_or_path), read_card(name_or_path)
    _refuse_other_weights(data, card.sha256, name_or_path)
    return ModelFile(card, data)


def read_classifier_card(name_or_path: str) -> ClassifierCard:
    """Read what is known about a classifier of white cells.

    Parameters
    ----------
    name_or_path : str
        Name of a shipped classifier, or as in :func:`read_card`.

    Raises
    ------
    ModelError
        There is no such card, or it is malformed.

    """
    data = _bytes(_files(name_or_path, _CLASSIFIERS)[1], name_or_path, _CLASSIFIERS)
    return parse_classifier_card(data.decode("utf-8", "replace"), name_or_path)


def read_classifier(name_or_path: str) -> ClassifierFile:
    """Read a classifier of white cells: its card and its weights.

    Parameters
    ----------
    name_or_path : str
        As in :func:`read_classifier_card`.

    Raises
    ------
    ModelError
        As in :func:`read_model`.

    """
    data = _bytes(_files(name_or_path, _CLASSIFIERS)[0], name_or_path, _CLASSIFIERS)
    card = read_classifier_card(name_or_path)
    _refuse_other_weights(data, card.sha256, name_or_path)
    return ClassifierFile(card, data)


def _refuse_other_weights(data: bytes, sha256: str, name_or_path: str) -> None:
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise ModelError(
            f"the weights of model {quoted(name_or_path)} do not match its card",
            came=f"sha256 {found[:12]}…",
            allowed=f"sha256 {sha256[:12]}…",
            do="install hemolens again, or export the model again with hemolens train",
        )


def write_model_files(file: ModelFile | ClassifierFile, folder: Path) -> Path:
    """Write a model into a folder, ``NAME.onnx`` and its card; return the path of the first.

    Raises
    ------
    UsageError
        The folder cannot be written to.
    OutputError
        The disk is full.

    """
    name = file.card.name
    card = file.card.toml if isinstance(file.card, ClassifierCard) else card_text(file.card)
    write_all(folder, {f"{name}{_SUFFIX}": file.onnx, f"{name}.toml": card.encode()}, last=f"{name}.toml")
    return folder / f"{name}{_SUFFIX}"


def keep_sent(file: ModelFile) -> None:
    """Take a model that another machine has sent, for as long as this process lasts."""
    _SENT[file.card.sha256] = file


def sent_model(sha256: str) -> ModelFile | None:
    """Give the model with these weights that another machine has sent, if one has."""
    return _SENT.get(sha256)


def write_card(name_or_path: str, card: ModelCard) -> None:
    """Replace the card of a model.

    Parameters
    ----------
    name_or_path : str
        As in :func:`read_card`.
    card : ModelCard

    Raises
    ------
    OutputError
        The disk is full, or the file cannot be replaced.

    """
    write_whole(Path(str(_files(name_or_path)[1])), card_text(card).encode())


def _shipped_names(suffix: str, kind: str = "") -> list[str]:
    there = _shipped(kind).iterdir()
    return sorted(entry.name.removesuffix(suffix) for entry in there if entry.name.endswith(suffix))


def _shipped(kind: str = "") -> Traversable:
    """Where models are that come with hemolens: those that draw maps, or those of a folder of their own."""
    shipped = resources.files("hemolens.models") / "shipped"
    return shipped / kind if kind else shipped


def _files(name_or_path: str, kind: str = "") -> tuple[Traversable, Traversable]:
    """The weights and the card of a model."""
    path = Path(name_or_path)
    if path.suffix in {_SUFFIX, ".toml"}:
        return path.with_suffix(_SUFFIX), path.with_suffix(".toml")
    if name_or_path in _shipped_names(".toml", kind):
        return _shipped(kind) / f"{name_or_path}{_SUFFIX}", _shipped(kind) / f"{name_or_path}.toml"
    if not kind and (imported := find_user_model(name_or_path)) is not None:
        return imported.weights, imported.card
    pairs = sorted(each for each in path.glob(f"*{_SUFFIX}") if each.with_suffix(".toml").exists())
    if len(pairs) == 1:
        return pairs[0], pairs[0].with_suffix(".toml")
    if pairs:
        names = ", ".join(each.name for each in pairs)
        raise ModelError(
            "the folder contains several models", came=f"{quoted(path)} with {names}", allowed=_ALLOWED, do="name one"
        )
    raise _missing(name_or_path, kind)


def _bytes(file: Traversable, name_or_path: str, kind: str = "") -> bytes:
    try:
        return read_unaltered(file) if isinstance(file, Path) else file.read_bytes()
    except OSError as error:
        raise _missing(name_or_path, kind, error) from error


def _missing(name_or_path: str, kind: str = "", error: OSError | None = None) -> ModelError:
    known = _shipped_names(_SUFFIX, kind) if kind else [*shipped_models(), *user_models()]
    return ModelError(
        "there is no such model" if error is None else "the model cannot be read",
        came=quoted(name_or_path) + ("" if error is None else f" ({error.strerror or type(error).__name__})"),
        allowed=f"{', '.join(known) or 'no model is installed'}, or {_ALLOWED}",
        do="check the name (hemolens models list); the weights of the paper's networks are in the source only",
        option="classifier" if kind else "model",
    )
