"""Names in labels → photographs in a folder.

Labelling tools change the names of photographs. Label Studio puts eight hexadecimal digits before ``my cells.jpg``,
``a1b2c3d4-my_cells.jpg``; Roboflow makes ``my-cells_jpg.rf.`` of it, a hash and a suffix. Such a name is understood
where no photograph has it as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import unquote

from hemolens.errors import LabelError, UsageError, quoted
from hemolens.files.spreadsheet import plain_text
from hemolens.images.formats import ALLOWED, SUFFIXES

_LABEL_STUDIO = re.compile(r"(?!(?:19|20)\d{6}-)[0-9a-f]{8}-(.+)")
"""Eight digits that may be a date are one."""

_ROBOFLOW = re.compile(r"(.+)\.rf\.[0-9A-Za-z]{8,}(?:\.\w+)?")


class _Change(NamedTuple):
    """What may have been done to the name of a photograph.

    Attributes
    ----------
    undone : callable
        A label's file name → what it keeps of the photograph's; None when it was not changed so.
    kept : callable
        A photograph's name → what would be kept of it.

    """

    undone: Callable[[str], str | None]
    kept: Callable[[str], str] = lambda name: name


def find_images(names: Iterable[str], folder: Path) -> tuple[dict[str, Path], list[str]]:
    """Find the photographs that labels speak of among the direct children of a folder.

    Parameters
    ----------
    names : iterable of str
        As the labels have them: file names, with or without a suffix; folders before them are passed over, so no
        name leads out of the folder. What no photograph is called may be a changed name: by Label Studio, by
        Roboflow, for a URL, or by the apostrophe that keeps a spreadsheet from running it. Photographs that are
        labelled under their own names are not meant by it.
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
    names, paths = list(names), _photographs(folder)
    found = _match(names, paths, (_NONE,))
    taken = set(found.values())
    found |= _match([name for name in names if name not in found], [path for path in paths if path not in taken], _ANY)
    return {name: found[name] for name in names if name in found}, [name for name in names if name not in found]


def is_changed(name: str, path: Path) -> bool:
    """Whether a label's name for a photograph is another one than that of its file.

    >>> is_changed("photos/a", Path("a.jpg")), is_changed("a1b2c3d4-a.jpg", Path("a.jpg"))
    (False, True)
    """
    return path.stem not in _names_and_stem(_last(name))


def _match(names: Collection[str], paths: Collection[Path], changes: Iterable[_Change]) -> dict[str, Path]:
    """Find the one photograph that each name can mean, if any, with one of the changes undone."""
    indices = [(change.undone, _index(paths, change.kept)) for change in changes]
    found: dict[str, Path] = {}
    owners: dict[Path, str] = {}
    for name in names:
        fitting: dict[Path, None] = {}
        for undone, index in indices:
            kept = undone(_last(name))
            spellings = () if kept is None else _names_and_stem(kept)
            fitting |= dict.fromkeys(next((index[each] for each in spellings if each in index), ()))
        if len(fitting) > 1:
            fits = ", ".join(quoted(path.name) for path in fitting)
            raise _ambiguous(f"{quoted(name)}, which fits {fits}", "one photograph for a name")
        for path in fitting:
            if path in owners:
                came = f"both {quoted(owners[path])} and {quoted(name)} for {quoted(path.name)}"
                raise _ambiguous(came, "each photograph labelled under one name")
            found[name], owners[path] = path, name
    return found


def _index(paths: Iterable[Path], kept: Callable[[str], str]) -> dict[str, list[Path]]:
    """Photographs by what is kept of their names, with and without suffix; a whole name comes before a stem."""
    by_name: dict[str, list[Path]] = {}
    by_stem: dict[str, list[Path]] = {}
    for path in paths:
        by_name.setdefault(kept(path.name), []).append(path)
        by_stem.setdefault(kept(path.stem), []).append(path)
    return by_stem | by_name


def _last(name: str) -> str:
    """The file name at the end of a path of any system."""
    return PurePosixPath(name.replace("\\", "/")).name


def _names_and_stem(name: str) -> tuple[str, ...]:
    """A name, and the same without the suffix of a photograph, if it has one."""
    path = PurePosixPath(name)
    return (name, path.stem) if path.suffix.lower() in SUFFIXES else (name,)


def _out_of_url(name: str) -> str:
    return _last(unquote(name).removeprefix("?d="))  # Label Studio's address of a file on its own disk


def _out_of_label_studio(name: str) -> str | None:
    match = _LABEL_STUDIO.fullmatch(_out_of_url(name))
    return _kept_by_label_studio(match[1]) if match else None


def _kept_by_label_studio(name: str) -> str:
    """Blanks become underscores, and all but letters, digits, dashes and points goes.

    >>> _kept_by_label_studio("my cells (2).jpg")
    'my_cells_2.jpg'
    """
    return re.sub(r"[^-\w.]", "", name.strip().replace(" ", "_"))


def _out_of_roboflow(name: str) -> str | None:
    match = _ROBOFLOW.fullmatch(_out_of_url(name))
    return _kept_by_roboflow(match[1]) if match else None


def _kept_by_roboflow(name: str) -> str:
    """The point before the suffix becomes an underscore, all other signs dashes.

    >>> _kept_by_roboflow("my cells (2).jpg"), _kept_by_roboflow("my-cells-2-_jpg")
    ('my-cells-2-_jpg', 'my-cells-2-_jpg')
    """
    path = PurePosixPath(name)
    suffix = path.suffix if path.suffix.lower() in SUFFIXES else ""
    return re.sub(r"\W+", "-", name.removesuffix(suffix)) + suffix.replace(".", "_")


_NONE = _Change(lambda name: name)

_ANY = (
    _Change(plain_text),
    _Change(_out_of_url),
    _Change(_out_of_label_studio, _kept_by_label_studio),
    _Change(_out_of_roboflow, _kept_by_roboflow),
)


def _photographs(folder: Path) -> list[Path]:
    try:
        children = sorted(folder.iterdir())
    except OSError as error:
        raise UsageError(
            "the folder of the photographs cannot be read",
            came=f"{quoted(folder)} ({error.strerror or type(error).__name__})",
            allowed=f"a folder in which each photograph is {ALLOWED}",
            do="choose another folder",
        ) from error
    return [path for path in children if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")]


def _ambiguous(came: str, allowed: str) -> LabelError:
    return LabelError(
        "the labels' names do not tell the photographs apart",
        came=came,
        allowed=allowed,
        do="use full file names, and one folder for each set of labels",
    )
