import pytest
from hypothesis import given
from hypothesis import strategies as st

from hemolens.web import limits
from hemolens.web.limits import Allowance, Simultaneous
from hemolens.web.problems import Refused


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_an_allowance_is_used_up():
    allowance = Allowance(3, 30, Clock())
    assert [allowance.take("a") for _ in range(4)] == [0, 0, 0, 10]


def test_each_key_has_its_own():
    allowance = Allowance(1, 1, Clock())
    assert [allowance.take("a"), allowance.take("b")] == [0, 0]


@given(st.lists(st.floats(0, 20), max_size=60))
def test_no_more_than_the_rate_is_granted_over_any_time(pauses):
    clock = Clock()
    allowance = Allowance(5, 10, clock)
    n_granted = 0
    for pause in pauses:
        clock.now += pause
        n_granted += allowance.take("a") == 0
    assert n_granted <= 5 + clock.now / 2 + 1e-6


def test_after_the_time_that_was_told_it_is_granted():
    clock = Clock()
    allowance = Allowance(1, 7, clock)
    allowance.take("a")
    clock.now += allowance.take("a")
    assert allowance.take("a") == 0


def test_what_is_given_back_can_be_taken_again_but_no_more():
    allowance = Allowance(1, 60, Clock())
    allowance.take("a")
    allowance.give_back("a")
    allowance.give_back("a")
    assert allowance.take("a") == 0
    assert allowance.take("a") > 0


def test_keys_that_are_full_again_are_forgotten(monkeypatch):
    monkeypatch.setattr(limits, "MAX_KEYS", 10)
    clock = Clock()
    allowance = Allowance(2, 2, clock)
    for number in range(100):
        clock.now += 1
        allowance.take(str(number))
    assert len(allowance._left) <= 11


def test_no_more_than_allowed_run_at_the_same_time():
    simultaneous = Simultaneous(1, "uploads")
    with simultaneous.one("a"):
        with pytest.raises(Refused, match="1 uploads at a time") as refused, simultaneous.one("a"):
            pass
        assert refused.value.status == 429
        with simultaneous.one("b"):
            pass


def test_what_has_ended_however_it_did_runs_no_more():
    simultaneous = Simultaneous(1, "uploads")
    with pytest.raises(ValueError, match="broken"), simultaneous.one("a"):
        raise ValueError("broken")
    with simultaneous.one("a"):
        pass
