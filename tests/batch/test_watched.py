import os

import pytest

from hemolens.batch.photographs import find_candidates
from hemolens.batch.watched import SETTLED_S, Watched


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def look(tmp_path):
    """Look at the folder some seconds later; gives the names of what has settled, None without news."""
    clock = Clock()
    watched = Watched(clock)

    def names(seconds):
        clock.now += seconds
        settled = watched.settled(find_candidates([tmp_path]))
        return None if settled is None else [each.entry.image for each in settled.each]

    return names


def test_a_photograph_is_given_once_when_it_has_stayed_as_it_was(look, tmp_path):
    (tmp_path / "a.png").write_bytes(b"a")
    assert look(0) is None
    assert look(SETTLED_S / 2) is None
    assert look(SETTLED_S / 2) == ["a.png"]
    assert look(100) is None


def test_one_that_grows_is_waited_for_and_holds_up_no_other(look, tmp_path):
    (tmp_path / "a.png").write_bytes(b"a")
    (tmp_path / "b.png").write_bytes(b"b")
    look(0)
    with (tmp_path / "b.png").open("ab") as growing:
        growing.write(b"more")
    assert look(SETTLED_S) == ["a.png"]
    assert look(SETTLED_S) == ["a.png", "b.png"]


def test_one_of_the_same_size_with_another_date_is_waited_for(look, tmp_path):
    (tmp_path / "a.png").write_bytes(b"a")
    look(0)
    os.utime(tmp_path / "a.png", ns=(1, 1))
    assert look(SETTLED_S) is None
    assert look(SETTLED_S) == ["a.png"]


def test_one_that_is_replaced_is_given_again(look, tmp_path):
    (tmp_path / "a.png").write_bytes(b"a")
    look(0)
    assert look(SETTLED_S) == ["a.png"]
    (tmp_path / "a.png").write_bytes(b"another")
    assert look(1) is None
    assert look(SETTLED_S) == ["a.png"]


def test_a_slide_that_is_a_folder_grows_by_its_files(look, tmp_path):
    (tmp_path / "a.zarr").mkdir()
    (tmp_path / "a.zarr" / "0").write_bytes(b"chunk")
    look(0)
    (tmp_path / "a.zarr" / "1").write_bytes(b"chunk")
    assert look(SETTLED_S) is None
    assert look(SETTLED_S) == ["a.zarr"]


def test_an_empty_folder_has_no_news(look):
    assert look(0) is None
    assert look(100) is None
