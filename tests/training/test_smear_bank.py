import numpy as np
import pytest

pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

from hemolens.errors import TrainingError
from hemolens.measurements.colours import background_colour
from hemolens.training import smear_bank
from hemolens.training.cell_planes import LARGEST_NUMBER, Known

from .synthetic_bank import AS_IT_IS, LIGHT_OF, bank_of, labelled

pytestmark = pytest.mark.train


def of(bank, n):
    """Pixels, numbers and flags of a photograph of a bank."""
    first, (height, width) = bank.starts[n], bank.shapes[n]
    return [
        each[first : first + height * width].reshape(height, width, 3).numpy()
        for each in (bank.pixels, bank.numbers, bank.known)
    ]


def test_every_photograph_is_there_as_it_was():
    smears = [
        labelled("a", cells=[("rbc", 40, 40, 10)]),
        labelled("b", cells=[("wbc", 20, 30, 12)], shape=(50, 61)),
    ]
    bank = bank_of(*smears)
    assert bank.names == ["a", "b"]
    for n, smear in enumerate(smears):
        pixels, numbers, known = of(bank, n)
        np.testing.assert_array_equal(pixels, smear.pixels)
        np.testing.assert_array_equal(numbers, smear.numbers)
        np.testing.assert_array_equal(known, smear.known)


def test_colours_are_brought_to_the_standard():
    dim = labelled(cells=[("rbc", 40, 40, 10)])
    dim = dim.__class__(
        **(vars(dim) | {"pixels": dim.pixels // 2, "colours": AS_IT_IS._replace(background=np.full(3, 110.0))})
    )
    pixels, _, _ = of(bank_of(dim), 0)
    assert background_colour(pixels).tolist() == pytest.approx([220] * 3, abs=2)


def test_a_cut_out_is_the_cell_in_the_middle_of_its_square():
    cut = bank_of(labelled(cells=[("rbc", 40, 50, 10)], lends=True)).cut_outs["rbc"]
    mask = cut.mask[0, 0].numpy() > 0
    assert (cut.pixels[0].numpy()[:, mask] == LIGHT_OF["rbc"]).all()
    assert [each.mean() for each in np.nonzero(mask)] == pytest.approx([15.5, 15.5], abs=1)
    assert cut.diameters_px[0] == pytest.approx(20, abs=1)


def test_a_cell_that_is_too_large_for_its_square_is_not_lent():
    assert "rbc" not in bank_of(labelled(cells=[("rbc", 45, 50, 16)], lends=True)).cut_outs


def test_cut_outs_remember_their_photograph():
    bank = bank_of(
        labelled("none"), labelled("two", cells=[("rbc", 40, 30, 9), ("rbc", 40, 80, 9)], lends=True),
        labelled("one", cells=[("rbc", 40, 30, 9)], lends=True),
    )  # fmt: skip
    assert [bank.names[n] for n in bank.cut_outs["rbc"].smears] == ["two", "two", "one"]


def test_the_flat_cell_has_less_of_a_pale_centre():
    smear = labelled(cells=[("rbc", 40, 50, 10)], lends=True)
    rows, cols = np.mgrid[:90, :120]
    smear.pixels[..., :] = np.where(
        smear.numbers[..., :1] > 0, 200 - 5 * np.hypot(rows - 40, cols - 50)[..., None], 220
    )
    cut = bank_of(smear).cut_outs["rbc"]
    inside = cut.mask[0, 0].numpy() > 0
    own, flat = (each[0, 0].numpy()[inside].astype(float) for each in (cut.pixels, cut.flat))
    assert flat.std() < 0.75 * own.std()
    assert flat.mean() == pytest.approx(own.mean(), abs=3)


def test_an_even_choice_of_many_cells_is_kept(monkeypatch):
    monkeypatch.setattr(smear_bank, "MOST_CUT_OUTS", 2)
    cells = [("rbc", 30, 20 + 25 * n, 9) for n in range(4)]
    bank = bank_of(labelled("a", cells=cells, lends=True), labelled("b", "theirs", cells[:1], lends=True))
    assert bank.cut_outs["rbc"].smears.tolist() == [0, 0, 1]


def test_rare_cells_are_found_again():
    (places,) = bank_of(labelled(cells=[("rbc", 20, 20, 9), ("plt", 60, 30, 3), ("wbc", 40, 80, 14)])).places
    assert places.keys() == {"wbc", "plt"}
    assert places["plt"].tolist() == [[60, 30]]
    assert places["wbc"].tolist() == [[40, 80]]


def test_a_cell_that_nothing_is_known_of_is_not_looked_for():
    smear = labelled(cells=[("plt", 60, 30, 3), ("plt", 60, 90, 3)])
    smear.known[:, :60] = Known.NOTHING
    (places,) = bank_of(smear).places
    assert places["plt"].tolist() == [[60, 90]]


def test_too_many_cells_to_number_are_refused():
    smear = labelled("full.png", cells=[("rbc", 20, 20, 9)])
    smear.numbers[0, 0, 0] = LARGEST_NUMBER + 1
    with pytest.raises(
        TrainingError, match=r"too many cells to train on: got full\.png: 4000 .*allowed: at most 3999; cut"
    ):
        bank_of(smear)
