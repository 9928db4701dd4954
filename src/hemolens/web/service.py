"""What routes and workers share: settings, database, files, and the photographs that are open."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from hemolens.images.open_images import OpenImages, StoredImage
from hemolens.review.kept_result import read_result
from hemolens.web.database.sessions import Database
from hemolens.web.database.tables import CountRow, PhotographRow, SampleRow
from hemolens.web.problems import Refused, not_found
from hemolens.web.reviews import Reviewed, Reviews
from hemolens.web.settings import ServeSettings
from hemolens.web.storage import Storage


class Service:
    """A service that is open.

    Attributes
    ----------
    settings : ServeSettings
    database : Database
    storage : Storage
    opened : OpenImages
    reviews : Reviews

    """

    def __init__(self, settings: ServeSettings) -> None:
        settings.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.settings = settings
        self.database = Database(settings.database_url)
        self.storage = Storage(settings.folder)
        self.opened = OpenImages()
        self.reviews = Reviews()

    def image(self, photograph: PhotographRow) -> StoredImage:
        """Give a photograph that has been read once; its pixels are read when they are asked for.

        Raises
        ------
        Refused
            It has not been read yet.

        """
        if photograph.height is None or photograph.width is None:
            raise Refused(409, "this photograph has not been read yet: wait until it is counted")
        return StoredImage(
            self.opened,
            self.storage.path(photograph.file),
            photograph.name,
            (photograph.height, photograph.width),
            photograph.um_per_px,
        )

    def reviewed(self, session: Session, photograph: PhotographRow, count: CountRow) -> Reviewed:
        """Give a count of a photograph as it was corrected so far.

        Raises
        ------
        ReviewError
            What is kept of the count cannot be read.

        """
        return self.reviews.get(
            session, count, lambda: read_result(self.storage.read(count.file), self.image(photograph))
        )

    def close(self) -> None:
        """Close the database."""
        self.database.close()


def service_of(request: Request) -> Service:
    """Give the service that a request is for."""
    service: Service = request.app.state.service
    return service


Served = Annotated[Service, Depends(service_of)]


def sample_row(session: Session, sample_id: str) -> SampleRow:
    """Find a sample.

    Raises
    ------
    Refused
        There is none.

    """
    row = session.get(SampleRow, sample_id)
    if row is None:
        raise not_found("sample")
    return row


def photograph_row(session: Session, photograph_id: str) -> PhotographRow:
    """Find a photograph.

    Raises
    ------
    Refused
        There is none.

    """
    row = session.get(PhotographRow, photograph_id)
    if row is None:
        raise not_found("photograph")
    return row


def in_order(photographs: Iterable[PhotographRow]) -> list[PhotographRow]:
    """Sort the photographs of a sample by their names, numbers in them by their value: they come in any order."""

    def key(row: PhotographRow) -> tuple[list[tuple[int, int, str]], int]:
        parts = re.split(r"(\d+)", row.name.casefold())
        return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part], row.position

    return sorted(photographs, key=key)


def signed_off(sample: SampleRow) -> bool:
    """Whether somebody stands up for the sample, so that nothing of it may change."""
    return bool(sample.sign_offs) and sample.sign_offs[-1].withdrawn_at is None


def open_sample(session: Session, sample_id: str) -> SampleRow:
    """Find a sample that may be changed.

    Raises
    ------
    Refused
        There is none, or it is signed off.

    """
    sample = sample_row(session, sample_id)
    if signed_off(sample):
        raise Refused(
            409, f"signed off by {sample.sign_offs[-1].signed_by}: withdraw the sign-off before you change it"
        )
    return sample
