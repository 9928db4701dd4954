"""What a person may do to cells, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hemolens.cells.cell import cells_from_circles
from hemolens.errors import ConflictError, ReviewError
from hemolens.images.region import rectangle
from hemolens.measurements.field_of_view import FieldOfView
from hemolens.measurements.scale import RedCellDiameter
from hemolens.review.edits import Edits
from hemolens.review.trail import ReviewedCell, initial


def disc(row, col, radius, kind="rbc"):
    (cell,) = cells_from_circles(np.array([[row, col, radius]]), cell_type=kind, shape=(300, 400))
    return cell


SQUARE = [(99.5, 99.5), (99.5, 119.5), (119.5, 119.5), (119.5, 99.5)]
"""Along the borders of 20 × 20 pixels."""


@pytest.fixture(scope="module")
def image(counted):
    """The counted smear, its red cells 40 pixels wide, without its cells."""
    return replace(counted, cells=[], red_cell_diameter=RedCellDiameter(40.0, 1.0))


@pytest.fixture
def edits(image):
    """May be done to these cells: 1 and 2 touch, 3 is near 2, 4 is far from all."""
    cells = [disc(150, 100, 20), disc(150, 140, 22), disc(150, 190, 20), disc(50, 350, 6, "plt")]
    return Edits(image, initial([replace(cell, score=0.5) for cell in cells]), "Ada", "c")


def test_a_drawn_square_has_the_area_of_its_pixels(edits):
    (change,) = edits.add(SQUARE, "wbc")
    cell = change.after.cell
    assert (cell.type, cell.area_px, cell.box, cell.row, cell.col) == ("wbc", 400, (100, 100, 120, 120), 109.5, 109.5)
    assert (cell.score, cell.touches_frame) == (1.0, False)


def test_an_added_cell_is_called_after_its_correction(edits):
    (change,) = edits.add(SQUARE, "rbc")
    assert (change.cell_id, change.before, change.after.id) == ("c.1", None, "c.1")
    assert (change.after.by, change.after.checked) == ("Ada", True)


def test_a_cell_at_the_frame_is_cut_off_there(edits):
    (change,) = edits.add([(-10, -10), (-10, 10), (10, 10), (10, -10)], "rbc")
    assert change.after.cell.touches_frame
    assert change.after.cell.box[:2] == (0, 0)


def test_a_cell_at_the_rim_of_the_field_touches_the_frame(image):
    field = FieldOfView(rectangle(110, 0, 400, 300), (), 0.7)
    (change,) = Edits(replace(image, field_of_view=field), {}, "Ada", "c").add(SQUARE, "rbc")
    assert change.after.cell.touches_frame


def test_nothing_is_added_where_nothing_is_counted(image):
    edits = Edits(replace(image, region=rectangle(200, 200, 300, 300)), {}, "Ada", "c")
    with pytest.raises(ReviewError, match="where nothing is counted"):
        edits.add(SQUARE, "rbc")


@pytest.mark.parametrize(
    ("outline", "words"),
    [
        ([], "malformed"),
        ([(1, 1), (2, 2)], "2 points"),
        ([(1, 1, 1)] * 3, "malformed"),
        ("nonsense", "malformed"),
        ([(1, 1), (2,)], "malformed"),
        ([(1, 1), (1, 9), (float("nan"), 5)], "no number"),
        ([(1, 1), (1, 9), (float("inf"), 5)], "no number"),
        ([(1, 1), (1, 9), (1e300, 5)], "too far from zero"),
        ([(1, 1), (1, 9), (9, 5)] * 5000, "15000 points"),
        ([(500, 500), (500, 520), (520, 520)], "no pixel of the image"),
        ([(5, 5), (5, 5), (5, 5)], "no pixel of the image"),
        ([(0, 0), (0, 399), (299, 399), (299, 0)], "too large for a cell"),
        ([(100, 100), (140, 140), (100, 140), (140, 100)], "crosses itself"),
    ],
)
def test_what_is_no_outline_is_refused_in_words(edits, outline, words):
    with pytest.raises(ReviewError, match=words):
        edits.add(outline, "rbc")


def test_a_small_loop_of_an_unsteady_hand_is_left_out(edits):
    with_loop = [*SQUARE, (99.5, 99.5), (97.5, 96.5), (99.5, 96.5), (97.5, 99.5)]
    (change,) = edits.add(with_loop, "rbc")
    assert change.after.cell.area_px == pytest.approx(400, abs=8)


def test_many_are_deleted_at_once(edits):
    changes = edits.delete(["1", "3", "1"])
    assert [(change.cell_id, change.after) for change in changes] == [("1", None), ("3", None)]


def test_retyping_leaves_what_is_of_the_type_already(edits):
    (change,) = edits.retype(["1", "4"], "plt")
    assert (change.cell_id, change.after.cell.type, change.after.by) == ("1", "plt", "Ada")
    with pytest.raises(ReviewError, match="nothing would change"):
        edits.retype(["1", "2"], "rbc")


@pytest.fixture
def white(image):
    """May be done to a white cell, 1, and a red one, 2."""
    guessed = replace(disc(150, 100, 30, "wbc"), score=0.5, white_cell_class="monocyte", class_probability=0.6)
    return Edits(image, initial([guessed, disc(150, 200, 20)]), "Ada", "c")


def test_a_class_that_a_person_has_named_is_sure(white):
    (change,) = white.classify(["1"], "lymphocyte")
    cell = change.after.cell
    assert (cell.white_cell_class, cell.class_probability, cell.score) == ("lymphocyte", None, 1.0)
    assert (change.after.by, change.after.checked) == ("Ada", True)


def test_a_second_reader_may_say_what_the_first_one_said(white):
    (first,) = white.classify(["1"], "lymphocyte")
    seen = replace(white, state={"1": first.after})
    with pytest.raises(ReviewError, match="nothing would change: got cells of which you have said lymphocyte"):
        seen.classify(["1"], "lymphocyte")
    (second,) = replace(seen, actor="Ben").classify(["1"], "lymphocyte")
    assert (second.after.by, second.after.cell.white_cell_class) == ("Ben", "lymphocyte")


def test_only_white_cells_have_a_class(white):
    with pytest.raises(ReviewError, match="only white cells have a class: got a cell of type rbc"):
        white.classify(["1", "2"], "lymphocyte")


def test_a_confirmed_cell_is_still_the_models_and_sure(edits):
    (change,) = edits.confirm(["1"])
    assert (change.after.by, change.after.checked, change.after.cell.score) == ("model", True, 1.0)
    assert change.before is edits.state["1"]


def test_what_is_checked_is_not_confirmed_again(edits):
    checked = ReviewedCell("1", disc(9, 9, 5), by="Ben", checked=True)
    with pytest.raises(ReviewError, match="checked already"):
        replace(edits, state={"1": checked}).confirm(["1"])


@pytest.mark.parametrize("action", ["delete", "confirm", "merge"])
def test_cells_must_be_chosen_and_be_there(edits, action):
    with pytest.raises(ReviewError, match="no cell is chosen"):
        getattr(edits, action)([])
    with pytest.raises(ConflictError, match="not there any more: got '9'"):
        getattr(edits, action)(["1", "9"])


def test_a_redrawn_cell_keeps_its_id_and_its_type(edits):
    (change,) = edits.redraw("4", SQUARE)
    after = change.after
    assert (after.id, after.cell.type, after.cell.area_px, after.by, after.checked) == ("4", "plt", 400, "Ada", True)


def test_a_split_cell_is_parted_along_the_stroke(edits):
    gone, *parts = edits.split("1", [(120, 100), (180, 100)])
    left, right = sorted(parts, key=lambda part: part.after.cell.col)
    assert (gone.cell_id, gone.after) == ("1", None)
    assert left.after.cell.col < 100 < right.after.cell.col
    assert [each.cell_id for each in parts] == ["c.1", "c.2"]


@given(angle=st.floats(0, np.pi), offset=st.floats(-12, 12), radius=st.floats(6, 40))
def test_the_parts_of_a_split_cell_have_all_of_its_pixels(image, angle, offset, radius):
    whole = disc(150, 200, radius)
    across, along = np.array([np.sin(angle), np.cos(angle)]), np.array([np.cos(angle), -np.sin(angle)])
    middle = np.array([150, 200]) + across * offset * radius / 40
    stroke = [middle - along * 60, middle + along * 60]
    _, *parts = Edits(image, initial([whole]), "Ada", "c").split("1", stroke)
    (painted,) = Edits(image, {}, "Ada", "c").add(whole.outline, "rbc")
    assert sum(part.after.cell.area_px for part in parts) == painted.after.cell.area_px
    assert len(parts) == 2


def test_two_strokes_in_one_make_three_parts(edits):
    _, *parts = edits.split("1", [(120, 94), (185, 94), (185, 106), (120, 106)])
    assert len(parts) == 3


@pytest.mark.parametrize(
    ("stroke", "words"),
    [
        ([(120, 100), (150, 100)], "does not part"),
        ([(10, 10), (20, 20)], "does not part"),
        ([(120, 81), (180, 81)], "does not part"),
        ([(120, 100)], "1 points"),
        ([(120, 100), (float("nan"), 100)], "no number"),
    ],
)
def test_a_stroke_that_parts_nothing_is_refused(edits, stroke, words):
    with pytest.raises(ReviewError, match=words):
        edits.split("1", stroke)


def test_cells_that_touch_become_their_union(edits):
    *gone, made = edits.merge(["1", "2"])
    assert [each.cell_id for each in gone] == ["1", "2"]
    areas = sum(edits.state[each].cell.area_px for each in ("1", "2"))
    assert made.after.cell.area_px == pytest.approx(areas, rel=0.03)
    assert made.after.cell.box == (128, 80, 173, 163)


def test_a_narrow_gap_is_bridged_and_no_more(edits):
    *_, made = edits.merge(["2", "3"])
    areas = sum(edits.state[each].cell.area_px for each in ("2", "3"))
    assert areas < made.after.cell.area_px < 1.2 * areas


def test_what_lies_far_apart_is_not_merged(edits, image):
    far = initial([disc(150, 100, 20), disc(150, 190, 20)])
    with pytest.raises(ReviewError, match="too far apart"):
        replace(edits, state=far).merge(["1", "2"])
    with pytest.raises(ReviewError, match="too far apart"):
        edits.merge(["1", "4"])


def test_what_is_too_large_together_is_not_merged(edits):
    row = initial([disc(150, 20 + 40 * number, 20) for number in range(9)])
    with pytest.raises(ReviewError, match="too large for a cell: got 361 × 41 pixels"):
        replace(edits, state=row).merge(row)


def test_one_cell_is_not_merged(edits):
    with pytest.raises(ReviewError, match="nothing to merge"):
        edits.merge(["1", "1"])


def test_the_merged_cell_is_of_the_type_of_the_largest(edits):
    state = initial([disc(150, 100, 20, "rbc"), disc(150, 140, 22, "wbc")])
    *_, made = replace(edits, state=state).merge(["1", "2"])
    assert made.after.cell.type == "wbc"


def test_a_cell_smaller_than_a_pixel_can_be_merged(edits):
    state = initial([disc(150, 100, 20), disc(150.5, 121.5, 0.3, "plt")])
    *_, made = replace(edits, state=state).merge(["1", "2"])
    assert made.after.cell.type == "rbc"
