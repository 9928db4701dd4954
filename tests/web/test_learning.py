"""Learning from corrections, and choosing which model counts."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from sqlalchemy import select

from hemolens import extras
from hemolens.evaluation.comparison import Comparison
from hemolens.evaluation.matching import Detection
from hemolens.models.store import DEFAULT_MODEL, read_model
from hemolens.models.user_models import user_models
from hemolens.output.overlay_png import png_bytes
from hemolens.review.kept_result import read_result
from hemolens.synthetic import draw_smear
from hemolens.web.database.tables import CountRow, PhotographRow
from hemolens.web.learning import FEWEST, MOST, corrected_photographs

from .browsers import service_of

NAME = "our-lab"


@pytest.fixture(autouse=True)
def own_models(tmp_path, monkeypatch):
    monkeypatch.setenv("HEMOLENS_MODELS", str(tmp_path / "models"))


@pytest.fixture(scope="session")
def pictures():
    """Small drawn smears as the bytes of PNG files, each of another one."""
    few = {"n_rbc": 12, "n_wbc": 1, "n_plt": 2, "red_cell_diameter_px": 60.0}
    return [png_bytes(draw_smear(seed, height=360, width=480, **few).pixels) for seed in range(20, 20 + FEWEST)]


def sign(client, sample):
    assert client.post(f"/api/samples/{sample}/sign-off", json={"name": "A. Reader"}).status_code == 201


@pytest.fixture
def photographs(client, upload, work, correct, pictures):
    """Three counted photographs of a sample, from each of which a cell was taken out; nobody has signed."""
    kept = [upload(picture, f"field {n}.png")["id"] for n, picture in enumerate(pictures)]
    work()
    for each in kept:
        assert correct("delete", photograph=each, cells=["1"]).status_code == 201
    return kept


@pytest.fixture
def signed(client, sample, photographs):
    """The same, signed."""
    sign(client, sample)
    return photographs


def learnable(client):
    with service_of(client).database.reading() as session:
        return [row.id for row, _ in corrected_photographs(session)]


def learn(client, **wanted):
    return client.post("/api/models", json={"name": NAME, **wanted})


def models(client):
    return client.get("/api/models").json()


def test_corrections_count_when_they_are_signed(client, sample, photographs):
    assert learnable(client) == []
    sign(client, sample)
    assert learnable(client) == photographs
    client.post(f"/api/samples/{sample}/sign-off/withdrawal", json={"name": "A. Reader", "reason": "a slip"})
    assert learnable(client) == []


def test_a_photograph_that_nobody_corrected_teaches_nothing(client, sample, counted):
    sign(client, sample)
    assert learnable(client) == []


def test_the_same_photograph_in_two_samples_teaches_once(client, signed, upload, work, correct, pictures):
    other = client.post("/api/samples", json={"name": "Tuesday"}).json()["id"]
    again = upload(pictures[0], to=other)["id"]
    work()
    correct("delete", photograph=again, cells=["2"])
    sign(client, other)
    assert learnable(client) == [again, *signed[1:]]


def test_a_few_corrected_photographs_are_too_few(client, sample, counted, correct):
    correct("confirm", cells=["1"])
    sign(client, sample)
    answer = learn(client)
    assert answer.status_code == 409
    assert answer.json()["what"] == f"learning needs {FEWEST} corrected photographs of signed samples, and there are 1"


def test_without_its_packages_learning_says_what_to_install(client, monkeypatch):
    monkeypatch.setattr(extras, "NEEDED", {"train": ("no_such_package",)})
    assert models(client)["missing_packages"] == ["no_such_package"]
    answer = learn(client)
    assert (answer.status_code, "pip install 'hemolens[train]'" in answer.json()["what"]) == (422, True)


@pytest.mark.train
@pytest.mark.parametrize("name", ["My lab", "one-pass", "my-lab@2", "../lab"])
def test_a_name_that_is_none_is_refused(client, name):
    answer = learn(client, name=name)
    assert (answer.status_code, answer.json()["option"]) == (422, "name")


@pytest.mark.train
def test_more_time_than_a_job_may_take_is_refused(client):
    answer = learn(client, minutes=models(client)["max_minutes"] + 1)
    assert (answer.status_code, "learn for less" in answer.json()["what"]) == (422, True)


@pytest.mark.train
def test_two_do_not_learn_at_a_time(client, signed):
    job = learn(client).json()
    assert (job["kind"], job["sample"]) == ("learning", None)
    assert learn(client).status_code == 409
    client.post(f"/api/jobs/{job['id']}/cancel")
    assert learn(client).status_code == 202


@pytest.fixture
def adapt(monkeypatch):
    """Adapt in no time: before, one cell of each photograph is missed, and the new model is the old one renamed.

    Gives what it was asked for; `is_better` of it may be changed, and `meanwhile` is called while it works.
    """
    module = pytest.importorskip("hemolens.training.adaptation.adapt", reason="needs torch")
    asked = SimpleNamespace(own=None, seconds=None, is_better=True, meanwhile=lambda: None)

    def at_once(own, *, model, seconds, tell):
        asked.own, asked.seconds = own, seconds
        tell("half of it", 0.5)
        asked.meanwhile()
        start = read_model(model)
        adapted = replace(start, card=start.card.model_copy(update={"name": own.source.name}))
        before, after = ([compared(each, own.types, n) for each in own.photographs] for n in (1, 0))
        return module.Adaptation(start, own, before, after, adapted if asked.is_better else None, 2.0)

    monkeypatch.setattr(module, "adapt", at_once)
    return asked


def compared(photograph, types, n_missed):
    """A photograph of which so many cells of each type were not found."""
    truths = {kind: photograph.truths[kind].count for kind in types}
    return {
        kind: Comparison(n, n - n_missed, [], [], [], np.zeros((0, 4)), Detection(n - n_missed, 0, n_missed))
        for kind, n in truths.items()
    }


@pytest.mark.train
def test_it_learns_from_what_was_corrected(client, signed, adapt, work):
    learn(client, minutes=2)
    work()
    cells = [client.get(f"/api/photographs/{each}/cells").json()["cells"] for each in signed]
    wanted = [sum(cell["type"] == "rbc" for cell in each) for each in cells]
    assert [each.truths["rbc"].count for each in adapt.own.photographs] == wanted
    assert [each.name for each in adapt.own.photographs] == ["1 field 0.png", "2 field 1.png", "3 field 2.png"]
    assert adapt.seconds == 120


@pytest.mark.train
def test_a_better_model_is_kept_and_counts_when_it_is_chosen(client, signed, adapt, upload, work):
    learn(client)
    work()
    told = models(client)
    found = told["learning"]["found"]
    assert (found["model"], found["start"], found["n_photographs"]) == (f"{NAME}@1", DEFAULT_MODEL, FEWEST)
    red = found["types"][0]
    n = sum(each.truths["rbc"].count for each in adapt.own.photographs)
    assert (red["type"], red["labelled"], red["before"]["count"], red["after"]["count"]) == ("rbc", n, n - 3, n)
    assert red["before"]["f1"] < red["after"]["f1"] == 1
    assert {each["name"]: each["is_default"] for each in told["models"]} == {DEFAULT_MODEL: True, f"{NAME}@1": False}

    chosen = client.put("/api/models/default", json={"name": f"{NAME}@1"}).json()["models"]
    assert [each["name"] for each in chosen if each["is_default"]] == [f"{NAME}@1"]
    other = client.post("/api/samples", json={"name": "Wednesday"}).json()["id"]
    photograph = upload(png_bytes(draw_smear(90, n_rbc=6).pixels), to=other)["id"]
    work()
    assert counted_with(client, photograph) == {NAME}
    back = client.put("/api/models/default", json={"name": DEFAULT_MODEL}).json()["models"]
    assert [each["name"] for each in back if each["is_default"]] == [DEFAULT_MODEL]


def counted_with(client, photograph):
    """Names of the models that a photograph was counted with."""
    service = service_of(client)
    with service.database.reading() as session:
        count = session.scalar(select(CountRow).where(CountRow.photograph_id == photograph))
        image = service.image(session.get(PhotographRow, photograph))
        return {each.card.name for each in read_result(service.storage.read(count.file), image).methods.values()}


@pytest.mark.train
def test_a_model_that_is_not_better_is_said_and_not_kept(client, signed, adapt, work):
    adapt.is_better = False
    learn(client)
    work()
    assert models(client)["learning"]["found"]["model"] is None
    assert user_models() == []


@pytest.mark.train
def test_of_what_was_cancelled_nothing_is_kept(client, signed, adapt, work):
    job = learn(client).json()["id"]
    adapt.meanwhile = lambda: client.post(f"/api/jobs/{job}/cancel")
    work()
    assert models(client)["learning"]["job"]["state"] == "cancelled"
    assert models(client)["learning"]["found"] is None
    assert user_models() == []


@pytest.mark.train
def test_what_cannot_be_learned_is_said(client, sample, upload, work, correct, pictures, adapt):
    for n, picture in enumerate(pictures):
        photograph = upload(picture, f"{n}.png")["id"]
        work()
        cells = client.get(f"/api/photographs/{photograph}/cells").json()["cells"]
        correct("delete", photograph=photograph, cells=[cell["id"] for cell in cells])
    sign(client, sample)
    job = learn(client).json()["id"]
    work()
    told = client.get(f"/api/jobs/{job}").json()
    assert (told["state"], told["error"].partition(";")[0]) == ("failed", "nothing is labelled: got 'coco.json'")
    assert user_models() == []


def test_a_model_that_does_not_exist_cannot_be_chosen(client):
    answer = client.put("/api/models/default", json={"name": "no-such"})
    assert (answer.status_code, "only a model with a name can be the default" in answer.json()["what"]) == (422, True)


def test_everybody_is_told_that_another_model_counts(client):
    client.put("/api/models/default", json={"name": "otsu-watershed"})
    assert [each["name"] for each in models(client)["models"] if each["is_default"]] == ["otsu-watershed"]
    client.put("/api/models/default", json={"name": DEFAULT_MODEL})


@pytest.mark.train
def test_as_many_photographs_are_needed_as_the_adaptation_needs():
    from hemolens.training.adaptation.adapt import FEWEST_PHOTOGRAPHS

    assert FEWEST == FEWEST_PHOTOGRAPHS < MOST
