import pytest

from hemolens.evaluation.folder.evaluate import evaluate
from hemolens.evaluation.folder.page import N_WORST, markdown_page, summary_line, worst_photographs
from hemolens.evaluation.folder.records import make_records
from hemolens.evaluation.robustness import CHANGES

ROWS = ("a.png,rbc,5,3,10,8", "a.png,rbc,30,20,40,30", "b.png,rbc,5,3,10,8", "gone_1.png,rbc,0,0,5,5")


@pytest.fixture
def evaluated(folder, write_labels, found, make_cell):
    found["a.png"] = [make_cell()]
    found["b.png"] = [make_cell(), make_cell("rbc", 30, 30), make_cell("rbc", 20, 50)]

    def run(*rows, **options):
        return evaluate(write_labels(*(rows or ROWS)), folder / "photos", **options)

    return run


def page(evaluation):
    return markdown_page(evaluation, make_records(evaluation))


def line_with(text, *words):
    (line,) = [line for line in text.splitlines() if all(word in line for word in words)]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_research_use_only(evaluated):
    assert "Research use only" in page(evaluated())


def test_cells_are_tabled_with_intervals(evaluated):
    cells = line_with(page(evaluated()), "| red cells | 2 | 2 | 2 | 1 |")
    assert cells[5] == "0.500 [0.333, 1.000]"


def test_types_that_are_not_labelled_are_said_to_be_unknown(evaluated):
    text = page(evaluated())
    assert "White cells are not labelled: unknown, and not judged." in text
    assert "| white cells |" not in text


def test_the_rule_of_matching_is_stated(evaluated):
    assert "when the intersection of their boxes is at least 0.5 of their union. Each" in page(evaluated())


def test_the_frame_margin_is_stated(evaluated):
    assert "more than 3 px off the frame" in page(evaluated(frame_margin_px=3))


def test_missing_photographs_are_named(evaluated):
    assert "Labelled, but not in the folder (1): gone\\_1.png." in page(evaluated())


def test_photographs_without_a_true_cell_stand_apart(evaluated):
    cells = line_with(page(evaluated("a.png,rbc,5,3,10,8", "b.png,,,,,")), "| red cells | 2 | 1 | 4 |")
    assert cells[-1] == "1: 0 counted as 0, 3 cells in all"


def test_the_worst_come_first(evaluated):
    assert [each.image for each in worst_photographs(evaluated())] == ["b.png", "a.png"]


def test_only_some_are_shown(evaluated):
    evaluation = evaluated()
    evaluation.photographs[:] *= N_WORST
    assert len(worst_photographs(evaluation)) == N_WORST


def test_robustness_has_a_line_for_each_change(evaluated):
    text = page(evaluated(robustness=True))
    assert all(line_with(text, f"| {change} |") for change in CHANGES)


def test_without_it_there_is_no_such_table(evaluated):
    assert "Robustness" not in page(evaluated())


def test_the_summary_has_the_main_figures(evaluated):
    line = summary_line(make_records(evaluated()), "rbc")
    assert line.startswith("red cells: 2 photographs, 3 true, 4 counted, counting accuracy -25.0 % [")
    assert "F1 0.571" in line
