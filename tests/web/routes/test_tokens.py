from ..browsers import another_browser, logged_in


def program(client, secret):
    asking = another_browser(client)
    asking.headers["Authorization"] = f"Bearer {secret}"
    return asking


def make_token(browser):
    return browser.post("/api/tokens", json={"name": "night script"}).json()


def test_a_program_does_what_its_person_may_without_cookie(laboratory):
    token = make_token(logged_in(laboratory, "Rita"))
    asking = program(laboratory, token["secret"])
    assert asking.post("/api/samples", json={"name": "a"}).status_code == 201
    assert not asking.cookies


def test_the_secret_is_told_once(laboratory):
    browser = logged_in(laboratory, "Rita")
    token = make_token(browser)
    listed = browser.get("/api/tokens")
    assert [each["name"] for each in listed.json()] == ["night script"]
    assert token["secret"] not in listed.text


def test_a_token_that_is_revoked_opens_nothing(laboratory):
    browser = logged_in(laboratory, "Rita")
    token = make_token(browser)
    asking = program(laboratory, token["secret"])
    assert asking.get("/api/samples").status_code == 200
    assert browser.delete(f"/api/tokens/{token['id']}").status_code == 204
    answer = asking.get("/api/samples")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert browser.get("/api/tokens").json()[0]["revoked_at"] is not None


def test_nobody_sees_or_revokes_the_tokens_of_another(laboratory):
    token = make_token(logged_in(laboratory, "Rita"))
    ada = logged_in(laboratory, "Ada")
    assert ada.get("/api/tokens").json() == []
    assert ada.delete(f"/api/tokens/{token['id']}").status_code == 404
    assert program(laboratory, token["secret"]).get("/api/samples").status_code == 200


def test_what_is_no_token_opens_nothing_even_with_a_cookie(laboratory):
    browser = logged_in(laboratory, "Rita")
    browser.headers["Authorization"] = "Bearer nothing"
    assert browser.get("/api/samples").status_code == 401
