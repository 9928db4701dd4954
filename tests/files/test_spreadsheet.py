import pytest

from hemolens.files.spreadsheet import number, safe_text


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_formula_gets_an_apostrophe(start):
    assert safe_text(f"{start}cmd.jpg") == f"'{start}cmd.jpg"


@pytest.mark.parametrize("text", ["", "a.jpg", "a=b.jpg", " -1", "1-2.jpg"])
def test_other_texts_stay_as_they_are(text):
    assert safe_text(text) == text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_unknown_is_empty_not_zero(value):
    assert number(value, 2) == ""
