"""What goes into a pack comes out of it: labels exactly, pictures nearly."""

import json
import zipfile

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hemolens.errors import TrainingError
from hemolens.measurements.colours import MeasuredColours
from hemolens.synthetic import draw_smear
from hemolens.training.pack import FORMAT, read_pack, write_pack
from hemolens.training.smears import NumberedSmear

pytestmark = pytest.mark.train


def smear(numbers, known, lent, pixels=None, colours=None):
    pixels = np.full((*numbers.shape[:2], 3), 200, np.uint8) if pixels is None else pixels
    return NumberedSmear("a.png", "ours", pixels, numbers, known, lent, colours or MeasuredColours(np.ones(3), None))


def blank(pixels):
    shape = pixels.shape[:2]
    return smear(
        np.zeros((*shape, 3), np.uint16), np.zeros((*shape, 3), np.uint8), np.zeros((*shape, 2), np.uint16), pixels
    )


sides = st.tuples(st.integers(1, 12), st.integers(1, 12))


@given(sides.flatmap(lambda shape: st.tuples(
    arrays(np.uint16, (*shape, 3)), arrays(np.uint8, (*shape, 3)), arrays(np.uint16, (*shape, 2))
)))  # fmt: skip
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_labels_come_back_exactly(tmp_path, planes):
    write_pack(tmp_path / "all.pack", [smear(*planes)], 40)
    (read,) = read_pack(tmp_path / "all.pack", 40)
    for written, own in zip(planes, (read.numbers, read.known, read.lent), strict=True):
        assert own.dtype == written.dtype
        np.testing.assert_array_equal(own, written)


def test_pixels_come_back_nearly(tmp_path):
    pixels = draw_smear(3, height=100, width=140, n_rbc=6, n_wbc=1, n_plt=1, red_cell_diameter_px=20).pixels
    write_pack(tmp_path / "all.pack", [blank(pixels)], 20)
    (read,) = read_pack(tmp_path / "all.pack", 20)
    assert np.abs(read.pixels.astype(int) - pixels).mean() < 4
    assert np.abs(read.pixels.mean((0, 1)) - pixels.mean((0, 1))).max() < 2  # no channel for another


@pytest.mark.parametrize("absorbance", [None, np.array([0.1, 0.2, 0.3])])
def test_names_and_colours_come_back(tmp_path, absorbance):
    own = blank(np.full((4, 5, 3), 90, np.uint8))
    colours = MeasuredColours(np.array([201.5, 190, 180]), absorbance)
    write_pack(tmp_path / "all.pack", [smear(own.numbers, own.known, own.lent, colours=colours)], 40)
    (read,) = read_pack(tmp_path / "all.pack", 40)
    assert (read.name, read.source) == ("a.png", "ours")
    np.testing.assert_array_equal(read.colours.background, colours.background)
    np.testing.assert_array_equal(read.colours.red_cell_absorbance, absorbance)


def test_photographs_keep_their_order(tmp_path):
    widths = [5, 3, 9]
    write_pack(tmp_path / "all.pack", (blank(np.zeros((4, width, 3), np.uint8)) for width in widths), 40)
    assert [read.pixels.shape[1] for read in read_pack(tmp_path / "all.pack", 40)] == widths


def test_an_interrupted_pack_leaves_the_old_one(tmp_path):
    def interrupted():
        yield blank(np.zeros((4, 4, 3), np.uint8))
        raise KeyboardInterrupt

    (tmp_path / "all.pack").write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt):
        write_pack(tmp_path / "all.pack", interrupted(), 40)
    assert (tmp_path / "all.pack").read_bytes() == b"old"


def zipped(path, index):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("pack.json", json.dumps(index))


OURS = {"format": FORMAT, "red_cell_diameter_px": 40}
NO_PACK = r"not a pack of labelled photographs: got 'all\.pack' \(\w+\); allowed: a pack that hemolens train wrote"


@pytest.mark.parametrize(
    "index",
    [None, {}, [], OURS, OURS | {"smears": [{}]}],
    ids=["garbage", "nothing in it", "a list", "no smears", "no pictures"],
)
def test_what_is_no_pack_is_refused(tmp_path, index):
    if index is None:
        (tmp_path / "all.pack").write_bytes(b"no archive")
    else:
        zipped(tmp_path / "all.pack", index)
    with pytest.raises(TrainingError, match=NO_PACK):
        read_pack(tmp_path / "all.pack", 40)


def test_a_pack_of_another_format_is_refused(tmp_path):
    zipped(tmp_path / "all.pack", {"format": FORMAT + 1, "red_cell_diameter_px": 40, "other": 1})
    with pytest.raises(
        TrainingError, match=rf"does not fit .*got format {FORMAT + 1}, .*allowed: format {FORMAT}, .*again"
    ):
        read_pack(tmp_path / "all.pack", 40)


def test_a_pack_of_another_scale_is_refused(tmp_path):
    write_pack(tmp_path / "all.pack", [], 40)
    with pytest.raises(TrainingError, match=r"got format 1, red cells of 40 px; allowed: format 1, red cells of 36 px"):
        read_pack(tmp_path / "all.pack", 36)
