import pytest

from hemolens.evaluation.matching import Detection
from hemolens.paper.cited import CitedMethod
from hemolens.paper.cited_measure import COLOUR_AND_BLUR, Cost, Counted, MeasuredMethod
from hemolens.paper.cited_page import make_records, markdown_page

METHOD = CitedMethod(name="A method", reference="Somebody 2020", models=("a-model",))
OTHER = CitedMethod(name="Another", reference="Somebody 2021", models=("b-model",))


def counted(count, change="", name="a"):
    return Counted("rbc", name, change, 10, count, Detection(8, count - 8, 2))


@pytest.fixture
def measured():
    rows = [counted(9), *(counted(12 if change.startswith("blur") else 9, change) for change in COLOUR_AND_BLUR)]
    return MeasuredMethod(METHOD, {"ALL-IDB1": [counted(9)], "CBC": rows}, Cost(5.0, 3.0, 2.0), 1_500_000, 120)


def value(records, **wanted):
    (found,) = (each for each in records if all(getattr(each, name) == own for name, own in wanted.items()))
    return found.value


def test_counting_is_measured_on_unchanged_photographs(measured):
    records = make_records([measured])
    assert value(records, laboratory="CBC", metric="counting accuracy") == pytest.approx(0.9)
    assert value(records, laboratory="ALL-IDB1", metric="F1") == pytest.approx(16 / 19, abs=1e-4)


def test_a_change_is_of_the_sum_of_counts(measured):
    records = make_records([measured])
    assert value(records, metric="blur σ = 2 px") == pytest.approx(1 / 3, abs=1e-4)
    assert value(records, metric="hue +10°") == 0


def test_the_cost_is_beside_that_of_the_default_model(measured):
    assert value(make_records([measured]), metric="processor time, of the default model's") == 1.5


def test_the_page_shows_what_was_measured_and_lists_what_was_not(measured):
    page = markdown_page([METHOD, OTHER], make_records([measured]), 5.0)
    red = page[page.index("## Red cells") : page.index("## White cells")]
    assert "| A method | 90.0 % | 1.0 | -10.0 % | 0.842 |" in red
    assert "Another" not in red
    assert "Somebody 2021" in page
    assert "| A method | 1.50 | 1.50 million | 2 min |" in page


def test_the_worst_change_is_named(measured):
    page = markdown_page([METHOD], make_records([measured]), 5.0)
    assert "at worst 33 % (blur σ = 2 px)" in page
