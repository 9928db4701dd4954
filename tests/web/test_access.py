import re
from datetime import timedelta

import pytest
from sqlalchemy import update

from hemolens.web.access import RANK
from hemolens.web.accounts import add_account
from hemolens.web.database.tables import AccountRow, LoginRow, now
from hemolens.web.logins import LONGEST, UNUSED

from .browsers import LABORATORY, PASSWORD, PEOPLE, another_browser, id_of, logged_in, service_of, with_token

ANYBODY, IN_PERSON = "anybody", "in person"
WHO_MAY = {
    "GET /api/session": ANYBODY,
    "POST /api/session": ANYBODY,
    "DELETE /api/session": "viewer",
    "GET /api/accounts": "admin",
    "POST /api/accounts": "admin",
    "PATCH /api/accounts/{account}": "admin",
    "DELETE /api/accounts/{account}": "admin",
    "POST /api/account/password": IN_PERSON,
    "GET /api/tokens": IN_PERSON,
    "POST /api/tokens": IN_PERSON,
    "DELETE /api/tokens/{token}": IN_PERSON,
    "GET /api/samples": "viewer",
    "POST /api/samples": "reviewer",
    "POST /api/demo": "reviewer",
    "GET /api/samples/{sample}": "viewer",
    "PATCH /api/samples/{sample}": "reviewer",
    "DELETE /api/samples/{sample}": "admin",
    "POST /api/samples/{sample}/sign-off": "reviewer",
    "POST /api/samples/{sample}/sign-off/withdrawal": "reviewer",
    "POST /api/samples/{sample}/photographs": "reviewer",
    "GET /api/photographs/{photograph}": "viewer",
    "DELETE /api/photographs/{photograph}": "reviewer",
    "POST /api/photographs/{photograph}/count": "reviewer",
    "PUT /api/photographs/{photograph}/shown": "reviewer",
    "GET /api/photographs/{photograph}/tiles/{level}/{col}/{row}.jpg": "viewer",
    "GET /api/photographs/{photograph}/part.jpg": "viewer",
    "GET /api/photographs/{photograph}/cells": "viewer",
    "GET /api/counts/{count}/cells": "viewer",
    "GET /api/photographs/{photograph}/corrections": "viewer",
    "POST /api/photographs/{photograph}/corrections": "reviewer",
    "POST /api/photographs/{photograph}/proposal": "reviewer",
    "GET /api/jobs": "viewer",
    "GET /api/jobs/{job}": "viewer",
    "POST /api/jobs/{job}/cancel": "reviewer",
    "POST /api/samples/{sample}/results": "viewer",
    "GET /api/jobs/{job}/results.zip": "viewer",
    "GET /api/models": "viewer",
    "POST /api/models": "reviewer",
    "PUT /api/models/default": "admin",
    "GET /api/events": "viewer",
}
"""Every route, and the least role that may ask it; a new route needs a decision here."""

NUMBERS = {"level": "0", "col": "0", "row": "0"}
SIDE_EFFECTS = {"POST /api/demo", "DELETE /api/session", "GET /api/events"}
"""What is allowed there is not asked for: it draws for seconds, logs out, or does not end."""


def routes_of(client):
    paths = client.app.openapi()["paths"]
    return {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}


def ask(client, route):
    """Ask a route about things that do not exist, without what it needs: nothing can come of it."""
    method, path = route.split(" ")
    asked = re.sub(r"{(\w+)}", lambda match: NUMBERS.get(match[1], "0" * 32), path)
    return client.request(method, asked)


def may(role, least):
    return least in {ANYBODY, IN_PERSON} or RANK[role] >= RANK[least]


def test_every_route_has_a_decision_on_who_may(laboratory):
    assert routes_of(laboratory) == set(WHO_MAY)


def test_who_is_not_logged_in_may_only_log_in(laboratory):
    browser = with_token(another_browser(laboratory))
    refused = {route for route in WHO_MAY if ask(browser, route).status_code == 401}
    assert refused == {route for route, least in WHO_MAY.items() if least != ANYBODY}


@pytest.mark.parametrize("name", PEOPLE)
def test_each_role_may_what_it_may_and_no_more(laboratory, name):
    browser = logged_in(laboratory, name)
    asked = WHO_MAY.keys() - SIDE_EFFECTS
    refused = {route for route in asked if ask(browser, route).status_code in {401, 403}}
    assert refused == {route for route in asked if not may(PEOPLE[name], WHO_MAY[route])}


@pytest.mark.parametrize("route", sorted(SIDE_EFFECTS - {"DELETE /api/session", "GET /api/events"}))
def test_a_viewer_may_not_do_what_the_table_leaves_out(laboratory, route):
    assert ask(logged_in(laboratory, "Vera"), route).status_code == 403


def test_a_program_may_not_do_what_needs_the_person(laboratory):
    secret = logged_in(laboratory, "Ada").post("/api/tokens", json={"name": "script"}).json()["secret"]
    program = another_browser(laboratory)
    program.headers["Authorization"] = f"Bearer {secret}"
    asked = WHO_MAY.keys() - SIDE_EFFECTS - {"POST /api/session"}
    refused = {route for route in asked if ask(program, route).status_code in {401, 403}}
    assert refused == {route for route, least in WHO_MAY.items() if least == IN_PERSON}


def test_on_the_own_machine_everything_is_allowed(local):
    asked = {route for route in WHO_MAY if WHO_MAY[route] != IN_PERSON} - SIDE_EFFECTS
    assert {route for route in asked if ask(local, route).status_code in {401, 403}} == set()


def test_a_token_is_of_no_use_where_there_are_no_accounts(local):
    assert {ask(local, route).status_code for route, least in WHO_MAY.items() if least == IN_PERSON} <= {409, 422}


@pytest.mark.parametrize(("column", "after"), [("used_at", UNUSED), ("expires_at", LONGEST)])
def test_a_login_ends(laboratory, column, after):
    browser = logged_in(laboratory, "Vera")
    assert browser.get("/api/samples").status_code == 200
    with service_of(laboratory).database.writing() as session:
        begun = getattr(session.query(LoginRow).one(), column)
        session.execute(update(LoginRow).values({column: begun - after - timedelta(seconds=1)}))
    assert browser.get("/api/samples").status_code == 401


def test_who_goes_on_asking_stays_logged_in(laboratory):
    browser = logged_in(laboratory, "Vera")
    with service_of(laboratory).database.writing() as session:
        session.execute(update(LoginRow).values(used_at=now() - UNUSED / 2))
    browser.get("/api/samples")
    with service_of(laboratory).database.reading() as session:
        assert now() - session.query(LoginRow).one().used_at < timedelta(minutes=1)


def test_a_lock_ends_logins_and_tokens_at_once(laboratory, admin):
    rita = logged_in(laboratory, "Rita")
    program = another_browser(laboratory)
    program.headers["Authorization"] = f"Bearer {rita.post('/api/tokens', json={'name': 'script'}).json()['secret']}"
    assert rita.get("/api/samples").status_code == program.get("/api/samples").status_code == 200
    admin.patch(f"/api/accounts/{id_of(admin, 'Rita')}", json={"is_active": False})
    assert rita.get("/api/samples").status_code == program.get("/api/samples").status_code == 401


def test_a_role_that_is_taken_away_is_gone_at_once(laboratory, admin):
    rita = logged_in(laboratory, "Rita")
    assert rita.post("/api/samples", json={"name": "a"}).status_code == 201
    admin.patch(f"/api/accounts/{id_of(admin, 'Rita')}", json={"role": "viewer"})
    assert rita.post("/api/samples", json={"name": "b"}).status_code == 403


def test_no_secret_is_kept_as_it_is(laboratory):
    browser = logged_in(laboratory, "Rita")
    secret = browser.post("/api/tokens", json={"name": "script"}).json()["secret"]
    kept = b"".join(path.read_bytes() for path in service_of(laboratory).settings.folder.glob("hemolens.sqlite*"))
    (cookie,) = browser.cookies.jar
    assert not [each for each in (secret, cookie.value, "red cells on monday") if each.encode() in kept]
    assert b"$argon2id$" in kept


def test_what_is_not_a_cookie_of_ours_is_nobody(laboratory):
    browser = with_token(another_browser(laboratory))
    with service_of(laboratory).database.reading() as session:
        hashes = [row.password_hash for row in session.query(AccountRow)]
    for value in ("", "x" * 5000, *hashes):
        browser.cookies.clear()
        browser.headers["Cookie"] = f"__Host-hemolens={value}"
        assert browser.get("/api/samples").status_code == 401


def test_people_and_programs_are_known_on_every_database(serve, database_url):
    client = serve(LABORATORY, names=("counts.example",), database=database_url)
    add_account(service_of(client).database, "Rita", PASSWORD, "reviewer")
    rita, program = logged_in(client, "Rita"), another_browser(client)
    program.headers["Authorization"] = f"Bearer {rita.post('/api/tokens', json={'name': 'script'}).json()['secret']}"
    assert rita.get("/api/samples").status_code == program.get("/api/samples").status_code == 200
    assert program.get("/api/samples/a%00b").status_code == 404
    assert rita.delete("/api/session").status_code == 204
    assert rita.get("/api/samples").status_code == 401
