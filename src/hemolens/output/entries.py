"""What the photographs of a run are called in its files."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import PurePath, PurePosixPath
from typing import NamedTuple

_ENDING = re.compile(r"(?<=[^/.])(\.ome(?=\.zarr$))?\.[^/.]*$", re.IGNORECASE)
_TURNING = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
"""Unicode's classes of marks that turn the direction of the text after them: one hides the ending of a name."""


@dataclass(frozen=True)
class Entry:
    """One photograph of a run, before anything is known of what it shows.

    Attributes
    ----------
    image : str
        Its name in the ``image`` column: no other photograph of the run has it.
    overlay : str
        Its overlay picture, relative to the output folder, with forward slashes.
    given : str or None
        Its path as the user gave it; None for an array.

    """

    image: str
    overlay: str
    given: str | None

    @property
    def stem(self) -> str:
        """What its files of one format are called, without folder and ending.

        >>> Entry("monday/a.jpg", "overlay/monday_a.png", None).stem
        'monday_a'
        """
        return PurePosixPath(self.overlay).stem


class Place(NamedTuple):
    """The place of a photograph in its run.

    Attributes
    ----------
    number : int
        From 1, in the order of the run; those that fail are counted, too.
    of : int
        Photographs of the run.

    """

    number: int
    of: int


def name_entries(paths: Sequence[str | PathLike[str]]) -> list[Entry]:
    """Give every photograph of a run a name of its own.

    The name is the file name, with as many of its folders as are needed to tell it from the others,
    joined by forward slashes. Control characters are written as escapes. The overlay picture takes the
    name without its ending, or with it where two photographs differ in nothing else.

    Parameters
    ----------
    paths : sequence of str or path
        As the user gave them.

    Returns
    -------
    list of Entry
        In the order of ``paths``.

    Examples
    --------
    >>> [entry.image for entry in name_entries(["monday/1.jpg", "tuesday/1.jpg", "tuesday/2.jpg"])]
    ['monday/1.jpg', 'tuesday/1.jpg', '2.jpg']
    >>> [entry.overlay for entry in name_entries(["a.jpg", "b.jpg", "b.png"])]
    ['overlay/a.png', 'overlay/b.jpg.png', 'overlay/b.png.png']
    >>> name_entries(["c.ome.zarr"])[0].overlay
    'overlay/c.png'

    """
    images = _numbered([readable(tail) for tail in _shortest_tails([PurePath(path).parts for path in paths])])
    stems = [_file_name(_ENDING.sub("", image)) for image in images]
    n_stems = Counter(map(_folded, stems))
    pictures = [
        stem if n_stems[_folded(stem)] == 1 else _file_name(image) for stem, image in zip(stems, images, strict=True)
    ]
    return [
        Entry(image, f"overlay/{picture}.png", fspath(path))
        for image, picture, path in zip(images, _numbered(pictures, _folded), paths, strict=True)
    ]


def _shortest_tails(paths: list[tuple[str, ...]]) -> list[str]:
    """Join the fewest last parts of each path that no other path ends in.

    >>> _shortest_tails([("a", "x"), ("b", "a", "x"), ("y",)])
    ['a/x', 'b/a/x', 'y']
    """
    n_paths = Counter(path[-n:] for path in paths for n in range(1, len(path) + 1))
    tails = []
    for path in paths:
        n = next((n for n in range(1, len(path)) if n_paths[path[-n:]] == 1), len(path))
        tails.append("/".join(part.rstrip("/\\") for part in path[-n:]) if path else ".")
    return tails


def readable(name: str) -> str:
    r"""Write control characters, line breaks, marks that turn the direction of text and undecodable bytes as escapes.

    Examples
    --------
    >>> print(readable("a\tb.jpg"))
    a\tb.jpg

    """
    return "".join(
        char.encode("unicode_escape").decode()
        if unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} or unicodedata.bidirectional(char) in _TURNING
        else char
        for char in name
    )


def _file_name(name: str) -> str:
    """Turn a name into one that every file system takes.

    >>> _file_name("../monday/a:b?.jpg")
    '_monday_a_b_.jpg'
    """
    flat = re.sub(r'[/\\:*?"<>|]', "_", re.sub(r"^[./]+", "_", name))
    return flat.encode(errors="replace")[-200:].decode(errors="ignore").strip() or "_"


def _numbered(names: list[str], key: Callable[[str], str] = str) -> list[str]:
    """Add a number to each name that an earlier one has taken: one with an equal key.

    >>> _numbered(["a", "A", "a"]), _numbered(["a", "A"], str.lower)
    (['a', 'A', 'a (2)'], ['a', 'A (2)'])
    """
    taken: set[str] = set()
    numbered = []
    for name in names:
        n, unique = 1, name
        while key(unique) in taken:
            n += 1
            unique = f"{name} ({n})"
        taken.add(key(unique))
        numbered.append(unique)
    return numbered


def _folded(name: str) -> str:
    """Drop what some file systems do not tell apart: capitals, and how an accent is composed.

    >>> _folded("SCAN") == _folded("scan")
    True
    """
    return unicodedata.normalize("NFC", name).casefold()
