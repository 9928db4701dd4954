"""Two differentials of the same photographs: what is read, matched and refused."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hemolens.errors import LabelError, UsageError
from hemolens.evaluation.study.classes import class_records, kappa, read_class_study, within_limits
from hemolens.labels.placed_classes import has_placed_classes

HEAD = "image,type,x,y,diameter_px,class\n"
OURS = (
    HEAD
    + """a.png,wbc,10,10,12,neutrophil
a.png,wbc,50,10,12,lymphocyte
a.png,wbc,90,10,12,unsure
a.png,rbc,30,30,8,
b.png,wbc,10,10,12,monocyte
c.png,wbc,10,10,12,basophil
"""
)
THEIRS = (
    HEAD
    + """a.png,wbc,12,9,12,neutrophil
a.png,wbc,51,10,12,monocyte
a.png,wbc,150,10,12,monocyte
b.png,wbc,10,10,12,monocyte
d.png,wbc,1,1,12,other
"""
)


@pytest.fixture
def study(tmp_path):
    def read(ours=OURS, theirs=THEIRS):
        (tmp_path / "cells.csv").write_text(ours)
        (tmp_path / "theirs.csv").write_text(theirs)
        return read_class_study(tmp_path / "cells.csv", tmp_path / "theirs.csv")

    return read


def test_cells_are_matched_by_their_places(study):
    found = study()
    counted = {
        (first, second): int(found.confusion[first, second])
        for first, second in zip(*found.confusion.nonzero(), strict=True)
    }
    neutrophil, lymphocyte, monocyte = 0, 1, 2
    assert counted == {(neutrophil, neutrophil): 1, (monocyte, lymphocyte): 1, (monocyte, monocyte): 1}
    assert found.n_unmatched == (1, 1)


def test_differentials_are_of_the_photographs_that_both_have(study):
    found = study()
    assert found.names == ["a.png", "b.png"]
    assert (found.ours.n_leukocytes, found.ours.counts["unsure"], found.theirs.n_leukocytes) == (3, 1, 4)
    assert found.notes == [
        "1 photograph in the reference, but without white cells of the program: d.png.",
        "1 photograph of the program, but not in the reference: c.png.",
    ]


def test_a_laboratory_may_have_counted_only(study):
    found = study(theirs="image,neutrophil,monocyte\na.png,3,1\nb.png,,1\n")
    assert (found.theirs.counts["neutrophil"], found.theirs.counts["monocyte"], found.confusion) == (3, 2, None)
    assert "kappa" not in {record.metric for record in class_records(found)}


def test_shares_within_the_limits_of_the_laboratory(study):
    found = study(theirs="image,neutrophil,eosinophil\na.png,100,0\nb.png,0,100\n")
    assert [within_limits(found, each) for each in ("neutrophil", "eosinophil")] == [False, False]
    same = study(theirs=OURS)
    assert all(within_limits(same, each) for each in ("neutrophil", "monocyte", "eosinophil"))


def test_records_are_shares_with_their_intervals(study):
    (record,) = (each for each in class_records(study()) if each.metric == "monocyte, program")
    assert (record.table, record.cell, record.n_images, record.value) == ("differential", "wbc", 2, 0.33333)
    assert record.low < record.value < record.high


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + "a.png,wbc,1,1,12,blast\n", "class in line 2 .* is none: got 'blast'; allowed: neutrophil, "),
        ("image,neutrophil\na.png,-1\n", "neutrophil in line 2 .* is not a count"),
        ("image,neutrophil\na.png,1\na.png,2\n", "the image in line 3 .* comes twice"),
        ("image,wbc\na.png,1\n", "are not those of classes of white cells: got 'image, wbc'"),
        (HEAD + ",wbc,1,1,12,other\n", "has no name"),
    ],
)
def test_what_is_no_table_of_classes_is_refused_by_its_line(study, text, said):
    with pytest.raises(LabelError, match=said):
        study(theirs=text)


def test_tables_without_a_common_photograph_are_refused(study):
    with pytest.raises(UsageError, match=r"nothing in common: got 3 photographs in .*, 1 in "):
        study(theirs="image,neutrophil\nz.png,1\n")


def test_only_tables_of_cells_have_classes(tmp_path):
    (tmp_path / "cells.csv").write_text(OURS)
    (tmp_path / "counts.csv").write_text("image,rbc\na.png,1\n")
    assert [has_placed_classes(tmp_path / name) for name in ("cells.csv", "counts.csv", "none.csv")] == [
        True,
        False,
        False,
    ]


@given(arrays(np.int64, (3, 3), elements=st.integers(0, 50)))
def test_kappa_is_one_where_all_agree_and_the_same_for_both_readers(confusion):
    one = kappa(np.diag(np.diag(confusion))).value
    assert math.isnan(one) or one == pytest.approx(1)
    found = kappa(confusion)
    assert found.value == pytest.approx(kappa(confusion.T).value, nan_ok=True)
    assert math.isnan(found.value) or -1 <= found.low <= found.value <= found.high <= 1


def test_kappa_of_the_first_example_of_the_textbooks():
    found = kappa(np.array([[20, 5], [10, 15]]))
    assert found.value == pytest.approx(0.4)
    assert (found.low, found.high) == pytest.approx((0.146, 0.654), abs=0.001)
