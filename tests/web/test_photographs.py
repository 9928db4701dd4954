"""Photographs: sent, counted, counted again, deleted."""

import numpy as np
import pytest

from hemolens import count
from hemolens.web.settings import ServeSettings


def test_a_photograph_is_counted_as_on_the_command_line(counted, smear):
    expected = count(smear.pixels).counts
    numbers = counted["count"]["numbers"]
    assert {kind: each["total"] for kind, each in numbers.items()} == {
        kind: getattr(expected, kind) for kind in numbers
    }


def test_the_settings_of_a_sample_hold_for_its_photographs(client, sample, upload, work, picture, smear):
    client.patch(f"/api/samples/{sample}", json={"settings": {"counter": "watershed", "diameter_px": 50}})
    photograph = upload(picture)["id"]
    work()
    told = client.get(f"/api/photographs/{photograph}").json()["count"]
    expected = count(smear.pixels, counter="watershed", diameter_px=50).counts
    assert told["numbers"]["rbc"]["total"] == expected.rbc
    assert (told["scale"]["origin"], told["scale"]["red_cell_diameter_px"]) == ("diameter_px", 50)


def test_classes_are_proposed_where_the_settings_ask_for_them(client, sample, upload, work, picture):
    client.patch(f"/api/samples/{sample}", json={"settings": {"differential": True}})
    photograph = upload(picture)["id"]
    work()
    white = [
        cell for cell in client.get(f"/api/photographs/{photograph}/cells").json()["cells"] if cell["type"] == "wbc"
    ]
    assert white
    assert all(cell["white_cell_class"] and cell["class_probability"] for cell in white)
    told = client.get(f"/api/samples/{sample}").json()["differential"]
    assert sum(each["n"] for each in told["classes"]) == len(white)


def test_what_is_no_photograph_says_why_it_was_not_counted(client, upload, work):
    photograph = upload(b"hello", "smear.jpg")["id"]
    work()
    job = client.get(f"/api/photographs/{photograph}").json()["job"]
    assert job["state"] == "failed"
    assert "'smear.jpg'" in job["error"]
    assert "bug" not in job["error"]


def test_one_that_fails_costs_the_others_nothing(client, upload, work, picture):
    upload(b"hello", "a.jpg")
    good = upload(picture)["id"]
    work()
    assert client.get(f"/api/photographs/{good}").json()["job"]["state"] == "done"


@pytest.mark.parametrize("name", ["a.exe", "a", "a.jpg.html", ".jpg", "a.svg", "a.ome.zarr"])
def test_other_files_are_refused_by_their_names(client, sample, name):
    answer = client.post(f"/api/samples/{sample}/photographs", files={"photograph": (name, b"x")})
    assert answer.status_code == 415
    assert ".jpg" in answer.json()["what"]


def test_an_empty_file_is_refused(client, sample):
    answer = client.post(f"/api/samples/{sample}/photographs", files={"photograph": ("a.jpg", b"")})
    assert (answer.status_code, answer.json()["what"]) == (422, "the file is empty")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../../etc/a.png", "a.png"),
        ("C:\\smears\\a.png", "a.png"),
        ("<script>alert(1)</script>.png", "script>.png"),
        ("日本.png", "日本.png"),
        ("x" * 300 + ".png", "x" * 196 + ".png"),
    ],
)
def test_a_name_is_only_ever_shown(client, upload, picture, name, shown):
    assert upload(picture, name)["name"] == shown


def test_the_same_photograph_twice_is_kept_once(client, upload, picture, settings):
    upload(picture)
    upload(picture, "copy.png")
    assert len([path for path in (settings.folder / "files").rglob("*") if path.is_file()]) == 1


def test_a_count_with_another_counter_is_shown_beside_the_first(client, counted, work):
    client.post(f"/api/photographs/{counted['id']}/count", json={"settings": {"counter": "circle-hough"}})
    work()
    told = client.get(f"/api/photographs/{counted['id']}").json()
    assert [each["settings"]["counter"] for each in told["counts"]] == ["auto", "circle-hough"]
    assert told["count"]["settings"]["counter"] == "circle-hough"
    back = client.put(f"/api/photographs/{counted['id']}/shown", json={"count": counted["count"]["id"]})
    assert back.json()["count"] == counted["count"]


def test_counting_again_does_not_hide_corrections(client, counted, correct, work):
    corrected = correct("delete", cells=["1"]).json()["count"]
    client.post(f"/api/photographs/{counted['id']}/count", json={"settings": {"counter": "watershed"}})
    work()
    assert client.get(f"/api/photographs/{counted['id']}").json()["count"] == corrected


def test_a_count_of_another_photograph_cannot_be_shown(client, counted, upload, picture, work):
    other = upload(picture, "other.png")["id"]
    work()
    answer = client.put(f"/api/photographs/{other}/shown", json={"count": counted["count"]["id"]})
    assert answer.status_code == 404


def test_a_photograph_is_not_counted_twice_at_once(client, upload, picture):
    photograph = upload(picture)["id"]
    assert client.post(f"/api/photographs/{photograph}/count", json={}).status_code == 409


def test_a_job_is_cancelled(client, upload, picture, work):
    told = upload(picture)
    assert client.post(f"/api/jobs/{told['job']['id']}/cancel").json()["state"] == "cancelled"
    work()
    assert client.get(f"/api/photographs/{told['id']}").json()["count"] is None


def test_jobs_that_wait_are_listed(client, upload, picture, work):
    job = upload(picture)["job"]["id"]
    assert [each["id"] for each in client.get("/api/jobs").json()] == [job]
    work()
    assert client.get("/api/jobs").json() == []
    assert client.get(f"/api/jobs/{job}").json()["state"] == "done"


def test_pictures_wait_until_the_photograph_is_read(client, upload, picture, work):
    photograph = upload(picture)["id"]
    path = f"/api/photographs/{photograph}/tiles/0/0/0.jpg"
    assert client.get(path).status_code == 409
    work()
    answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert client.get(f"/api/photographs/{photograph}/part.jpg?x=9&y=9&width=40&side=64").status_code == 200


class TestLimits:
    @pytest.fixture
    def settings(self, tmp_path):
        return ServeSettings(folder=tmp_path / "service", n_workers=0, max_upload_bytes=1000, max_photographs=1)

    def test_a_photograph_that_is_too_large_is_refused_and_leaves_nothing(self, client, sample, settings):
        files = {"photograph": ("a.png", np.zeros(1001, np.uint8).tobytes())}
        assert client.post(f"/api/samples/{sample}/photographs", files=files).status_code == 413
        assert [path for path in settings.folder.rglob("*.png") if path.is_file()] == []

    def test_a_sample_takes_no_more_photographs_than_it_may(self, client, sample, upload):
        upload(b"x")
        files = {"photograph": ("b.png", b"x")}
        assert client.post(f"/api/samples/{sample}/photographs", files=files).status_code == 413
