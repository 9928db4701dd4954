"""Names in labels → photographs in a folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from hemolens.errors import LabelError, UsageError, quoted
from hemolens.images.formats import ALLOWED, SUFFIXES


def find_images(names: Iterable[str], folder: Path) -> tuple[dict[str, Path], list[str]]:
    """Find the photographs that labels speak of among the direct children of a folder.

    Parameters
    ----------
    names : iterable of str
        As the labels have them: file names, with or without a suffix; folders before them are passed over, so no
        name leads out of the folder.
    folder : Path

    Returns
    -------
    found : dict
        Name in the labels → file, in the order of the names.
    missing : list of str
        Names without a photograph.

    Raises
    ------
    UsageError
        The folder cannot be read.
    LabelError
        A name fits several photographs, or several names fit one.

    """
    by_name, by_stem = _index(folder)
    found: dict[str, Path] = {}
    missing: list[str] = []
    owners: dict[Path, str] = {}
    for name in names:
        path = _find(name, by_name, by_stem)
        if path is None:
            missing.append(name)
            continue
        if path in owners:
            raise _ambiguous(f"both '{owners[path]}' and '{name}'", "each photograph labelled under one name")
        found[name], owners[path] = path, name
    return found, missing


def _find(name: str, by_name: dict[str, Path], by_stem: dict[str, list[Path]]) -> Path | None:
    last = PurePosixPath(name.replace("\\", "/")).name
    if last in by_name:
        return by_name[last]
    suffix = PurePosixPath(last).suffix.lower()
    paths = by_stem.get(last) or (by_stem.get(PurePosixPath(last).stem) if suffix in SUFFIXES else None) or []
    if len(paths) > 1:
        raise _ambiguous(f"'{name}', which fits {', '.join(path.name for path in paths)}", "one photograph for a name")
    return paths[0] if paths else None


def _index(folder: Path) -> tuple[dict[str, Path], dict[str, list[Path]]]:
    try:
        children = sorted(folder.iterdir())
    except OSError as error:
        raise UsageError(
            "the folder of the photographs cannot be read",
            came=f"{quoted(folder)} ({error.strerror or type(error).__name__})",
            allowed=f"a folder in which each photograph is {ALLOWED}",
            do="choose another folder",
        ) from error
    paths = [path for path in children if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")]
    by_stem: dict[str, list[Path]] = {}
    for path in paths:
        by_stem.setdefault(path.stem, []).append(path)
    return {path.name: path for path in paths}, by_stem


def _ambiguous(came: str, allowed: str) -> LabelError:
    return LabelError(
        "the labels' names do not tell the photographs apart",
        came=came,
        allowed=allowed,
        do="use full file names, and one folder for each set of labels",
    )
