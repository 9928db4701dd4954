import numpy as np
import pytest

pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

from hemolens.training.cell_planes import Known, NumberedCells
from hemolens.training.piles import CutOut
from hemolens.training.smears import draw_lent, join_cells

from .synthetic_bank import labelled

pytestmark = pytest.mark.train


def test_a_type_without_flags_is_not_labelled():
    smear = labelled(known=["wbc"])
    assert [smear.labels(kind) for kind in ("rbc", "wbc", "plt")] == [False, True, False]


def test_types_lie_on_each_other_in_their_order():
    cells = {"plt": NumberedCells(np.full((3, 4), 7, np.uint16), np.full((3, 4), Known.MASK, np.uint8))}
    numbers, known = join_cells(cells, (3, 4))
    assert numbers[0, 0].tolist() == [0, 0, 7]
    assert known[0, 0].tolist() == [0, 0, Known.MASK]
    assert (numbers.dtype, known.dtype) == (np.uint16, np.uint8)


def cut_out(row, col, side=3):
    return CutOut(np.zeros((side, side, 3), np.uint8), np.full((side, side), 255, np.uint8), row, col)


def test_bodies_are_numbered_where_they_were_cut_out():
    lent = draw_lent({"rbc": (cut_out(0, 1), cut_out(5, 6)), "wbc": (cut_out(2, 2),)}, (10, 12))
    assert lent[1, 2].tolist() == [1, 0]
    assert lent[6, 7].tolist() == [2, 0]
    assert lent[4, 4].tolist() == [0, 1]
    assert np.count_nonzero(lent) == 27


def test_without_cut_outs_nothing_is_lent():
    assert not draw_lent({}, (4, 5)).any()
