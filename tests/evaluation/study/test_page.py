import pytest

from hemolens.evaluation.study.page import markdown_page, summary_line
from hemolens.evaluation.study.records import make_records


@pytest.fixture
def page(six):
    return markdown_page(six, make_records(six))


def section(page, title):
    return page.partition(f"## {title}\n")[2].partition("\n## ")[0]


def test_research_use_only(page):
    assert "Research use only" in page


def test_each_type_has_a_line_in_each_table(page):
    for title in ("Counts", "Passing–Bablok", "Bland–Altman"):
        assert "| red cells | 6 | " in section(page, title)
        assert "| platelets | 2 | " in section(page, title)


def test_what_could_not_be_computed_is_said_with_the_reason(page):
    text = section(page, "What could not be computed")
    assert "- Platelets (2): correlation, " in text
    assert "Limits of agreement need two photographs" in text
    assert "Red cells" not in text


def test_what_was_left_out_is_said(page):
    assert "4 photographs without a reference count of platelets: 0.jpg" in section(page, "What was left out")


@pytest.mark.parametrize(("factor", "words"), [(1, "no difference from 1 is shown."), (2, "differs from 1**.")])
def test_a_difference_is_told_from_one_that_is_not_shown(study, factor, words):
    rows = range(10, 40)
    counts = [f"{n},9,9,{factor * n + n % 3},0,0," for n in rows]
    text = markdown_page(many := study(counts, [f"{n},{n}" for n in rows]), make_records(many))
    (slope,) = [line for line in text.splitlines() if line.startswith("- Red cells, slope:")]
    assert slope.endswith(words)
    assert ("the difference changes with the count" in text) == (factor == 2)


def test_counts_that_follow_no_straight_line_are_told(study):
    counts = [f"{n},9,9,{n * n // 100 + n % 2},0,0," for n in range(1, 120)]
    text = markdown_page(bent := study(counts, [f"{n},{n}" for n in range(1, 120)]), make_records(bent))
    assert "Red cells: **a straight line may not describe the counts**" in text


def test_a_figure_without_an_interval_says_nothing(study):
    text = markdown_page(one := study(["a,9,9,5,0,0,"], ["a,4"]), make_records(one))
    assert "Red cells, mean difference: 1.0 cells a photograph, without an interval: nothing can be said of it." in text
    assert "Red cells, slope: could not be computed." in text


def test_without_spread_no_difference_is_claimed(study):
    text = markdown_page(two := study(["a,9,9,5,0,0,", "b,9,9,7,0,0,"], ["a,4", "b,6"]), make_records(two))
    assert "Red cells, mean difference: 1.0 [1.0, 1.0] cells a photograph, without any spread" in text


def test_names_are_shown_as_they_are(study):
    text = markdown_page(odd := study(["a,9,9,5,0,0,"], ["a,4", "<b>|_x_.jpg,4"]), make_records(odd))
    assert r"\<b\>\|\_x\_.jpg" in text


def test_the_summary_has_the_main_figures(six):
    line = summary_line(make_records(six), "rbc")
    assert line.startswith("red cells: 6 photographs, 210 in the reference, 221 counted, bias +5.2 % [")
    assert ", slope 1." in line
