"""A folder with a Zarr hierarchy, of which a hostile writer can make us read nothing else.

A name in a store comes from its metadata, and may be that of a link: nothing is read that lies outside the folder, is
no ordinary file, or is larger than asked for. What is wrong becomes the error that the caller's part of the house
raises, for labels and for slides are stored alike.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, BinaryIO, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from hemolens.errors import HemolensError, quoted

SUFFIX = ".zarr"

MAX_METADATA_BYTES = 50_000_000
"""Largest file of metadata: the properties of some hundred thousand cells."""

_GROUP_FILES = ("zarr.json", ".zgroup")

Model = TypeVar("Model", bound=BaseModel)

InnerPath = Annotated[str, Field(pattern=r"^\w[\w.-]*(/\w[\w.-]*)*$")]
"""Of an array or group within another: no part of it can lead out."""


class ZarrMetadata(BaseModel):
    """What is read of a piece of metadata; other programs write more into it."""

    model_config = ConfigDict(extra="ignore", defer_build=True)


def is_store(folder: Path) -> bool:
    """Whether a folder is a Zarr store, or a group in one."""
    return any((folder / name).is_file() for name in _GROUP_FILES)


@dataclass(frozen=True)
class Store:
    """The files of one store.

    Attributes
    ----------
    folder : Path
    error : callable
        Makes the error of a path that cannot be used, from it, what came and what is allowed.

    """

    folder: Path
    error: Callable[[Path, str, str], HemolensError]

    def check_inside(self, path: Path) -> None:
        """Refuse a path that a link leads out of the store.

        Raises
        ------
        HemolensError

        """
        if not path.resolve().is_relative_to(self.folder.resolve()):
            raise self.error(path, "a link that leads elsewhere", "what lies in the store")

    def read(self, name: str, most: int) -> bytes | None:
        """Read a file.

        Parameters
        ----------
        name : str
            Within the store, with forward slashes.
        most : int
            Its largest size in bytes.

        Returns
        -------
        bytes or None
            None where there is no such file.

        Raises
        ------
        HemolensError
            It leads elsewhere, is no ordinary file, is too large, or cannot be read.

        """
        with self._opened(name) as file:
            # memory is taken for as many bytes as are asked for
            data = None if file is None else file.read(min(most, os.fstat(file.fileno()).st_size) + 1)
        if data is not None and len(data) > most:
            raise self.error(self.folder / name, "a larger file", f"at most {most} bytes")
        return data

    def read_part(self, name: str, start: int, n_bytes: int) -> bytes | None:
        """Read a part of a file, from `start` or, if that is below 0, from so far before the end.

        Raises
        ------
        HemolensError
            As :meth:`read`, or the file ends before the part does.

        """
        with self._opened(name) as file:
            if file is None:
                return None
            file.seek(start, 2 if start < 0 else 0)
            data = file.read(n_bytes)
        if len(data) < n_bytes:
            raise self.error(self.folder / name, "a file that is cut short", f"{n_bytes} bytes from {start} on")
        return data

    def read_json(self, name: str, model: type[Model], allowed: str = "metadata of OME-Zarr 0.4 or 0.5") -> Model:
        """Read a file of metadata, not too large and not nested too deep.

        Raises
        ------
        HemolensError
            As :meth:`read`, there is no such file, or it says something else.

        """
        path = self.folder / name
        text = self.read(name, MAX_METADATA_BYTES)
        if text is None:
            raise self.error(path.parent, f"no {quoted(path.name)}", allowed)
        try:
            return model.model_validate_json(text.removeprefix(b"\xef\xbb\xbf"))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            came = quoted(f"{path.name}: {where}: {first['msg']}" if where else f"{path.name}: {first['msg']}")
            raise self.error(path.parent, came, allowed) from error

    def read_ome(self, group: str, model: type[Model]) -> Model:
        """Read what a group says in the words of OME-Zarr: 0.5 under ``ome`` in zarr.json, 0.4 in .zattrs.

        The store itself is the group ``"."``.

        Raises
        ------
        HemolensError
            As :meth:`read_json`.

        """
        if not (self.folder / group / "zarr.json").exists():
            return self.read_json(f"{group}/.zattrs", model)
        attributes = create_model("_Attributes", ome=(model, ...))
        file: Any = self.read_json(f"{group}/zarr.json", create_model("_File", attributes=(attributes, ...)))
        ome: Model = file.attributes.ome
        return ome

    @contextmanager
    def _opened(self, name: str) -> Iterator[BinaryIO | None]:
        path = self.folder / name
        try:
            if not path.exists():
                yield None
                return
            self.check_inside(path)
            if not path.is_file():
                raise self.error(path, "neither a file nor a folder", "files and folders")
            with path.open("rb") as file:
                yield file
        except (OSError, ValueError, OverflowError) as error:  # ValueError: a name with a zero character
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise self.error(path, f"a file that cannot be read ({reason})", "one that can be read") from error
