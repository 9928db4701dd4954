import pytest

from hemolens.web.attempts import Attempts
from hemolens.web.problems import Refused


def be_wrong(attempts, name="anna", address="10.0.0.1"):
    with pytest.raises(ValueError, match="wrong"), attempts.one(name, address):
        raise ValueError("wrong")


def test_after_ten_wrong_ones_a_name_waits_at_that_address():
    attempts = Attempts()
    for _ in range(10):
        be_wrong(attempts)
    with pytest.raises(Refused) as refused, attempts.one("ANNA", "10.0.0.1"):
        pass
    assert refused.value.status == 429
    assert 0 < int(refused.value.headers["Retry-After"]) <= 90
    with attempts.one("anna", "10.0.0.2"):
        pass
    with attempts.one("bo", "10.0.0.1"):
        pass


def test_right_ones_cost_nothing():
    attempts = Attempts()
    for _ in range(300):
        with attempts.one("anna", "10.0.0.1"):
            pass


def test_a_name_waits_everywhere_when_many_addresses_try_it():
    attempts = Attempts()
    for number in range(50):
        be_wrong(attempts, address=f"10.0.0.{number}")
    with pytest.raises(Refused), attempts.one("anna", "10.1.0.0"):
        pass


def test_in_no_hour_are_more_than_a_hundred_tried_on_a_name():
    allowance = Attempts()._name
    assert allowance._n + 3600 * allowance._per_second <= 100


def test_a_name_in_other_letters_is_the_same_name():
    attempts = Attempts()
    for _ in range(10):
        be_wrong(attempts, name="anna")
    for name in ("Anna", "ａｎｎａ", "ⓐnna"):
        with pytest.raises(Refused), attempts.one(name, "10.0.0.1"):
            pass


def test_an_address_waits_when_it_tries_many_names():
    attempts = Attempts()
    for number in range(100):
        be_wrong(attempts, name=f"name {number}")
    with pytest.raises(Refused), attempts.one("anna", "10.0.0.1"):
        pass
