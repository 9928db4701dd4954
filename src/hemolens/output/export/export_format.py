"""What the export formats have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from hemolens.output.entries import Entry

if TYPE_CHECKING:
    from hemolens.counted_image import CountedImage
    from hemolens.output.run_record import PhotographRecord
    from hemolens.statistics.summary import Summary

Contents = Mapping[str, bytes]
"""Name of a file, relative to the output folder and with forward slashes, and the bytes that come next in it."""

Part = Any
"""What one photograph adds to the files that it shares with others: what JSON can hold, or None for nothing."""


class ExportFormat(ABC):
    """The files of one format for one run: bytes, photograph by photograph, so that no run is too long for it.

    It writes nothing. :meth:`own` and :meth:`part` know of one photograph only, so that any process can make them, in
    any order. Whoever calls :meth:`begin`, :meth:`append` for the part of each counted photograph and :meth:`end` puts
    the bytes one after the other into the files that they name.

    Parameters
    ----------
    entries : sequence of Entry
        The photographs of the run, those that will fail included.

    Attributes
    ----------
    needs : tuple of str
        Modules that a small installation does not have; ``hemolens[export]`` brings them.
    shared : tuple of str
        Names of the files that hold the whole run.
    draws_every_pixel : bool
        Whether it makes pictures of the size of the photograph, for which that of a slide is too large.

    """

    needs: ClassVar[tuple[str, ...]] = ()
    shared: ClassVar[tuple[str, ...]] = ()
    draws_every_pixel: ClassVar[bool] = False

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = entries

    @staticmethod
    @abstractmethod
    def files(entry: Entry) -> tuple[str, ...]:
        """Name the files that hold nothing but this photograph; empty for a format that has none."""

    def begin(self) -> Contents:
        """Give what comes before the first photograph."""
        return {}

    @staticmethod
    def own(entry: Entry, result: CountedImage) -> Contents:
        """Give the files that hold nothing but this photograph; not each of :meth:`files` needs to be there."""
        return {}

    @staticmethod
    def part(entry: Entry, result: CountedImage) -> Part:
        """Give what a counted photograph adds to the shared files, whatever its place among the others."""
        return None

    def append(self, entry: Entry, part: Part) -> Contents:
        """Give what comes next in the shared files."""
        return {}

    def end(self, photographs: Sequence[PhotographRecord], summary: Summary) -> Contents:
        """Give what comes after the last photograph.

        Parameters
        ----------
        photographs : sequence of PhotographRecord
            Their records in ``run.json`` (:mod:`hemolens.output.run_record`), failures included.
        summary : mapping
            What they say together, as in ``summary.csv``.

        """
        return {}
