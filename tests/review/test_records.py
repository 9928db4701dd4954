"""A trail as a database keeps it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemolens.errors import ReviewError
from hemolens.review.edits import Edits
from hemolens.review.records import changes_record, read_changes
from hemolens.review.trail import initial


@pytest.fixture(scope="module")
def changes(counted):
    edits = Edits(counted, initial(counted.cells), "Ada", "c")
    return edits.add([(9, 9), (9, 20), (20.3, 20.1)], "plt") + edits.delete(["1"]) + edits.confirm(["2"])


def test_changes_come_back_exactly(changes):
    again = read_changes(json.loads(json.dumps(changes_record(changes))))
    assert [each.cell_id for each in again] == [each.cell_id for each in changes]
    for read, written in zip(again, changes, strict=True):
        for side in ("before", "after"):
            one, other = getattr(read, side), getattr(written, side)
            assert one is other is None or one.is_same(other)


@settings(max_examples=30)
@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda each: st.lists(each) | st.dictionaries(st.text(), each),
        max_leaves=5,
    )
)
def test_what_is_no_record_is_refused(record):
    if record == []:
        assert read_changes(record) == ()
    else:
        with pytest.raises(ReviewError, match="cannot be read"):
            read_changes(record)
