"""Samples: made, listed, summed up, signed off, deleted."""

import pytest


def get(client, sample):
    return client.get(f"/api/samples/{sample}").json()


def sign(client, sample, **given):
    return client.post(f"/api/samples/{sample}/sign-off", json={"name": "A. Reader", **given})


def test_a_new_sample_is_listed(client, sample):
    assert [(each["id"], each["name"], each["n_photographs"]) for each in client.get("/api/samples").json()] == [
        (sample, "Monday", 0)
    ]


def test_a_sample_is_renamed(client, sample):
    assert client.patch(f"/api/samples/{sample}", json={"name": " Tuesday "}).json()["name"] == "Tuesday"


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, None, 5])
def test_a_name_that_is_none_is_refused_in_words(client, name):
    answer = client.post("/api/samples", json={"name": name})
    assert answer.status_code == 422
    assert answer.json()["option"] == "name"


def test_a_sample_sums_up_its_fields(client, sample, upload, work, picture):
    upload(picture)
    upload(picture, "again.png")
    work()
    told = get(client, sample)
    one = told["photographs"][0]["count"]["numbers"]
    assert told["n_fields"] == 2
    for kind, each in told["numbers"].items():
        assert each["total"] == 2 * one[kind]["total"]


def test_photographs_stand_in_the_order_of_their_names(client, sample, upload, picture):
    for name in ("field 10.png", "Field 2.png", "a.png", "field 1.png"):
        upload(picture, name)
    names = [each["name"] for each in get(client, sample)["photographs"]]
    assert names == ["a.png", "field 1.png", "Field 2.png", "field 10.png"]


def test_the_list_says_how_far_counting_is(client, upload, work, picture):
    upload(picture)
    upload(b"this is no photograph", "b.png")
    (waiting,) = client.get("/api/samples").json()
    assert (waiting["n_waiting"], waiting["n_counted"], waiting["n_failed"]) == (2, 0, 0)
    work()
    (done,) = client.get("/api/samples").json()
    assert (done["n_waiting"], done["n_counted"], done["n_failed"]) == (0, 1, 1)


def test_a_sign_off_names_the_signer(client, counted):
    told = sign(client, counted["sample"], comment="all looked at").json()
    assert [(each["signed_by"], each["comment"], each["withdrawn_at"]) for each in told["sign_offs"]] == [
        ("A. Reader", "all looked at", None)
    ]


def test_a_sign_off_without_a_name_is_refused(client, counted):
    assert client.post(f"/api/samples/{counted['sample']}/sign-off", json={}).status_code == 422


def test_a_sample_without_counts_cannot_be_signed(client, sample, upload, picture):
    assert sign(client, sample).status_code == 409
    upload(picture)
    assert "still being counted" in sign(client, sample).json()["what"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/api/samples/{sample}", {"name": "x"}),
        ("POST", "/api/samples/{sample}/sign-off", {"name": "B"}),
        ("POST", "/api/photographs/{photograph}/count", {}),
        ("PUT", "/api/photographs/{photograph}/shown", {"count": "0" * 32}),
        ("DELETE", "/api/photographs/{photograph}", None),
    ],
)
def test_what_is_signed_off_does_not_change(client, counted, method, path, body):
    sign(client, counted["sample"])
    path = path.format(sample=counted["sample"], photograph=counted["id"])
    answer = client.request(method, path, json=body)
    assert answer.status_code == 409
    assert "signed off by A. Reader" in answer.json()["what"]


def test_no_photograph_is_added_to_what_is_signed_off(client, counted, picture):
    sign(client, counted["sample"])
    files = {"photograph": ("b.png", picture)}
    assert client.post(f"/api/samples/{counted['sample']}/photographs", files=files).status_code == 409


def test_a_sign_off_is_withdrawn_with_a_reason_and_stays_on_record(client, counted):
    sign(client, counted["sample"])
    path = f"/api/samples/{counted['sample']}/sign-off/withdrawal"
    assert client.post(path, json={"name": "B. Chief", "reason": ""}).status_code == 422
    told = client.post(path, json={"name": "B. Chief", "reason": "field 2 is of another smear"}).json()
    (record,) = told["sign_offs"]
    assert (record["signed_by"], record["withdrawn_by"], record["reason"]) == (
        "A. Reader",
        "B. Chief",
        "field 2 is of another smear",
    )
    assert client.patch(f"/api/samples/{counted['sample']}", json={"name": "x"}).status_code == 200


def test_what_is_not_signed_off_cannot_be_withdrawn(client, counted):
    path = f"/api/samples/{counted['sample']}/sign-off/withdrawal"
    assert client.post(path, json={"name": "B", "reason": "a reason"}).status_code == 409


def test_a_sample_that_is_not_there_is_not_found(client):
    answer = client.get(f"/api/samples/{'0' * 32}")
    assert (answer.status_code, answer.json()["what"]) == (404, "there is no such sample, or it was deleted")


@pytest.mark.parametrize("database_url", [""], ids=["sqlite"])
def test_the_drawn_sample_is_counted_like_any_other(client):
    told = client.post("/api/demo").json()
    assert len(told["photographs"]) == 6
    assert all(photograph["job"]["state"] == "queued" for photograph in told["photographs"])
