"""What is logged of requests, and how a line looks."""

import logging
import re
import subprocess
import sys

import pytest

from .browsers import PASSWORD, another_browser, logged_in, with_token


@pytest.fixture(autouse=True)
def lines(caplog):
    """All lines of the service, as they come."""
    caplog.set_level(logging.INFO, "hemolens.web")
    return caplog


def test_who_was_refused_what_is_logged(laboratory, lines):
    logged_in(laboratory, "Vera").post("/api/samples", json={"name": "a smear"})
    assert lines.messages[-1] == "'Vera' at testclient: POST '/api/samples': 403"


def test_what_a_stranger_asked_for_is_logged(laboratory, lines):
    another_browser(laboratory).get("/api/samples/secret")
    assert lines.messages[-1] == "nobody at testclient: GET '/api/samples/secret': 401"


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [("GET", {"Origin": "http://evil.example"}, 403), ("GET", {"Host": "evil.example"}, 421), ("PROPFIND", {}, 401)],
    ids=str,
)
def test_what_is_refused_before_anybody_is_asked_is_logged(laboratory, lines, method, headers, status):
    another_browser(laboratory).request(method, "/api/samples", headers=headers)
    assert lines.messages[-1] == f"nobody at testclient: {method} '/api/samples': {status}"


def test_what_an_admin_changed_is_logged(admin, lines):
    admin.post("/api/accounts", json={"name": "Bo", "password": "platelets on friday", "role": "viewer"})
    assert lines.messages[-1] == "'Ada' at testclient: POST '/api/accounts': 201"


def test_what_was_only_looked_at_is_not_logged(admin, lines):
    lines.clear()
    admin.get("/api/samples")
    assert lines.messages == []


def test_who_logged_in_is_logged(laboratory, lines):
    logged_in(laboratory, "Rita")
    assert "'Rita' logged in from testclient" in lines.messages


def test_a_log_in_that_failed_is_logged_with_its_name(laboratory, lines):
    with_token(laboratory).post("/api/session", json={"name": "Rita", "password": "a wrong password"})
    assert "a log in as 'Rita' from testclient failed" in lines.messages


def test_no_secret_is_logged(laboratory, lines):
    browser = logged_in(laboratory, "Rita")
    secret = browser.post("/api/tokens", json={"name": "script"}).json()["secret"]
    with_token(laboratory).post("/api/session", json={"name": "Rita", "password": "a wrong password"})
    (cookie,) = browser.cookies.jar
    assert len(lines.messages) >= 3
    said = lines.text + repr([vars(record) for record in lines.records])
    assert not [each for each in (PASSWORD, "a wrong password", secret, cookie.value) if each in said]


def test_an_address_makes_no_line_of_its_own(laboratory, lines):
    another_browser(laboratory).get("/api/a%0A2026-01-01 INFO 'Ada' logged in")
    assert "\n" not in lines.messages[-1]
    assert lines.messages[-1].startswith("nobody at testclient: GET '/api/a\\n2026")


@pytest.mark.parametrize(("names", "logged"), [((), ["WARNING"]), (("counts.example",), ["INFO", "WARNING"])])
def test_a_line_has_its_time_and_only_where_there_are_accounts_who_asked(names, logged, tmp_path):
    code = f"""
import logging
from hemolens.web.log import log_to_standard_error
from hemolens.web.settings import ServeSettings
log_to_standard_error(ServeSettings(folder="x", names={names}))
logging.getLogger("hemolens.web").info("an event")
logging.getLogger("hemolens.web").warning("an event")
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    found = [re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (\w+) an event", each) for each in run.stderr.splitlines()]
    assert [each and each[1] for each in found] == logged
