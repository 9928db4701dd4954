import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from pycocotools import mask as coco_mask

from hemolens.images.box import Box
from hemolens.labels.run_lengths import RunLengths, read_runs

masks = arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=12))


def written(mask):
    """Run lengths of a mask, as pycocotools writes them."""
    encoded = coco_mask.encode(np.asfortranarray(mask, np.uint8))
    return RunLengths(size=mask.shape, counts=encoded["counts"].decode())


@given(masks)
def test_the_text_of_pycocotools_is_read_back(mask):
    assert np.array_equal(read_runs(written(mask)).within(Box(0, 0, *mask.shape)), mask)


@given(masks)
def test_a_list_says_the_same_as_a_text(mask):
    pixels = np.concatenate([[False], mask.T.ravel(), [False]])
    changes = np.flatnonzero(pixels[1:] != pixels[:-1])
    counts = np.diff(np.concatenate([[0], changes, [mask.size]])).tolist()
    from_list, from_text = read_runs(RunLengths(size=mask.shape, counts=counts)), read_runs(written(mask))
    assert from_list.starts.tolist() == from_text.starts.tolist()
    assert from_list.stops.tolist() == from_text.stops.tolist()


@given(masks)
def test_the_box_is_around_the_pixels(mask):
    rows, cols = np.nonzero(mask)
    around = (rows.min(), cols.min(), rows.max() + 1, cols.max() + 1) if len(rows) else None
    assert read_runs(written(mask)).box == around


@given(masks, st.data())
def test_a_box_shows_its_part_of_the_pixels(mask, data):
    (row0, row1), (col0, col1) = (
        sorted((data.draw(st.integers(0, n)), data.draw(st.integers(0, n)))) for n in mask.shape
    )
    assert np.array_equal(read_runs(written(mask)).within(Box(row0, col0, row1, col1)), mask[row0:row1, col0:col1])


def test_large_pictures_are_read_without_painting_them():
    runs = read_runs(RunLengths(size=(20_000, 20_000), counts=[20_001, 5, 399_979_994]))
    assert runs.box == (1, 1, 6, 2)


@pytest.mark.parametrize(
    ("size", "counts", "message"),
    [
        ((3, 4), "", "runs of 0 pixels together in a picture of 12"),
        ((3, 4), "o", "none of run lengths"),
        ((3, 4), "\x00", "none of run lengths"),
        ((3, 4), "\u00e9", "none of run lengths"),
        ((3, 4), "oooooooo0", "a number without end"),
        ((3, 4), "@", "a run of -16 or -16 pixels"),
        ((3, 4), [13, 0], "a run of 0 or 13 pixels"),
        ((3, 4), [6, 5], "runs of 11 pixels together"),
        ((100_000, 100_000), [0], "more than 400000000 pixels"),
    ],
)
def test_what_are_no_run_lengths_of_the_picture_is_refused(size, counts, message):
    with pytest.raises(ValueError, match=message):
        read_runs(RunLengths(size=size, counts=counts))
