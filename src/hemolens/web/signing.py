"""Signing off: who stands up for the counts of a sample, and for which ones."""

from __future__ import annotations

from typing import Any

from hemolens.web.access import Asker
from hemolens.web.database.tables import SampleRow
from hemolens.web.problems import Refused
from hemolens.web.telling import shown_count


def signer(asker: Asker, given: str | None) -> str:
    """Say who signs: the person who is logged in, or, where there are no accounts, the name that was given.

    Raises
    ------
    Refused
        There is no name.

    """
    if asker.account_id is not None:
        return asker.name
    if given is None:
        raise Refused(422, "a sign-off needs a name: say who signs")
    return given


def revisions_of(sample: SampleRow) -> dict[str, Any]:
    """Give what is signed: of each photograph its count, and how many corrections it has.

    Raises
    ------
    Refused
        There is nothing to sign, or something is not counted yet.

    """
    if not sample.photographs:
        raise Refused(409, "this sample has no photograph: there is nothing to sign")
    if any(each.state in {"queued", "running"} for row in sample.photographs for each in row.jobs[-1:]):
        raise Refused(409, "some photographs are still being counted: wait for them, or cancel them")
    counts = {row.id: shown_count(row) for row in sample.photographs}
    signed = {
        photograph: {"count": count.id, "revision": count.told["review"]["revision"]}
        for photograph, count in counts.items()
        if count is not None
    }
    if not signed:
        raise Refused(409, "no photograph of this sample was counted: there is nothing to sign")
    return signed
