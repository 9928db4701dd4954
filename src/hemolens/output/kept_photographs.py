"""``photographs.jsonl``: what a run has finished of its photographs, so that another run need not count them again.

A line is appended and brought to the disk as soon as the files of its photograph are there; a run that is killed leaves
whole lines, and perhaps a part of one, which is not read. The file stays beside the results of a run that was cut
short, and of a shard. A line holds what :class:`~hemolens.output.photograph_output.PhotographOutput` does, but for the
files of the photograph itself: these lie beside it, and the line has their sizes.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import BaseModel, ConfigDict

from hemolens.output.entries import Entry, Place
from hemolens.output.photograph_output import PhotographOutput
from hemolens.output.run_record import PhotographRecord, read_run
from hemolens.statistics.summary import CountedField

if TYPE_CHECKING:
    from hemolens.output.report.page import Reported

NAME = "photographs.jsonl"


class _Line(BaseModel):
    model_config = ConfigDict(
        extra="forbid", ser_json_bytes="base64", val_json_bytes="base64", ser_json_inf_nan="constants"
    )

    place: Place
    overlay: str
    record: PhotographRecord
    counts_row: tuple[str, ...]
    numbers: CountedField | None
    warning: str
    cells: bytes
    """Compressed by zlib."""
    sizes: dict[str, int]
    """Name of a file of the photograph → its size in bytes."""
    parts: dict[str, Any]
    reported: str | None
    """JSON of its own: only a report needs the libraries that know its types."""


class KeptPhotograph(NamedTuple):
    """What a line is about.

    Attributes
    ----------
    entry : Entry
    place : Place
        In its run.
    sha256 : str or None
        Of what was counted; None where the photograph was not counted.
    sizes : dict
        Name of a file of the photograph → its size in bytes.
    offset : int
        Of the line in its file, in bytes.

    """

    entry: Entry
    place: Place
    sha256: str | None
    sizes: dict[str, int]
    offset: int


def line_of(photograph: PhotographOutput, sizes: dict[str, int]) -> bytes:
    """Write the line of a photograph.

    Parameters
    ----------
    photograph : PhotographOutput
    sizes : dict
        Name of each of its files → size in bytes.

    """
    line = _Line(
        place=photograph.place,
        overlay=photograph.entry.overlay,
        record=photograph.record,
        counts_row=photograph.counts_row,
        numbers=photograph.numbers,
        warning=photograph.warning,
        cells=zlib.compress(photograph.cells, 1),
        sizes=sizes,
        parts=dict(photograph.parts),
        reported=_dump_reported(photograph.reported),
    )
    return line.model_dump_json().encode() + b"\n"


class KeptPhotographs:
    """What lies in the folder of an unfinished run, or of a shard.

    Parameters
    ----------
    folder : Path

    Attributes
    ----------
    folder : Path
    record : RunRecord or None
        How it was counted; None where nothing is known of it.
    photographs : dict
        Name of a photograph → :class:`KeptPhotograph`; of several lines about one the last.

    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.record = read_run(folder)
        self.photographs = {each.entry.image: each for each in self._read()}

    def _read(self) -> Iterator[KeptPhotograph]:
        offset = 0
        try:
            with (self.folder / NAME).open("rb") as file:
                for text in file:
                    line = _Line.model_validate_json(text)
                    record = line.record
                    entry = Entry(record.image, line.overlay, record.path)
                    yield KeptPhotograph(entry, line.place, record.sha256, line.sizes, offset)
                    offset += len(text)
        except (OSError, ValueError):  # there is none, or the run was killed while it wrote this line
            return

    def is_whole(self, image: str) -> bool:
        """Whether all files of a photograph are there, none of them cut short."""
        return all(_size(self.folder / name) == size for name, size in self.photographs[image].sizes.items())

    def output(self, entry: Entry, place: Place) -> PhotographOutput:
        """Give what is kept of a photograph.

        Parameters
        ----------
        entry : Entry
            One whose image is in :attr:`photographs`.
        place : Place
            In the run that takes it over.

        """
        with (self.folder / NAME).open("rb") as file:
            file.seek(self.photographs[entry.image].offset)
            line = _Line.model_validate_json(file.readline())
        return PhotographOutput(
            entry,
            place,
            line.record,
            line.counts_row,
            line.numbers,
            line.warning,
            zlib.decompress(line.cells),
            {name: self.folder / name for name in line.sizes},
            line.parts,
            _load_reported(line.reported),
        )


def _dump_reported(reported: Reported | None) -> str | None:
    if reported is None:
        return None
    from hemolens.output.report.page import KeptReport

    return KeptReport(reported=reported).model_dump_json()


def _load_reported(text: str | None) -> Reported | None:
    if text is None:
        return None
    from hemolens.output.report.page import KeptReport

    return KeptReport.model_validate_json(text).reported


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
