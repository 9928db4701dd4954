"""The corrected result, and what its numbers mean."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from hemolens.cells.cell import in_reading_order
from hemolens.errors import ConflictError, ReviewError
from hemolens.review.edits import Edits
from hemolens.review.reviewed import reviewed_result
from hemolens.review.trail import Correction, apply, initial, next_seq
from hemolens.statistics.counts import count_cells, count_in_frame
from hemolens.statistics.summary import summarise

AT = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
SIGNED = {"signed_by": "Ben", "signed_at": AT, "comment": "clear"}


@pytest.fixture
def correct(counted):
    """Make a trail of wishes of Ada."""

    def make(*wishes):
        trail, state = [], initial(counted.cells)
        for action, *given in wishes:
            number = next_seq(trail)
            changes = getattr(Edits(counted, state, "Ada", f"c{number}"), action)(*given)
            trail.append(Correction(f"c{number}", number, "Ada", AT, action, None, changes))
            state = apply(state, trail[-1])
        return trail

    return make


def ids(counted, kind):
    return [str(number) for number, cell in enumerate(counted.cells, start=1) if cell.type == kind]


def test_without_corrections_and_signature_it_is_the_models(counted):
    assert reviewed_result(counted, []) is counted
    assert counted.review is None
    assert {origin.by for origin in counted.origins} == {"model"}


def test_cells_counts_and_frame_follow(counted, correct):
    trail = correct(("add", [(9, 9), (9, 20), (20, 20)], "plt"), ("delete", ids(counted, "rbc")[:2]))
    result = reviewed_result(counted, trail)
    assert result.cells == in_reading_order(result.cells)
    assert (result.counts.rbc, result.counts.plt) == (counted.counts.rbc - 2, counted.counts.plt + 1)
    assert result.counts == count_cells(result.cells)
    assert result.frame == count_in_frame(result.cells, result.image.shape)
    assert result.summary["plt"].total == result.counts.plt
    assert type(result) is type(counted)


def test_the_review_says_who_did_what(counted, correct):
    first, second, third = ids(counted, "rbc")[:3]
    trail = correct(
        ("add", [(9, 9), (9, 20), (20, 20)], "plt"),
        ("delete", [first]),
        ("retype", [second], "wbc"),
        ("confirm", [third]),
    )
    review = reviewed_result(counted, trail, **SIGNED).review
    assert (review.n_added, review.n_removed, review.n_changed, review.n_checked) == (1, 1, 1, 3)
    assert (review.by, review.signed_by, review.signed_at, review.comment) == (("Ada",), "Ben", AT, "clear")


def test_classes_that_a_person_names_make_a_differential(counted, correct):
    assert counted.differential is None
    first = ids(counted, "wbc")[0]
    result = reviewed_result(counted, correct(("classify", [first], "monocyte")))
    assert result.differential.counts["monocyte"] == 1
    assert result.differential.counts["unsure"] == counted.counts.wbc - 1
    assert result.review.n_changed == 1


def test_origins_stand_beside_their_cells(counted, correct):
    result = reviewed_result(counted, correct(("retype", ids(counted, "rbc")[4:6], "plt")))
    changed = [cell for cell, origin in zip(result.cells, result.origins, strict=True) if origin.checked]
    assert len(changed) == 2
    assert {cell.type for cell in changed} == {"plt"}


def test_the_models_error_stays_until_a_person_vouches_for_the_count(counted, correct):
    assert "rbc" in counted.count_errors
    unchecked = reviewed_result(counted, [], **SIGNED)
    unsigned = reviewed_result(counted, correct(("confirm", ids(counted, "rbc"))))
    assert "rbc" in unchecked.count_errors
    assert "rbc" in unsigned.count_errors


def test_a_count_that_a_person_vouches_for_is_without_the_models_error(counted, correct):
    result = reviewed_result(counted, correct(("confirm", ids(counted, "rbc"))), **SIGNED)
    assert set(counted.count_errors) - set(result.count_errors) == {"rbc"}
    assert "rbc" not in result.corrected
    assert not result.summary["rbc"].includes_model_error
    assert result.summary["rbc"].expected.value == result.frame.counts.rbc


def test_one_field_of_the_model_alone_keeps_its_error_in_the_mean(counted, correct):
    vouched = reviewed_result(counted, correct(("confirm", ids(counted, "rbc"))), **SIGNED)
    for fields in ([vouched, counted], [counted, vouched]):
        assert summarise([each.numbers for each in fields])["rbc"].includes_model_error


def test_a_checked_cell_is_not_unsure(counted, correct):
    doubtful = replace(counted, cells=[replace(cell, score=0.1) for cell in counted.cells])
    assert sum(doubtful.unsure.values()) == len(doubtful.cells)
    trail = correct(("confirm", [str(number) for number in range(1, len(counted.cells) + 1)]))
    assert sum(reviewed_result(counted, trail).unsure.values()) == 0


def test_a_trail_of_another_result_is_refused(counted, correct):
    with pytest.raises(ConflictError):
        reviewed_result(replace(counted, cells=counted.cells[::-1]), correct(("delete", ["1"])))


def test_a_signature_has_its_time(counted):
    with pytest.raises(ReviewError, match="no time"):
        reviewed_result(counted, [], signed_by="Ben")
