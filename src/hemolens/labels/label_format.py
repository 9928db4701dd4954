"""What a format of labels is: how it is recognised and read, and what it can say."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hemolens.cell_types import CellType
from hemolens.labels.label_file import files_in
from hemolens.labels.truth import Labels

Said = Literal["counts", "boxes", "outlines", "masks"]
"""What labels say of cells. Outlines and masks give every cell to the pixel (:attr:`~.truth.Truth.paint`)."""

Find = Callable[[Path], Sequence[Path]]
"""A file or folder → what in it is of a format; empty when nothing is."""


@dataclass(frozen=True)
class LabelFormat:
    """One format of labels.

    Attributes
    ----------
    name : str
        As messages and the documentation call it.
    looks : str
        What its files look like, in one line of Markdown: the documentation shows it.
    says : tuple of {"counts", "boxes", "outlines", "masks"}
        What its labels can say.
    find : Find
        Recognises the format.
    read : callable
        Reads what `find` found. Its second argument names the labelled types; without it they are those that appear.
    is_left_by_programs : bool
        Whether other programs leave such files beside their labels, so that a folder with labels of another format is
        one of that format.

    """

    name: str
    looks: str
    says: tuple[Said, ...]
    find: Find
    read: Callable[[Sequence[Path], Collection[CellType] | None], Labels]
    is_left_by_programs: bool = False


def files_ending_in(suffix: str) -> Find:
    """Make a `find` for a format with a file for each photograph: one such file, or all that lie in a folder.

    Parameters
    ----------
    suffix : str
        In lower case, such as ``".xml"``.

    """

    def find(path: Path) -> Sequence[Path]:
        if path.is_dir():
            return files_in(path, suffix)
        return [path] if path.suffix.lower() == suffix else []

    return find
