"""What the one who serves may choose."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

DATABASE_NAME = "hemolens.sqlite"


class ServeSettings(BaseModel):
    """Where a service keeps its things, who reaches it, and its limits. Frozen.

    Attributes
    ----------
    folder : Path
        Photographs, counts and, unless `database` says otherwise, the database.
    database : str
        SQLAlchemy URL; empty for SQLite in the folder. ``postgresql+pg8000://user:password@host/name``.
    host, port : str, int
        Where the service listens. Port 0 for any free one.
    names : tuple of str
        Names under which other machines' browsers reach it, such as that of a proxy in front of it. With one, a
        service needs accounts even where it listens on loopback.
    n_workers : int
        How many processes count; 0 where others do (``hemolens serve --workers 0``).
    max_upload_bytes : int
        Largest photograph.
    max_storage_bytes : int or None
        Most bytes of all photographs together; None for as many as the disk holds.
    max_photographs : int
        Most photographs of one sample.
    max_pixels : int
        Largest photograph or slide, as its file claims it. What is read whole has a lower bound that is fixed
        (:data:`hemolens.images.photograph.MAX_PIXELS`), checked before it is decoded.
    job_seconds : float
        How long one job may take.
    job_memory_bytes : int
        How much memory one worker may use.
    retention_days : float or None
        After how many days a sample that nobody touches is deleted; None for never.

    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: Path
    database: str = ""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    names: tuple[str, ...] = ()
    n_workers: Annotated[int, Field(ge=0, le=64)] = 1
    max_upload_bytes: Annotated[int, Field(gt=0)] = 2_000_000_000
    max_storage_bytes: Annotated[int, Field(gt=0)] | None = None
    max_photographs: Annotated[int, Field(gt=0)] = 2000
    max_pixels: Annotated[int, Field(gt=0)] = 40_000_000_000
    job_seconds: Annotated[float, Field(gt=0)] = 3600.0
    job_memory_bytes: Annotated[int, Field(gt=0)] = 8_000_000_000
    retention_days: Annotated[float, Field(gt=0)] | None = None

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL of the database."""
        return self.database or f"sqlite:///{self.folder / DATABASE_NAME}"

    @property
    def is_local(self) -> bool:
        """Whether only this machine reaches the service, so that it needs no accounts.

        >>> ServeSettings(folder=Path("x")).is_local, ServeSettings(folder=Path("x"), host="0.0.0.0").is_local
        (True, False)
        >>> ServeSettings(folder=Path("x"), names=("counts.example",)).is_local
        False
        """
        if self.names:
            return False
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False
