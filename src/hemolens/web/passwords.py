"""Passwords: which ones are taken, and how they are kept."""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from hemolens.errors import UsageError

MIN_LENGTH, MAX_LENGTH = 12, 128
LEAST_SCORE = 3
"""Of zxcvbn, 0 … 4: at least 10⁸ guesses by a program that knows words, names, keyboards and repetition."""
JUDGED_LENGTH = 72
"""zxcvbn judges no more characters."""

_hasher = PasswordHasher()
_AT_ONCE = threading.BoundedSemaphore(2)
"""Each hash takes 64 MB on purpose: many at once would take them all."""


def hash_password(password: str) -> str:
    """Hash a password for keeping (argon2id, with a salt of its own)."""
    with _AT_ONCE:
        return _hasher.hash(_same_bytes(password))


def is_password(password: str, kept: str | None) -> bool:
    """Whether a password is the one whose hash was kept; takes as long where there is none.

    Parameters
    ----------
    password : str
    kept : str or None
        Hash of :func:`hash_password`; None for somebody who is not known.

    Returns
    -------
    bool
        Always False where nothing was kept.

    """
    with _AT_ONCE:
        try:
            _hasher.verify(kept or _nobodys_hash(), _same_bytes(password))
        except VerificationError:
            return False
    return kept is not None


def is_outdated(kept: str) -> bool:
    """Whether a hash was made with weaker parameters than those of today."""
    return _hasher.check_needs_rehash(kept)


def check_new_password(password: str, name: str) -> None:
    """Refuse a password that is easily guessed.

    Parameters
    ----------
    password : str
    name : str
        Whose it will be.

    Raises
    ------
    UsageError
        It is too short or too long, or words, names or repetition make it easy to guess.

    """
    from zxcvbn import zxcvbn

    if len(re.sub(" +", " ", password)) < MIN_LENGTH or len(password) > MAX_LENGTH:
        raise UsageError(
            "the password is too short or too long",
            came=f"{len(password)} characters",
            allowed=f"{MIN_LENGTH} to {MAX_LENGTH} characters of any kind, spaces in a row counting as one",
            do="take a few words that do not belong together",
            option="password",
        )
    judged = zxcvbn(password[:JUDGED_LENGTH], user_inputs=[name, "hemolens"])
    if judged["score"] < LEAST_SCORE:
        raise UsageError(
            "the password is easy to guess",
            came="common words, the own name, a row of keys or repetition",
            allowed="what a program does not find by trying such things",
            do="take a few words that do not belong together",
            option="password",
        )


def _same_bytes(password: str) -> bytes:
    """Give the same bytes whichever keyboard composed the letters."""
    return unicodedata.normalize("NFKC", password).encode()


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(b"nobody's password")
