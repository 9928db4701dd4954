import pytest

from hemolens.labels.corner_box import box_around, notes_on


@pytest.mark.parametrize("points", [[], [[3, 3]], [[3, 3], [9, 3]], [[3, 3], [3, 9]]])
def test_what_encloses_nothing_has_no_box(points):
    assert box_around(points) is None


def test_nothing_is_said_of_nothing():
    assert list(notes_on(0)) == []
