"""How values are written into the CSV files, so that a spreadsheet shows what is meant."""

from __future__ import annotations

import math

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def safe_text(text: str) -> str:
    """Keep a spreadsheet from running a text as a formula.

    Parameters
    ----------
    text : str
        A file name, a message.

    Returns
    -------
    str
        The text; with an apostrophe before it when it starts with ``=``, ``+``, ``-``, ``@``, a tab or
        a carriage return.

    Examples
    --------
    >>> safe_text("=1+1.jpg"), safe_text("a=1.jpg")
    ("'=1+1.jpg", 'a=1.jpg')

    """
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def plain_text(text: str) -> str:
    """Undo :func:`safe_text`: take the apostrophe away that it puts before a formula's sign.

    Examples
    --------
    >>> plain_text("'=1+1.jpg"), plain_text("a=1.jpg"), plain_text("'s.jpg")
    ('=1+1.jpg', 'a=1.jpg', "'s.jpg")

    """
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA_STARTS) else text


def number(value: float | None, n_decimals: int) -> str:
    """Write a number with a fixed number of decimals.

    Parameters
    ----------
    value : float or None
    n_decimals : int

    Returns
    -------
    str
        Empty when there is no value or it is not a finite number: unknown is not zero.

    Examples
    --------
    >>> number(2.0, 2), number(float("nan"), 2)
    ('2.00', '')

    """
    return f"{value:.{n_decimals}f}" if value is not None and math.isfinite(value) else ""
