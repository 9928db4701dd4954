"""The limits that docs/security.md states are those of the code, and its checklist leaves nothing out."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from hemolens.images.photograph import MAX_PIXELS
from hemolens.web import events, logins, passwords, protection
from hemolens.web.attempts import Attempts

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
ATTEMPTS = Attempts()


NUMBERS = """
1.1: 1-7; 1.2: 1-4; 1.4: 1,4,5; 1.5: 1-4; 1.6: 1-4; 1.7: 1-2; 1.8: 1-2; 1.9: 1-2; 1.10: 1; 1.11: 1-2; 1.12: 2;
1.14: 1-6;
2.1: 1-12; 2.2: 1-3; 2.3: 1-3; 2.4: 1-5; 2.5: 1-7; 2.6: 1-3; 2.7: 1-6; 2.8: 1-7; 2.9: 1-3; 2.10: 1-4;
3.1: 1; 3.2: 1-4; 3.3: 1-4; 3.4: 1-5; 3.5: 1-3; 3.7: 1;
4.1: 1-3,5; 4.2: 1-2; 4.3: 1-3;
5.1: 1-5; 5.2: 1-8; 5.3: 1-10; 5.4: 1-3; 5.5: 1-4;
6.1: 1-3; 6.2: 1-6; 6.3: 1-2; 6.4: 1-2;
7.1: 1-4; 7.2: 1-2; 7.3: 1,3,4; 7.4: 1-3;
8.1: 1-4; 8.2: 1-3; 8.3: 1-8;
9.1: 1-3; 9.2: 1-4;
10.2: 1-2; 10.3: 1-3;
11.1: 1-8;
12.1: 1-3; 12.2: 1; 12.3: 1-6; 12.4: 1-2; 12.5: 1-2; 12.6: 1;
13.1: 1,3-5; 13.2: 1-3,5,6; 13.3: 1-2; 13.4: 1-2;
14.1: 1-4; 14.2: 1-6; 14.3: 2,3; 14.4: 1-7; 14.5: 1-4
"""
"""Items of ASVS 4.0.3 at levels 1 and 2, by section; what the standard has deleted is left out."""
STATES = {"done", "partly", "not done", "not applicable", "you", "proxy", "proxy, you"}


def numbers_of(ranges):
    for each in ranges.split(","):
        first, _, last = each.strip().partition("-")
        yield from range(int(first), int(last or first) + 1)


def all_items():
    sections = (each.split(":") for each in NUMBERS.split(";"))
    return sorted(f"{section.strip()}.{number}" for section, ranges in sections for number in numbers_of(ranges))


def rows():
    return re.findall(r"^\| (\d+\.\d[^|]*) \| ([^|]*) \| ([^|]*) \|$", PAGE, re.MULTILINE)


def items_of(cell):
    for each in cell.split(", "):
        first, _, last = each.partition("–")
        section, number = first.rsplit(".", 1)
        last_section, last_number = (last or first).rsplit(".", 1)
        assert section == last_section
        yield from (f"{section}.{n}" for n in range(int(number), int(last_number) + 1))


def test_the_checklist_answers_every_item_once():
    assert sorted(item for cell, _, _ in rows() for item in items_of(cell)) == all_items()


def test_every_answer_has_a_state_and_says_how():
    assert {state for _, state, _ in rows()} == STATES
    assert all(how for _, _, how in rows())


def test_every_file_that_the_page_names_exists():
    named = set(re.findall(r"`((?:src|tests|page)/[\w/.-]+)`", PAGE))
    assert named
    assert {each for each in named if not (ROOT / each).exists()} == set()


@pytest.mark.parametrize(
    "stated",
    [
        f"| a password | {passwords.MIN_LENGTH} to {passwords.MAX_LENGTH} characters",
        f"| for a name from one address {ATTEMPTS._here._n}, and {ATTEMPTS._here._n} more in 15 minutes;",
        f"; for a name {ATTEMPTS._name._n}, from one address {ATTEMPTS._address._n}, and as many more in an hour |",
        f"| a login | ends {logins.UNUSED / timedelta(minutes=1):.0f} minutes after the last request,",
        f", and after {logins.LONGEST / timedelta(hours=1):.0f} hours |",
        f"| requests of a client | {protection.REQUESTS} in {protection.SECONDS:.0f} seconds |",
        f"| {protection.MOST_UPLOADS} uploads, {protection.MOST_STREAMS} open pages |",
        f"| a request that is no photograph | {protection.MAX_BODY_BYTES / 1e6:.0f} MB |",
        f"; {MAX_PIXELS / 1e6:.0f} megapixels where it is read whole |",
    ],
)
def test_a_limit_is_stated_as_it_is(stated):
    assert stated in PAGE


def test_a_quarter_of_an_hour_an_hour_and_a_day_are_what_they_are():
    assert ATTEMPTS._here._n / ATTEMPTS._here._per_second == 900.0
    assert {each._n / each._per_second for each in (ATTEMPTS._name, ATTEMPTS._address)} == {3600.0}
    assert events.KEPT / timedelta(days=1) == 1
