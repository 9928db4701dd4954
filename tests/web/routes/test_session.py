import pytest

from hemolens.web import passwords
from hemolens.web.database.tables import AccountRow, LoginRow

from ..browsers import LABORATORY, PASSWORD, another_browser, id_of, logged_in, service_of, with_token


def log_in(browser, name="Rita", password=PASSWORD):
    return browser.post("/api/session", json={"name": name, "password": password})


def n_logins(client):
    with service_of(client).database.reading() as session:
        return session.query(LoginRow).count()


def test_on_the_own_machine_nobody_logs_in(local):
    told = local.get("/api/session").json()
    assert told["person"] == {"name": "local user", "role": "admin"}
    assert told["has_accounts"] is False
    assert log_in(local).status_code == 409


def test_who_logs_in_is_known(laboratory):
    browser = with_token(another_browser(laboratory))
    assert browser.get("/api/session").json()["person"] is None
    assert log_in(browser).json()["person"] == {"name": "Rita", "role": "reviewer"}
    assert browser.get("/api/session").json()["person"] == {"name": "Rita", "role": "reviewer"}


def test_the_name_may_be_written_in_small_letters(laboratory):
    assert log_in(with_token(laboratory), "rita").json()["person"]["name"] == "Rita"


@pytest.mark.parametrize(("scheme", "name"), [("https", "__Host-hemolens"), ("http", "hemolens")])
def test_no_script_and_no_other_site_gets_the_cookie(laboratory, scheme, name):
    browser = with_token(another_browser(laboratory, f"{scheme}://counts.example"))
    cookie = log_in(browser).headers["Set-Cookie"]
    first, *rest = (part.strip().lower() for part in cookie.split(";"))
    assert first.startswith(f"{name.lower()}=")
    assert set(rest) == {"httponly", "samesite=strict", "path=/"} | ({"secure"} if scheme == "https" else set())


def test_a_cookie_from_before_the_login_is_worth_nothing_after_it(laboratory):
    browser = with_token(another_browser(laboratory))
    planted, token = dict(browser.cookies), browser.headers["X-CSRF-Token"]
    log_in(browser)
    attacker = another_browser(laboratory)
    attacker.cookies.update(planted)
    assert attacker.get("/api/samples").status_code == 401
    assert attacker.get("/api/session").json()["csrf"] == token
    assert browser.get("/api/session").json()["csrf"] != token


def test_a_second_login_in_the_same_browser_ends_the_first(laboratory):
    browser = logged_in(laboratory, "Rita")
    before = dict(browser.cookies)
    assert log_in(browser, "Vera").status_code == 200
    browser.cookies.clear()
    browser.cookies.update(before)
    assert browser.get("/api/samples").status_code == 401


def test_after_log_out_the_cookie_is_worth_nothing(laboratory):
    browser = logged_in(laboratory, "Rita")
    before = dict(browser.cookies)
    answer = browser.delete("/api/session")
    assert (answer.status_code, answer.headers["Clear-Site-Data"]) == (204, '"cache"')
    assert browser.get("/api/samples").status_code == 401
    browser.cookies.clear()
    browser.cookies.update(before)
    assert browser.get("/api/samples").status_code == 401
    assert n_logins(laboratory) == 0


def test_log_out_ends_one_browser_and_no_other(laboratory):
    first, second = logged_in(laboratory, "Rita"), logged_in(laboratory, "Rita")
    first.delete("/api/session")
    assert second.get("/api/samples").status_code == 200


def test_unknown_names_wrong_passwords_and_locks_are_answered_alike(laboratory, admin):
    admin.patch(f"/api/accounts/{id_of(admin, 'Vera')}", json={"is_active": False})
    browser = with_token(another_browser(laboratory))
    answers = [log_in(browser, "Nobody"), log_in(browser, "Rita", "wrong"), log_in(browser, "Vera")]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1


def test_after_too_many_wrong_passwords_even_the_right_one_waits(laboratory):
    browser = with_token(another_browser(laboratory))
    assert [log_in(browser, "Rita", "wrong").status_code for _ in range(11)] == [401] * 10 + [429]
    waiting = log_in(browser)
    assert waiting.status_code == 429
    assert int(waiting.headers["Retry-After"]) > 0


def test_a_login_of_another_page_is_refused(laboratory):
    assert log_in(another_browser(laboratory)).status_code == 403
    browser = with_token(another_browser(laboratory))
    browser.headers["Origin"] = "https://evil.example"
    assert log_in(browser).status_code == 403
    browser.headers["Origin"] = LABORATORY
    assert log_in(browser).status_code == 200


def test_a_hash_that_took_less_work_is_renewed_at_the_login(laboratory, monkeypatch):
    monkeypatch.setattr(passwords, "_hasher", type(passwords._hasher)(time_cost=2, memory_cost=16, parallelism=1))
    assert log_in(with_token(laboratory)).status_code == 200
    with service_of(laboratory).database.reading() as session:
        kept = {row.name: row.password_hash for row in session.query(AccountRow)}
    assert "m=16,t=2" in kept["Rita"]
    assert "m=8,t=1" in kept["Ada"]


def test_a_login_that_fails_is_logged_in_one_line(laboratory, caplog):
    log_in(with_token(laboratory), "Rita", "a secret attempt")
    (said,) = [each.getMessage() for each in caplog.records if "log in" in each.getMessage()]
    assert said == "a log in as 'Rita' from testclient failed"
