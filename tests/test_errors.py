import re

import pytest

from hemolens import errors
from hemolens.errors import HemolensError, PhotographError


def test_a_message_says_the_four_things():
    error = HemolensError("unknown counter", came="'hough'", allowed="watershed", do="choose one")
    assert str(error) == "unknown counter: got 'hough'; allowed: watershed; choose one"


def test_the_four_things_can_be_asked_for_one_by_one():
    error = HemolensError("a", came="b", allowed="c", do="d")
    assert (error.what, error.came, error.allowed, error.do) == ("a", "b", "c", "d")


def test_a_message_stays_on_one_line():
    assert str(HemolensError("a\nb", came="c\r\nc", allowed="d\te", do="f")) == "a b: got c c; allowed: d e; f"


@pytest.mark.parametrize("missing", ["came", "allowed", "do"])
def test_none_of_the_four_can_be_left_out(missing):
    facts = {"came": "b", "allowed": "c", "do": "d"}
    del facts[missing]
    with pytest.raises(TypeError, match=missing):
        HemolensError("a", **facts)


def test_the_tree_in_the_docstring_is_the_real_one():
    drawn = set(re.findall(r"[├└]── (\w+)", errors.__doc__))
    real = {kind.__name__ for kind in HemolensError.__subclasses__() if kind.__module__ == errors.__name__}
    assert drawn == real


def test_one_except_catches_them_all():
    with pytest.raises(HemolensError):
        raise PhotographError("a", came="b", allowed="c", do="d")
