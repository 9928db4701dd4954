import pytest

from ..browsers import PASSWORD, PEOPLE, another_browser, id_of, logged_in, with_token

NEW = "four purple platelets"


def log_in(client, name, password):
    browser = with_token(another_browser(client))
    return browser.post("/api/session", json={"name": name, "password": password}).status_code


def test_an_admin_adds_a_person_who_then_logs_in(laboratory, admin):
    answer = admin.post("/api/accounts", json={"name": "Bo", "password": NEW, "role": "viewer"})
    assert answer.status_code == 201
    assert "password" not in answer.text
    assert log_in(laboratory, "Bo", NEW) == 200
    assert [each["name"] for each in admin.get("/api/accounts").json()] == [*PEOPLE, "Bo"]


@pytest.mark.parametrize("name", ["Ada", "ADA", "Ａda", "local user", "", "A\u202eda"])
def test_no_two_people_have_the_same_name(admin, name):
    assert admin.post("/api/accounts", json={"name": name, "password": NEW, "role": "viewer"}).status_code == 422


@pytest.mark.parametrize("wrong", [{"password": "short"}, {"password": "aaaaaaaaaaaa"}, {"role": "owner"}, {"id": "1"}])
def test_what_is_not_allowed_is_not_added(admin, wrong):
    wanted = {"name": "Bo", "password": NEW, "role": "viewer"} | wrong
    assert admin.post("/api/accounts", json=wanted).status_code == 422
    assert len(admin.get("/api/accounts").json()) == len(PEOPLE)


def test_a_new_password_by_an_admin_logs_the_person_out(laboratory, admin):
    rita = logged_in(laboratory, "Rita")
    assert admin.patch(f"/api/accounts/{id_of(admin, 'Rita')}", json={"password": NEW}).status_code == 200
    assert rita.get("/api/samples").status_code == 401
    assert (log_in(laboratory, "Rita", PASSWORD), log_in(laboratory, "Rita", NEW)) == (401, 200)


def test_ones_own_new_password_logs_out_all_other_browsers(laboratory):
    here, there = logged_in(laboratory, "Rita"), logged_in(laboratory, "Rita")
    assert here.post("/api/account/password", json={"old": PASSWORD, "new": NEW}).status_code == 204
    assert here.get("/api/samples").status_code == 200
    assert there.get("/api/samples").status_code == 401
    assert log_in(laboratory, "Rita", NEW) == 200


def test_who_does_not_know_the_old_password_sets_no_new_one(laboratory):
    rita = logged_in(laboratory, "Rita")
    asked = [rita.post("/api/account/password", json={"old": "wrong", "new": NEW}).status_code for _ in range(11)]
    assert asked == [403] * 10 + [429]
    assert log_in(laboratory, "Rita", NEW) in {401, 429}


def test_a_lock_can_be_taken_away(laboratory, admin):
    number = id_of(admin, "Rita")
    admin.patch(f"/api/accounts/{number}", json={"is_active": False})
    assert log_in(laboratory, "Rita", PASSWORD) == 401
    admin.patch(f"/api/accounts/{number}", json={"is_active": True})
    assert log_in(laboratory, "Rita", PASSWORD) == 200


@pytest.mark.parametrize("change", [{"role": "reviewer"}, {"is_active": False}, None])
def test_the_last_admin_stays(admin, change):
    number = id_of(admin, "Ada")
    path = f"/api/accounts/{number}"
    answer = admin.delete(path) if change is None else admin.patch(path, json=change)
    assert answer.status_code == 422
    assert "last admin" in answer.json()["what"]
    assert admin.get("/api/accounts").status_code == 200


def test_a_person_without_record_is_removed_with_logins(laboratory, admin):
    vera = logged_in(laboratory, "Vera")
    assert admin.delete(f"/api/accounts/{id_of(admin, 'Vera')}").status_code == 204
    assert vera.get("/api/samples").status_code == 401


def test_a_name_on_record_is_not_given_free(laboratory, admin):
    logged_in(laboratory, "Rita").post("/api/samples", json={"name": "a smear"})
    answer = admin.delete(f"/api/accounts/{id_of(admin, 'Rita')}")
    assert answer.status_code == 422
    assert "lock it" in answer.json()["what"]
    assert id_of(admin, "Rita")


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_who_is_not_there_is_not_found(admin, method):
    assert admin.request(method, f"/api/accounts/{'0' * 32}", json={}).status_code == 404
