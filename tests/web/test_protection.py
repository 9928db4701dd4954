import asyncio
import threading

import pytest

from hemolens.web import protection
from hemolens.web.limits import Allowance

from .browsers import LOCAL, another_browser, logged_in, with_token

EVIL = "http://evil.example"
SAMPLE = {"name": "a smear"}
NO_SAMPLE = "/api/samples/none/photographs"


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "10.0.0.5", "", "[::1", "a b"])
def test_a_name_that_only_means_this_machine_is_refused(local, host):
    for path in ("/api/samples", "/"):
        answer = local.get(path, headers={"Host": host})
        assert answer.status_code == 421
        assert "not known by that name" in answer.json()["what"]


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:8000", "127.0.0.2", "[::1]:8000"])
def test_the_own_machine_is_known_by_all_its_names(local, host):
    assert local.get("/api/samples", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(("host", "status"), [("counts.example", 401), ("192.168.1.7:8000", 401), ("b.example", 421)])
def test_a_laboratory_is_known_by_its_names_and_addresses(laboratory, host, status):
    assert laboratory.get("/api/samples", headers={"Host": host}).status_code == status


@pytest.mark.parametrize("header", protection.FORWARDED)
def test_a_proxy_does_not_make_everybody_an_admin(local, header):
    answer = local.get("/api/samples", headers={header: "203.0.113.9"})
    assert answer.status_code == 421
    assert "proxy" in answer.json()["what"]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": EVIL},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "https://localhost:8000"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_a_page_of_another_origin_may_nothing(local, method, headers):
    answer = local.request(method, "/api/samples", headers=headers, json=SAMPLE if method == "POST" else None)
    assert answer.status_code == 403
    assert local.get("/api/samples").json() == []


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_the_own_page_may(local, site):
    headers = {"Origin": LOCAL, "Sec-Fetch-Site": site}
    assert local.post("/api/samples", headers=headers, json=SAMPLE).status_code == 201


@pytest.mark.parametrize("token", [None, "", "x", "0" * 64])
def test_without_its_token_no_browser_changes_anything(local, token):
    del local.headers["X-CSRF-Token"]
    headers = {} if token is None else {"X-CSRF-Token": token}
    assert local.post("/api/samples", headers=headers, json=SAMPLE).status_code == 403
    assert local.get("/api/samples").json() == []


def test_the_token_of_another_browser_is_none(local):
    other = with_token(another_browser(local))
    assert other.headers["X-CSRF-Token"] != local.headers["X-CSRF-Token"]
    local.headers["X-CSRF-Token"] = other.headers["X-CSRF-Token"]
    assert local.post("/api/samples", json=SAMPLE).status_code == 403


def test_the_token_outlives_the_service(serve):
    before = with_token(serve())
    after = serve()
    after.cookies.update(before.cookies)
    after.headers["X-CSRF-Token"] = before.headers["X-CSRF-Token"]
    assert after.post("/api/samples", json=SAMPLE).status_code == 201


@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml"],
)
def test_json_that_does_not_say_so_is_not_read(local, kind):
    answer = local.post("/api/samples", content=b'{"name": "a"}', headers={"Content-Type": kind})
    assert answer.status_code == 415
    assert local.get("/api/samples").json() == []


def test_json_may_say_how_its_characters_are_written(local):
    answer = local.post(
        "/api/samples", content=b'{"name": "a"}', headers={"Content-Type": "Application/JSON; charset=utf-8"}
    )
    assert answer.status_code == 201


def test_a_photograph_comes_in_a_form(local):
    assert local.post(NO_SAMPLE, json=SAMPLE).status_code == 415


@pytest.mark.parametrize("path", ["/api/samples", "/api/nothing", "/api/openapi.json"])
def test_what_programs_read_is_no_page(local, path):
    answer = local.get(path)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="api.json"'
    assert answer.json() is not None


def no_service(*_):
    raise RuntimeError("a bug, with a secret")


ANSWERS = {
    "/api/session": 200,
    "/api/nothing": 404,
    "/api/openapi.json": 200,
    "/assets/nothing.js": 404,
    "/assets/..%2f..%2fapp.py": 404,
    "/api/tokens": 401,
    "/assets/page.js": 200,
    "/": 200,
    "/samples/anything": 200,
}


@pytest.mark.parametrize(("path", "status"), ANSWERS.items())
def test_every_answer_has_the_headers_that_protect(laboratory, path, status):
    answer = laboratory.get(path)
    assert answer.status_code == status
    expected = protection.HEADERS | protection.HTTPS_HEADERS
    assert {name: answer.headers.get(name) for name in expected} == expected
    assert path.startswith("/api/") == (answer.headers.get("Cache-Control") == "no-store")


def test_a_bug_is_answered_with_the_headers_and_without_the_reason(local, monkeypatch, caplog):
    monkeypatch.setattr("hemolens.web.routes.samples.summarise_sample", no_service)
    local.post("/api/samples", json=SAMPLE)
    answer = local.get("/api/samples")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.headers["Content-Security-Policy"] == protection.HEADERS["Content-Security-Policy"]
    assert "a bug, with a secret" in caplog.text


def test_a_refusal_has_the_headers(local):
    for answer in (
        local.get("/", headers={"Host": "evil.example"}),
        local.get("/api/samples", headers={"Origin": EVIL}),
    ):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_no_script_of_the_page_itself_may_run_inline():
    policy = protection.HEADERS["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_over_http_browsers_are_not_told_to_insist_on_https(local):
    assert "Strict-Transport-Security" not in local.get("/api/session").headers


def test_too_many_requests_are_told_when_to_come_again(local, monkeypatch):
    monkeypatch.setattr(Allowance, "take", lambda self, key: 2.5)
    answer = local.get("/api/samples")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")


def test_a_client_has_its_own_allowance(laboratory, monkeypatch):
    keys, asked = [], []
    monkeypatch.setattr(Allowance, "take", lambda self, key: keys.append(key) or 0.0)
    for browser in (logged_in(laboratory, "Vera"), logged_in(laboratory, "Rita"), another_browser(laboratory)):
        browser.get("/api/samples")
        asked.append(keys[-1])
    assert len(set(asked)) == 3
    assert asked[-1] == "testclient"


def test_a_body_that_is_too_large_is_not_read(local):
    answer = local.post(
        "/api/samples", content=b" " * (protection.MAX_BODY_BYTES + 1), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 413
    assert "larger than 10 MB" in answer.json()["what"]


def test_a_body_that_does_not_say_how_large_it_is_is_counted(local):
    parts = (b" " * 1_000_000 for _ in range(protection.MAX_BODY_BYTES // 1_000_000 + 1))
    answer = local.post("/api/samples", content=parts, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


def test_who_is_not_logged_in_sends_nothing_at_all(laboratory):
    announced = {"Content-Type": "multipart/form-data; boundary=x", "Content-Length": "1000000000000"}
    answer = with_token(another_browser(laboratory)).post(NO_SAMPLE, headers=announced)
    assert answer.status_code == 401


def ask_at_once(client, method, path, n):
    """Begin requests whose bodies do not come, until all are there; give the answers once they are let go."""
    begun, statuses = threading.Semaphore(0), []

    async def ask(let_go):
        sent = []

        async def receive():
            begun.release()
            await let_go.wait()
            return {"type": "http.disconnect"}

        async def send(message):
            sent.append(message)

        headers = [(name.lower().encode(), value.encode()) for name, value in client.headers.items()]
        headers += [(b"host", b"localhost"), (b"cookie", f"hemolens={client.cookies['hemolens']}".encode())]
        headers += [(b"content-type", b"multipart/form-data; boundary=x")] if method == "POST" else []
        scope = {
            "type": "http", "http_version": "1.1", "method": method, "path": path, "raw_path": path.encode(),
            "query_string": b"", "headers": headers, "scheme": "http", "client": ("127.0.0.1", 1),
            "server": ("localhost", 8000), "root_path": "", "app": client.app,
        }  # fmt: skip
        await client.app(scope, receive, send)
        statuses.append(sent[0]["status"])

    async def ask_all():
        let_go = asyncio.Event()
        asking = [asyncio.create_task(ask(let_go)) for _ in range(n)]
        await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)  # the one that is refused
        let_go.set()
        await asyncio.gather(*asking)

    asyncio.run(ask_all())
    return sorted(statuses)


def test_one_client_sends_so_many_photographs_at_a_time(local):
    statuses = ask_at_once(local, "POST", NO_SAMPLE, protection.MOST_UPLOADS + 1)
    assert statuses.count(429) == 1
    assert ask_at_once(local, "POST", NO_SAMPLE, protection.MOST_UPLOADS + 1).count(429) == 1


def test_the_only_route_that_takes_a_form_is_the_one_whose_limit_is_larger(local):
    paths = local.app.openapi()["paths"]
    forms = {
        f"{method.upper()} {path}"
        for path, methods in paths.items()
        for method, route in methods.items()
        if "multipart/form-data" in route.get("requestBody", {}).get("content", {})
    }
    assert forms == {"POST /api/samples/{sample}/photographs"}


def test_a_path_never_leaves_its_route(local):
    for hostile in ("..%2f..%2fetc%2fpasswd", "%2e%2e%2f", "a%00b", "C:%5cWindows", "%3Cscript%3E", "a" * 5000):
        for path in (
            f"/api/samples/{hostile}",
            f"/api/photographs/{hostile}",
            f"/api/photographs/{hostile}/tiles/0/0/0.jpg",
            f"/api/photographs/{'0' * 32}/tiles/{hostile}/0/0.jpg",
            f"/api/photographs/{hostile}/cells",
            f"/api/counts/{hostile}/cells",
            f"/api/jobs/{hostile}",
            f"/api/jobs/{hostile}/results.zip",
            f"/assets/{hostile}",
        ):
            answer = local.get(path)
            assert answer.status_code in {404, 422}, path
            assert "root:" not in answer.text


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "../../etc/passwd", "'; DROP TABLE sample; --", "ä 名"])
def test_a_name_is_a_text_whatever_it_looks_like(local, name):
    answer = local.post("/api/samples", json={"name": name})
    assert answer.status_code == 201
    assert answer.headers["Content-Type"] == "application/json"
    assert [each["name"] for each in local.get("/api/samples").json()] == [name]


def test_a_comment_has_no_character_that_a_database_cannot_keep(local):
    sample = local.post("/api/samples", json=SAMPLE).json()["id"]
    answer = local.post(f"/api/samples/{sample}/sign-off", json={"name": "Ada", "comment": "a\0b"})
    assert answer.status_code == 422


def test_a_reason_has_none_either(local):
    sample = local.post("/api/samples", json=SAMPLE).json()["id"]
    answer = local.post(f"/api/samples/{sample}/sign-off/withdrawal", json={"name": "Ada", "reason": "wrong\0"})
    assert answer.status_code == 422


def test_the_name_of_a_counter_is_not_endless(local):
    assert local.post("/api/samples", json=SAMPLE | {"settings": {"counter": "x" * 1000}}).status_code == 422


@pytest.mark.parametrize("name", ["a\x00b", "a\nb", "a\u202egpj.b", "a\u200bb", "\x1b[31m", " ", "x" * 201])
def test_a_name_that_shows_as_another_one_is_refused(local, name):
    assert local.post("/api/samples", json={"name": name}).status_code == 422
