"""HEIC; the files in heic/ are the drawn smear of the seeds, written once, since no encoder is free of the GPL."""

from pathlib import Path

import numpy as np
import pytest

from hemolens.errors import PhotographError
from hemolens.images.formats import SUFFIXES, heic
from hemolens.images.photograph import read_photograph

from ...fuzz.seeds import smear

FOLDER = Path(__file__).parent / "heic"
SMEAR = FOLDER / "smear.heic"

with_reader = pytest.mark.skipif(not heic.can_read_heic(), reason="needs pi-heif: pip install 'hemolens[heic]'")


def unlikeness(pixels, other):
    """Mean difference of two pictures in grey levels."""
    return np.abs(pixels.astype(float) - other).mean()


@with_reader
def test_a_heic_is_read_as_it_was_drawn(read):
    assert unlikeness(read(SMEAR.read_bytes(), "a.heic").pixels, smear()) < 4


@with_reader
def test_a_turned_heic_is_turned_once(read):
    assert unlikeness(read((FOLDER / "turned.heic").read_bytes()).pixels, np.rot90(smear(), -1)) < 4


@with_reader
def test_a_folder_is_searched_for_heic():
    assert heic.SUFFIXES < SUFFIXES


@with_reader
@pytest.mark.parametrize("n_left", [200, 5000, 10_400])
def test_a_heic_that_was_cut_short_is_refused(read, n_left):
    with pytest.raises(PhotographError, match="damaged or cut short"):
        read(SMEAR.read_bytes()[:n_left])


@with_reader
def test_a_heic_that_breaks_off_into_zeros_is_refused(read):
    whole = SMEAR.read_bytes()
    with pytest.raises(PhotographError, match="the end of the image is missing"):
        read(whole[:5000] + bytes(len(whole) - 5000))


@with_reader
def test_a_heic_has_one_plane():
    with pytest.raises(PhotographError, match="no such plane"):
        read_photograph(SMEAR, plane=2)


def test_without_its_reader_a_heic_is_refused_with_what_to_install(read, monkeypatch):
    monkeypatch.setattr(heic, "find_spec", lambda name: None)
    with pytest.raises(PhotographError, match=r"pip install 'hemolens\[heic\]'; or export it as JPEG"):
        read(SMEAR.read_bytes())
