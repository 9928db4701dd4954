import numpy as np
import pytest

from hemolens.evaluation.comparison import compare
from hemolens.evaluation.folder.picture import (
    FALSE_NEGATIVE,
    FALSE_POSITIVE,
    LONGEST_SIDE_PX,
    TRUE_POSITIVE,
    UNJUDGED,
    draw_comparison,
)
from hemolens.labels.truth import Truth, truth_of_boxes

GREY = np.full((100, 120, 3), 200, np.uint8)


def has(picture, colour):
    return bool((np.abs(picture.astype(int) - colour).max(axis=-1) < 40).any())


@pytest.fixture
def drawn(make_cell):
    def draw(truth, *cells):
        found = [make_cell("rbc", row, col, 15) for row, col in cells]
        return draw_comparison(GREY, {"rbc": compare(found, truth, "rbc", (100, 120))})

    return draw


LABEL = truth_of_boxes([(25, 25, 56, 56)])


def test_a_true_positive_is_blue(drawn):
    picture = drawn(LABEL, (40, 40))
    assert [has(picture, colour) for colour in (TRUE_POSITIVE, FALSE_POSITIVE, FALSE_NEGATIVE)] == [True, False, False]


def test_a_false_negative_is_yellow_and_a_false_positive_magenta(drawn):
    picture = drawn(LABEL, (70, 90))
    assert [has(picture, colour) for colour in (TRUE_POSITIVE, FALSE_POSITIVE, FALSE_NEGATIVE)] == [False, True, True]


def test_what_is_not_judged_is_grey(drawn):
    assert has(drawn(Truth(1, None), (40, 40)), UNJUDGED)


def test_the_photograph_is_left_as_it_was(drawn):
    drawn(LABEL, (40, 40))
    assert (GREY == 200).all()


def test_large_photographs_are_made_smaller():
    picture = draw_comparison(np.zeros((10, 2 * LONGEST_SIDE_PX, 3), np.uint8), {})
    assert picture.shape == (5, LONGEST_SIDE_PX, 3)
