"""Corrections through the service: each changes exactly the numbers that it should."""

from uuid import uuid4

import pytest


def cells_of(client, counted):
    return client.get(f"/api/photographs/{counted['id']}/cells").json()["cells"]


def totals(told):
    return {kind: each["total"] for kind, each in told["numbers"].items()}


def test_cells_are_those_that_were_counted(client, counted):
    cells = cells_of(client, counted)
    assert [cell["id"] for cell in cells] == [str(number) for number in range(1, len(cells) + 1)]
    for kind, total in totals(counted["count"]).items():
        assert sum(cell["type"] == kind for cell in cells) == total


def test_a_cell_that_is_deleted_is_counted_no_more(client, counted, correct):
    first = cells_of(client, counted)[0]
    after = totals(correct("delete", cells=[first["id"]]).json()["count"])
    before = totals(counted["count"])
    assert after == before | {first["type"]: before[first["type"]] - 1}


def test_a_cell_is_added_where_somebody_points(client, counted, correct, smear):
    cell = next(cell for cell in cells_of(client, counted) if cell["type"] == "rbc" and not cell["touches_frame"])
    correct("delete", cells=[cell["id"]])
    correction = uuid4().hex
    answer = correct("add", id=correction, type="rbc", point=[cell["x"], cell["y"]]).json()
    (change,) = answer["correction"]["changes"]
    added = change["after"]
    assert (added["id"], added["by"], added["checked"]) == (f"{correction}.1", "local user", True)
    assert abs(added["area_px"] / cell["area_px"] - 1) < 0.1
    assert totals(answer["count"]) == totals(counted["count"])


def test_a_correction_that_is_sent_twice_is_done_once(client, counted, correct):
    first = cells_of(client, counted)[0]["id"]
    correction = uuid4().hex
    answers = [correct("delete", id=correction, cells=[first]).json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[1]["count"]["review"]["revision"] == 1


def test_what_somebody_else_deleted_is_a_conflict(client, counted, correct):
    first = cells_of(client, counted)[0]["id"]
    correct("delete", cells=[first])
    answer = correct("retype", cells=[first], type="wbc")
    assert answer.status_code == 409
    assert answer.json()["conflict"]


@pytest.fixture
def by_another(client, correct, monkeypatch):
    """Correct as somebody else."""

    def send(*arguments, **wanted):
        with monkeypatch.context() as patch:
            patch.setattr("hemolens.web.access.LOCAL", "B. Other")
            return correct(*arguments, **wanted)

    return send


def test_what_another_has_changed_unseen_is_not_overwritten(client, counted, correct, by_another):
    cell = next(cell["id"] for cell in cells_of(client, counted) if cell["type"] == "rbc")
    assert by_another("retype", cells=[cell], type="wbc", seen=0).status_code == 201
    answer = correct("retype", cells=[cell], type="plt", seen=0)
    assert (answer.status_code, answer.json()["conflict"]) == (409, True)
    assert "B. Other" in answer.json()["what"]
    assert correct("retype", cells=[cell], type="plt", seen=1).status_code == 201


def test_what_another_has_changed_elsewhere_hinders_nobody(correct, by_another):
    by_another("delete", cells=["1"], seen=0)
    assert correct("delete", cells=["2"], seen=0).status_code == 201


def test_undo_to_the_start_gives_what_the_program_counted(client, counted, correct):
    before = cells_of(client, counted)
    correct("delete", cells=[before[0]["id"], before[1]["id"]])
    correct("retype", cells=[before[2]["id"]], type="plt")
    correct("confirm", cells=[before[3]["id"]])
    answers = [correct("undo").json() for _ in range(3)]
    assert [answer["can_undo"] for answer in answers] == [True, True, False]
    by_id = {cell["id"]: cell for cell in before}
    assert {cell["id"]: cell for cell in cells_of(client, counted)} == by_id
    assert totals(answers[-1]["count"]) == totals(counted["count"])


def test_redo_brings_back_what_was_undone(client, counted, correct):
    done = correct("delete", cells=["1", "2"]).json()
    correct("undo")
    assert totals(correct("redo").json()["count"]) == totals(done["count"])


def test_classes_that_people_name_are_told_at_once_and_of_the_sample(client, counted, correct):
    white = [cell for cell in cells_of(client, counted) if cell["type"] == "wbc"]
    assert {cell["white_cell_class"] for cell in white} == {None}
    told = correct("classify", cells=[white[0]["id"]], white_cell_class="basophil").json()["count"]["differential"]
    (basophils,) = (each for each in told["classes"] if each["white_cell_class"] == "basophil")
    assert (basophils["n"], basophils["percent"]["value"], told["n_leukocytes"]) == (1, 100.0, 1)
    assert told["needed"] == [{"target": 100, "n": 99}, {"target": 200, "n": 199}]
    assert client.get(f"/api/samples/{counted['sample']}").json()["differential"] == told
    correct("undo")
    assert client.get(f"/api/samples/{counted['sample']}").json()["differential"] is None


def test_the_trail_says_who_did_what(client, counted, correct):
    correct("delete", cells=["1"])
    correct("undo")
    trail = client.get(f"/api/photographs/{counted['id']}/corrections").json()["corrections"]
    assert [(row["seq"], row["actor"], row["action"], row["reverses"]) for row in trail] == [
        (1, "local user", "delete", None),
        (2, "local user", "undo", 1),
    ]
    assert trail[0]["changes"][0]["after"] is None


def test_what_the_program_counted_is_never_overwritten(client, counted, correct):
    before = cells_of(client, counted)
    correct("delete", cells=["1", "2", "3"])
    assert client.get(f"/api/counts/{counted['count']['id']}/cells").json()["cells"] == before


def test_a_restart_finds_every_correction(client, counted, correct):
    correct("delete", cells=["1"])
    now = cells_of(client, counted)
    client.app.state.service.reviews.__init__()  # as after a restart: nothing is in memory
    assert cells_of(client, counted) == now


def test_a_stroke_splits_a_cell(client, counted, correct):
    cell = max(cells_of(client, counted), key=lambda cell: cell["area_px"])
    x, y = cell["x"], cell["y"]
    answer = correct("split", cell=cell["id"], stroke=[[x, y - 200], [x, y + 200]]).json()
    parts = [change["after"] for change in answer["correction"]["changes"] if change["after"]]
    assert len(parts) == 2
    assert sum(part["area_px"] for part in parts) == pytest.approx(cell["area_px"], rel=0.02)


def test_a_stroke_beside_the_cell_is_refused_in_words(client, counted, correct):
    answer = correct("split", cell="1", stroke=[[0, 0], [1, 0]])
    assert answer.status_code == 422
    assert "does not part the cell" in answer.json()["what"]


def test_an_outline_is_redrawn(client, counted, correct):
    cell = next(cell for cell in cells_of(client, counted) if cell["type"] == "rbc" and not cell["touches_frame"])
    x, y = cell["x"], cell["y"]
    square = [[x - 10, y - 10], [x + 10, y - 10], [x + 10, y + 10], [x - 10, y + 10]]
    change = correct("redraw", cell=cell["id"], outline=square).json()["correction"]["changes"][0]
    assert change["after"]["id"] == cell["id"]
    assert abs(change["after"]["area_px"] - 400) < 45


def test_nothing_changes_after_the_sign_off(client, counted, correct):
    assert client.post(f"/api/samples/{counted['sample']}/sign-off", json={"name": "A. Reader"}).status_code == 201
    answer = correct("delete", cells=["1"])
    assert answer.status_code == 409
    assert "signed off by A. Reader" in answer.json()["what"]


def test_a_proposal_changes_nothing(client, counted):
    answer = client.post(f"/api/photographs/{counted['id']}/proposal", json={"type": "plt", "point": [100, 100]})
    assert len(answer.json()["outline"]) >= 6
    assert client.get(f"/api/photographs/{counted['id']}").json()["count"]["review"]["revision"] == 0
