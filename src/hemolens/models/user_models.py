"""The models that a user has imported: named, numbered, and with the sha256 of every file beside them.

::

    hemolens/models/my-lab/1/my-lab.onnx    the folder of a user's data: platformdirs says where, or HEMOLENS_MODELS
                             my-lab.toml
                             SHA256SUMS     as sha256sum writes it, and checks it
                    my-lab/2/…              a later one of that name
                    default                 the name of the model that counts unless another is asked for
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from hemolens.errors import ModelError, quoted
from hemolens.files.whole_file import write_all, write_whole

SUMS = "SHA256SUMS"
_DEFAULT = "default"
_NAME = re.compile(r"(?P<name>[a-z0-9][a-z0-9-]{0,63})(?:@(?P<version>[1-9]\d{0,8}))?")


@dataclass(frozen=True)
class UserModel:
    """A model that was imported: its name, its version 1, 2, … and the folder that holds its files."""

    name: str
    version: int
    folder: Path

    @property
    def weights(self) -> Path:
        """Its ONNX file."""
        return self.folder / f"{self.name}.onnx"

    @property
    def card(self) -> Path:
        """Its card."""
        return self.folder / f"{self.name}.toml"

    @property
    def full_name(self) -> str:
        """Name and version, such as ``my-lab@2``."""
        return f"{self.name}@{self.version}"


def is_model_name(name: str) -> bool:
    """Whether a model may be called so: small letters, digits and dashes.

    >>> is_model_name("my-lab"), is_model_name("My lab"), is_model_name("../my-lab"), is_model_name("my-lab@1")
    (True, False, False, False)
    """
    match = _NAME.fullmatch(name)
    return match is not None and match["version"] is None


def models_folder() -> Path:
    """Where the models of the user are."""
    if named := os.environ.get("HEMOLENS_MODELS"):
        return Path(named)
    import platformdirs

    return platformdirs.user_data_path("hemolens", appauthor=False) / "models"


def user_models() -> list[str]:
    """Names of the imported models, each version with its number."""
    folder = models_folder()
    names = sorted(each.name for each in folder.iterdir() if is_model_name(each.name)) if folder.is_dir() else []
    return [f"{name}@{version}" for name in names for version in _versions(name)]


def find_user_model(name: str) -> UserModel | None:
    """Find an imported model: ``my-lab`` is the latest of that name, ``my-lab@1`` the first."""
    match = _NAME.fullmatch(name)
    versions = _versions(match["name"]) if match else []
    if match is None or not versions:
        return None
    version = int(match["version"] or versions[-1])
    return UserModel(match["name"], version, _place(match["name"], version)) if version in versions else None


def keep_user_model(name: str, onnx: bytes, card: bytes) -> UserModel:
    """Add a model as the next version of its name; the same model again stays the version that it is.

    Parameters
    ----------
    name : str
        As :func:`is_model_name` allows.
    onnx, card : bytes
        Its files.

    Raises
    ------
    UsageError
        The folder cannot be written to.
    OutputError
        The disk is full.

    """
    versions = _versions(name)
    for version in versions:
        there = UserModel(name, version, _place(name, version))
        if (there.weights.read_bytes(), there.card.read_bytes()) == (onnx, card):
            return there
    version = versions[-1] + 1 if versions else 1
    kept = UserModel(name, version, _place(name, version))
    contents = {kept.weights.name: onnx, kept.card.name: card}
    sums = "".join(f"{_sha256(content)}  {file}\n" for file, content in contents.items())
    write_all(kept.folder, contents | {SUMS: sums.encode()}, last=SUMS)
    return kept


def read_unaltered(file: Path) -> bytes:
    """Read a file, and refuse it where it is not what ``SHA256SUMS`` beside it says.

    Raises
    ------
    OSError
        It cannot be read.
    ModelError
        It was altered.

    """
    content, sums = file.read_bytes(), file.parent / SUMS
    if sums.exists():
        lines = sums.read_text("utf-8", "replace").splitlines()
        wanted = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
        if wanted.get(file.name) != _sha256(content):
            raise ModelError(
                "a file of a model was altered",
                came=f"{quoted(file.name)} with sha256 {_sha256(content)[:12]}…",
                allowed=f"sha256 {wanted.get(file.name, 'unknown')[:12]}…, as when it was imported",
                do="import the model again, and use that version",
            )
    return content


def user_default() -> str | None:
    """Name of the model that the user has made the default; None without one."""
    try:
        return (models_folder() / _DEFAULT).read_text("utf-8").strip() or None
    except OSError:
        return None


def set_user_default(name: str | None) -> None:
    """Make a model the default, or with None that which comes with hemolens again.

    Raises
    ------
    UsageError
        The folder cannot be written to.

    """
    write_whole(models_folder() / _DEFAULT, f"{name or ''}\n".encode())


def _place(name: str, version: int) -> Path:
    return models_folder() / name / str(version)


def _versions(name: str) -> list[int]:
    """Those that are there whole, from the first."""
    folder = models_folder() / name
    if not folder.is_dir():
        return []
    return sorted(int(each.name) for each in folder.iterdir() if each.name.isdecimal() and (each / SUMS).exists())


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
