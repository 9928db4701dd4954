import unicodedata

import pytest
from argon2 import PasswordHasher
from argon2.profiles import RFC_9106_LOW_MEMORY

from hemolens.errors import UsageError
from hemolens.web import passwords
from hemolens.web.passwords import MAX_LENGTH, MIN_LENGTH, check_new_password, hash_password, is_outdated, is_password

GOOD = "red cells on monday"


def test_a_password_is_known_again_by_its_hash():
    kept = hash_password(GOOD)
    assert is_password(GOOD, kept)
    assert not is_password(f"{GOOD} ", kept)
    assert GOOD not in kept


def test_the_same_password_has_another_hash_for_everybody():
    assert hash_password(GOOD) != hash_password(GOOD)


def test_nobody_has_no_password():
    assert not is_password("nobody's password", None)


def test_where_there_is_nobody_as_much_is_computed(monkeypatch):
    verified = []

    class Counting(PasswordHasher):
        def verify(self, *arguments):
            verified.append(arguments)
            return super().verify(*arguments)

    monkeypatch.setattr(passwords, "_hasher", Counting(time_cost=1, memory_cost=8, parallelism=1))
    is_password(GOOD, None)
    is_password(GOOD, hash_password("another one"))
    assert len(verified) == 2


def test_composed_and_decomposed_letters_are_the_same():
    word = "blutkörperchen am Montag"
    assert is_password(unicodedata.normalize("NFD", word), hash_password(unicodedata.normalize("NFC", word)))


def test_a_service_hashes_with_what_is_recommended(monkeypatch):
    monkeypatch.undo()
    kept = hash_password(GOOD)
    assert kept.startswith("$argon2id$")
    assert passwords._hasher.memory_cost >= RFC_9106_LOW_MEMORY.memory_cost
    assert not is_outdated(kept)


def test_a_hash_that_took_less_work_is_outdated(monkeypatch):
    weak = hash_password(GOOD)
    monkeypatch.undo()
    assert is_outdated(weak)
    assert is_password(GOOD, weak)


@pytest.mark.parametrize(
    "password", [GOOD, "x7#kQ9!vLm2$", "drei weiße Zellen", "白血球 と 赤血球 と 血小板", GOOD + "." * 100]
)
def test_what_is_hard_to_guess_is_taken(password):
    check_new_password(password, "Anna")


@pytest.mark.parametrize(
    "password",
    [
        "k7#Q" * 2,
        GOOD + "." * MAX_LENGTH,
        "k7#Q          9!v",
        "a" * MIN_LENGTH,
        "abcabcabcabc",
        "123456789012",
        "qwertyuiop[]",
        "passwordpassword",
        "annaannaanna",
        "Anna12345678",
        "hemolenshemolens",
    ],
)
def test_what_is_easy_to_guess_is_refused(password):
    with pytest.raises(UsageError) as refused:
        check_new_password(password, "Anna")
    assert password not in str(refused.value)
    assert refused.value.option == "password"
