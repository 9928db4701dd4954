from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hemolens.cell_types import LEUKOCYTES, WHITE_CELL_CLASSES
from hemolens.statistics.differential import Differential, count_classes, join_differentials

COUNTS = st.dictionaries(st.sampled_from(WHITE_CELL_CLASSES), st.integers(0, 500))


def made(**counts):
    return join_differentials([{name.replace("_", " "): n for name, n in counts.items()}])


@given(COUNTS)
def test_the_shares_of_leukocytes_add_up_to_one_hundred_per_cent(counts):
    differential = join_differentials([counts])
    shares = [share.value for each in LEUKOCYTES if (share := differential.share(each)) is not None]
    assert sum(shares) == pytest.approx(1 if differential.n_leukocytes else 0)


@given(COUNTS, st.integers(1, 500))
def test_erythroblasts_change_no_share(counts, more):
    with_more = join_differentials([counts, {"erythroblast": more}])
    assert all(with_more.share(each) == join_differentials([counts]).share(each) for each in LEUKOCYTES)


@given(st.lists(COUNTS, max_size=4))
def test_fields_add_up(fields):
    total = sum((Counter(each) for each in fields), Counter())
    assert join_differentials(fields).counts == {each: total[each] for each in WHITE_CELL_CLASSES}


@pytest.mark.parametrize("name", WHITE_CELL_CLASSES)
def test_nothing_is_not_zero_per_cent(name):
    assert made(erythroblast=3, unsure=2).share(name) is None


def test_an_absent_class_is_zero_per_cent_with_a_limit():
    share = made(neutrophil=100).share("basophil")
    assert (share.value, round(share.high, 3)) == (0.0, 0.036)


def test_the_count_is_corrected_for_erythroblasts():
    differential = made(neutrophil=100, erythroblast=25)
    assert (differential.erythroblasts_per_100, differential.n_white_cells) == (25, 100)


def test_without_leukocytes_no_count_is_corrected():
    assert made(erythroblast=4).n_white_cells is None


def test_targets_say_what_is_missing():
    differential = made(neutrophil=80, monocyte=41, other=9)
    assert (differential.n_needed(100), differential.n_needed(200)) == (0, 79)


@pytest.mark.parametrize(("n_other", "warns"), [(20, False), (21, True)])
def test_too_many_without_a_name_warn(n_other, warns):
    assert bool(made(neutrophil=80, other=n_other).warning) is warns


def test_white_cells_without_a_class_are_unsure(make_cell):
    assert count_classes([make_cell("wbc"), make_cell("rbc")]) == Differential(
        {each: int(each == "unsure") for each in WHITE_CELL_CLASSES}
    )
