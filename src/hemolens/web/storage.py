"""Files of a service, called by what they hold: the same bytes are kept once."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from hemolens.errors import OutputError

_NAME = re.compile(r"[0-9a-f]{64}(\.[a-z0-9]{1,8}){0,2}")


class Storage:
    """A folder of files that nobody changes.

    ::

        folder/files/3f/3f5c…91.jpg
        folder/drafts/…             what is being received

    Parameters
    ----------
    folder : Path
        Made when it does not exist.

    """

    def __init__(self, folder: Path) -> None:
        self._files, self._drafts = folder / "files", folder / "drafts"
        for each in (self._files, self._drafts):
            each.mkdir(parents=True, exist_ok=True, mode=0o700)

    def draft(self) -> Draft:
        """Begin a file: a context manager that leaves nothing behind unless the file was kept."""
        return Draft(self, self._drafts)

    def keep(self, data: bytes, suffix: str) -> str:
        """Keep bytes, and say what the file is called."""
        with self.draft() as draft:
            draft.write(data)
            return draft.keep(suffix)

    def path(self, name: str) -> Path:
        """Where a file is.

        Raises
        ------
        ValueError
            The name is none that this storage gave.

        """
        if not _NAME.fullmatch(name):
            raise ValueError(f"not a name of the storage: {name!r}")
        return self._files / name[:2] / name

    def read(self, name: str) -> bytes:
        """Give what a file holds."""
        return self.path(name).read_bytes()

    def remove(self, names: Iterable[str]) -> None:
        """Remove files; those that are gone already are no fault."""
        for name in names:
            self.path(name).unlink(missing_ok=True)

    def holds(self, name: str) -> bool:
        """Whether there is such a file."""
        return self.path(name).is_file()

    def names(self, older_than_s: float) -> list[str]:
        """Names of all files that were kept more than so many seconds ago."""
        before = time.time() - older_than_s
        return [each.name for each in self._files.glob("??/*") if each.stat().st_mtime < before]

    def clear_drafts(self) -> None:
        """Remove what was left half received by a service that was killed."""
        for each in self._drafts.iterdir():
            each.unlink(missing_ok=True)


class Draft:
    """A file that is being written.

    Attributes
    ----------
    n_bytes : int
        How many there are so far.

    Raises
    ------
    OutputError
        The disk is full, or does not work, at whatever is done while the draft is open.

    """

    def __init__(self, storage: Storage, folder: Path) -> None:
        self._storage, self._folder = storage, folder
        self.n_bytes = 0

    def __enter__(self) -> Draft:
        try:
            handle, name = tempfile.mkstemp(dir=self._folder)
        except OSError as error:
            raise _full(error) from error
        self._path, self._file, self._hash = Path(name), os.fdopen(handle, "wb"), hashlib.sha256()
        return self

    def write(self, data: bytes) -> None:
        """Add bytes."""
        self._file.write(data)
        self._hash.update(data)
        self.n_bytes += len(data)

    @property
    def path(self) -> Path:
        """Where it is being written."""
        return self._path

    def adopt(self, suffix: str) -> str:
        """Keep what somebody else wrote to :attr:`path`."""
        with self._path.open("rb") as file:
            self._hash = hashlib.file_digest(file, "sha256")
        return self.keep(suffix)

    def keep(self, suffix: str) -> str:
        """Put the file into the storage, safe on the disk, and say what it is called there."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        name = self._hash.hexdigest() + suffix
        place = self._storage.path(name)
        place.parent.mkdir(exist_ok=True, mode=0o700)
        self._path.replace(place)
        return name

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        with suppress(OSError):
            self._file.close()
        self._path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _full(error) from error


def _full(error: OSError) -> OutputError:
    return OutputError(
        "the file cannot be kept",
        came=error.strerror or type(error).__name__,
        allowed="a disk with room",
        do="make room on the service's disk, and send it again",
    )
