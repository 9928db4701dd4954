"""The limits that docs/security.md states are those of the code."""

from datetime import timedelta
from pathlib import Path

import pytest

from hemolens.images.photograph import MAX_PIXELS
from hemolens.web import events, logins, passwords, protection
from hemolens.web.attempts import Attempts

PAGE = (Path(__file__).parents[2] / "docs" / "security.md").read_text("utf-8")
ATTEMPTS = Attempts()


def per(allowance):
    return f"{allowance._n} in {allowance._n / allowance._per_second / 60:.0f} minutes"


@pytest.mark.parametrize(
    "stated",
    [
        f"| a password | {passwords.MIN_LENGTH} to {passwords.MAX_LENGTH} characters",
        f"| wrong passwords | {per(ATTEMPTS._here)} for a name from one address;",
        f"; {ATTEMPTS._name._n} an hour for a name, and from one address |",
        f"| a login | ends {logins.UNUSED / timedelta(hours=1):.0f} hours after the last request,",
        f", and after {logins.LONGEST.days} days |",
        f"| requests of a client | {protection.REQUESTS} in {protection.SECONDS:.0f} seconds |",
        f"| {protection.MOST_UPLOADS} uploads, {protection.MOST_STREAMS} open pages |",
        f"| a request that is no photograph | {protection.MAX_BODY_BYTES / 1e6:.0f} MB |",
        f"; {MAX_PIXELS / 1e6:.0f} megapixels where it is read whole |",
    ],
)
def test_a_limit_is_stated_as_it_is(stated):
    assert stated in PAGE


def test_an_hour_and_a_day_are_what_they_are():
    assert {each._n / each._per_second for each in (ATTEMPTS._name, ATTEMPTS._address)} == {3600.0}
    assert ATTEMPTS._name._n == ATTEMPTS._address._n
    assert events.KEPT / timedelta(days=1) == 1
