"""Receiving a photograph: part by part into a file, within the limits."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

from fastapi import UploadFile
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hemolens.images.formats import SUFFIXES as PHOTOGRAPH_SUFFIXES
from hemolens.images.slides import SUFFIXES as SLIDE_SUFFIXES
from hemolens.images.zarr_store import SUFFIX as ZARR_SUFFIX
from hemolens.web.database.tables import NAME_LENGTH, PhotographRow, SampleRow
from hemolens.web.problems import Refused
from hemolens.web.settings import ServeSettings
from hemolens.web.storage import Storage

SUFFIXES = tuple(sorted((frozenset(PHOTOGRAPH_SUFFIXES) | SLIDE_SUFFIXES) - {ZARR_SUFFIX, ".mrxs", ".vms", ".vmu"}))
"""Of files that may be sent: photographs, and slides that are one file."""

_PART = 1 << 20


def shown_name(given: str | None) -> str:
    r"""Make a name to show of what a browser calls a file: without folders and without what no name has.

    >>> shown_name("C:\\smears\\a.jpg"), shown_name("../../etc/b.png"), shown_name("\x00c\u202e.tif")
    ('a.jpg', 'b.png', 'c.tif')
    """
    last = re.split(r"[/\\]", given or "")[-1]
    clean = "".join(c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c)[0] != "C").strip()
    path = PurePosixPath(clean)
    return path.stem[: NAME_LENGTH - len(path.suffix[:20])] + path.suffix[:20] or "photograph"


def suffix_of(name: str) -> str:
    """Give the suffix of a file that may be sent.

    Raises
    ------
    Refused
        It is no photograph by its name.

    """
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise Refused(415, f"'{name}' is not a photograph that can be read: send one of {', '.join(SUFFIXES)}")
    return suffix


def refuse_when_full(session: Session, sample: SampleRow, settings: ServeSettings) -> None:
    """Refuse one photograph more than a sample, or the service, may hold.

    Raises
    ------
    Refused

    """
    n_photographs, n_bytes = select(func.count(PhotographRow.id)), select(func.sum(PhotographRow.n_bytes))
    if (session.scalar(n_photographs.where(PhotographRow.sample_id == sample.id)) or 0) >= settings.max_photographs:
        raise Refused(413, f"a sample holds at most {settings.max_photographs} photographs: make another one")
    most = settings.max_storage_bytes
    if most is not None and (session.scalar(n_bytes) or 0) >= most:
        raise Refused(
            413, f"the photographs of this service take up the {most / 1e9:.1f} GB that they may: delete some samples"
        )


def receive(upload: UploadFile, storage: Storage, suffix: str, max_bytes: int) -> tuple[str, int]:
    """Keep what is sent.

    Returns
    -------
    (str, int)
        Its name in the storage, and how many bytes it has.

    Raises
    ------
    Refused
        It is empty, or larger than may be sent.
    OutputError
        The disk is full.

    """
    with storage.draft() as draft:
        while part := upload.file.read(_PART):
            if draft.n_bytes + len(part) > max_bytes:
                raise Refused(413, f"the file is larger than {max_bytes / 1e6:.0f} MB, the limit of this service")
            draft.write(part)
        if not draft.n_bytes:
            raise Refused(422, "the file is empty")
        return draft.keep(suffix), draft.n_bytes
