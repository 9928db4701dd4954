"""What the trail promises, for any sequence of corrections by two people."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hemolens.errors import ConflictError, ReviewError
from hemolens.review.edits import Edits
from hemolens.review.trail import (
    Change,
    Correction,
    apply,
    initial,
    last_done,
    last_undone,
    net_changes,
    next_seq,
    redo_of,
    replay,
    undo_of,
)

AT = datetime(2026, 1, 2, tzinfo=UTC)
PEOPLE = ("Ada", "Ben")
KINDS = ("rbc", "wbc", "plt")


class Review:
    """A trail in the making, and the state that it was built with."""

    def __init__(self, result):
        self.result, self.trail, self.state = result, [], initial(result.cells)

    def take(self, correction):
        self.state = apply(self.state, correction)
        self.trail.append(correction)

    def edit(self, actor, action, *given):
        number = next_seq(self.trail)
        changes = getattr(Edits(self.result, self.state, actor, f"c{number}"), action)(*given)
        self.take(Correction(f"c{number}", number, actor, AT, action, None, changes))

    def undo(self, actor):
        self.take(undo_of(self.trail, actor, self.state, id=f"u{next_seq(self.trail)}", at=AT))

    def redo(self, actor):
        self.take(redo_of(self.trail, actor, self.state, id=f"r{next_seq(self.trail)}", at=AT))


def values(state):
    return {key: (each.by, each.checked, each.cell.type, each.cell.score, each.cell.row) for key, each in state.items()}


def is_same(first, second):
    return first.keys() == second.keys() and all(first[key].is_same(second[key]) for key in first)


def n_cells(state):
    return Counter(each.cell.type for each in state.values())


@pytest.fixture
def review(counted):
    return Review(counted)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(PEOPLE),
        st.sampled_from(("add", "delete", "retype", "classify", "confirm", "redraw", "split", "undo", "undo", "redo")),
        st.integers(0, 1000),
        st.sampled_from(KINDS),
    ),
    max_size=25,
)


def do(review, step):
    """Take one step; False where it was refused."""
    actor, action, number, kind = step
    ids = sorted(review.state)
    some = ids[number % len(ids) :][:2] if ids else []
    row, col = 20 + number % 200, 20 + number % 300
    triangle = [(row, col), (row, col + 9), (row + 9, col + 9)]
    box = review.state[some[0]].cell.box if some else None
    given = {
        "add": (triangle, kind),
        "redraw": (some[0], triangle) if some else (),
        "split": (some[0], [box[:2], box[2:]]) if some else (),
        "delete": (some,),
        "retype": (some, kind),
        "classify": (some, ("monocyte", "other")[number % 2]),
        "confirm": (some,),
    }
    try:
        if action in given and some:
            review.edit(actor, action, *given[action])
        elif action not in given:
            getattr(review, action)(actor)
        else:
            return False
    except (ConflictError, ReviewError):
        return False
    return True


@given(STEPS)
def test_the_trail_replayed_on_the_models_result_is_what_holds_now(counted, steps):
    review = Review(counted)
    for step in steps:
        do(review, step)
    assert is_same(replay(counted.cells, review.trail), review.state)


@given(STEPS)
def test_all_undone_is_the_models_result(counted, steps):
    review = Review(counted)
    for step in steps:
        do(review, step)
    while any(do(review, (actor, "undo", 0, "rbc")) for actor in PEOPLE):
        pass
    assert is_same(review.state, initial(counted.cells))
    assert [last_done(review.trail, actor) for actor in PEOPLE] == [None, None]


@given(STEPS)
def test_all_undone_and_redone_is_what_was(counted, steps):
    review = Review(counted)
    for _, *step in steps:
        do(review, ("Ada", *step))
    before, n_rows = review.state, len(review.trail)
    n_undone = 0
    while do(review, ("Ada", "undo", 0, "rbc")):
        n_undone += 1
    for _ in range(n_undone):
        review.redo("Ada")
    assert is_same(review.state, before)
    assert len(review.trail) == n_rows + 2 * n_undone


@given(STEPS)
def test_numbers_change_by_exactly_what_a_correction_says(counted, steps):
    review = Review(counted)
    for step in steps:
        before = n_cells(review.state)
        if do(review, step):
            for change in review.trail[-1].changes:
                before[change.before.cell.type if change.before else None] -= 1
                before[change.after.cell.type if change.after else None] += 1
            del before[None]
            assert +before == n_cells(review.state)
        else:
            assert n_cells(review.state) == before


@given(STEPS)
def test_the_net_numbers_add_up(counted, steps):
    review = Review(counted)
    for step in steps:
        do(review, step)
    net = net_changes(counted.cells, review.trail, review.state)
    assert len(review.state) == len(counted.cells) + net.n_added - net.n_removed


def test_a_refused_correction_leaves_the_state_as_it_is(review):
    gone = review.state["1"]
    review.edit("Ada", "delete", ["1"])
    before = values(review.state)
    twice = Correction(
        "x", 2, "Ben", AT, "delete", None, (Change("2", review.state["2"], None), Change("1", gone, None))
    )
    with pytest.raises(ConflictError, match="it is no longer there"):
        apply(review.state, twice)
    assert values(review.state) == before


def test_what_somebody_else_has_changed_since_is_not_undone(review):
    review.edit("Ada", "confirm", ["1"])
    review.edit("Ben", "retype", ["1"], "plt" if review.state["1"].cell.type != "plt" else "rbc")
    with pytest.raises(ConflictError, match="last changed by 'Ben'"):
        review.undo("Ada")


def test_people_undo_only_what_they_have_done(review):
    review.edit("Ada", "delete", ["1"])
    review.edit("Ben", "delete", ["2"])
    review.undo("Ada")
    assert "1" in review.state
    assert "2" not in review.state


def test_a_correction_in_between_ends_the_redo(review):
    review.edit("Ada", "delete", ["1"])
    review.undo("Ada")
    review.edit("Ada", "delete", ["2"])
    assert last_undone(review.trail, "Ada") is None
    with pytest.raises(ReviewError, match="nothing to redo"):
        review.redo("Ada")


def test_there_may_be_nothing_to_undo(review):
    with pytest.raises(ReviewError, match="nothing to undo"):
        review.undo("Ada")


def test_an_undo_names_the_row_that_it_takes_back(review):
    review.edit("Ada", "delete", ["1"])
    review.undo("Ada")
    review.redo("Ada")
    assert [(row.action, row.reverses) for row in review.trail] == [("delete", None), ("undo", 1), ("redo", 2)]


def test_net_changes_are_not_the_rows(review):
    other = "plt" if review.state["3"].cell.type != "plt" else "rbc"
    review.edit("Ada", "add", [(9, 9), (9, 20), (20, 20)], "rbc")
    review.edit("Ada", "delete", ["c1.1"])
    review.edit("Ben", "delete", ["1"])
    review.edit("Ben", "retype", ["3"], other)
    review.edit("Cy", "delete", ["4"])
    review.undo("Cy")
    net = net_changes(review.result.cells, review.trail, review.state)
    assert (net.n_added, net.n_removed, net.n_changed, net.by) == (0, 1, 1, ("Ada", "Ben"))


@pytest.mark.parametrize("name", ["", "  ", "model"])
def test_a_correction_has_the_name_of_a_person(name):
    with pytest.raises(ReviewError, match="the name of a person"):
        Correction("x", 1, name, AT, "confirm", None, ())
