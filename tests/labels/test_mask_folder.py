import os

import cv2
import numpy as np
import pytest

from hemolens.errors import LabelError
from hemolens.labels.mask_folder import read_mask_folder


@pytest.fixture
def write(tmp_path):
    def write_mask(kind, name, mask):
        (tmp_path / kind).mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / kind / name), mask)
        return tmp_path

    return write_mask


@pytest.fixture
def mask():
    """Two cells of 5 × 6 and 6 × 6 pixels."""
    mask = np.zeros((30, 40), np.uint8)
    mask[2:7, 3:9] = mask[20:26, 30:36] = 255
    return mask


@pytest.mark.posix("named pipes")
def test_a_pipe_among_masks_is_not_waited_for(write, mask):
    folder = write("wbc", "a.png", mask)
    os.mkfifo(folder / "wbc" / "b.png")
    with pytest.raises(LabelError, match=r"a mask cannot be read: got .*b\.png', a pipe, a socket or a device"):
        read_mask_folder(folder)


def test_components_are_cells(write, mask):
    truths = read_mask_folder(write("wbc", "a.png", mask)).truths
    assert truths["a"]["wbc"].boxes.tolist() == [[2, 3, 7, 9], [20, 30, 26, 36]]


def test_zero_and_one_are_a_mask_too(write, mask):
    assert read_mask_folder(write("wbc", "a.png", mask // 255)).truths["a"]["wbc"].count == 2


def test_every_number_of_a_label_image_is_a_cell(write):
    numbers = np.zeros((30, 40), np.uint16)
    numbers[2:7, 3:9] = 1
    numbers[2:7, 9:15] = 300  # side by side: a mask could not tell them apart
    numbers[20, 30] = 7
    boxes = read_mask_folder(write("rbc", "a.png", numbers)).truths["a"]["rbc"].boxes
    assert boxes.tolist() == [[2, 3, 7, 9], [20, 30, 21, 31], [2, 9, 7, 15]]


def test_a_large_mask_may_have_few_bytes(write, mask, monkeypatch):
    monkeypatch.setattr("hemolens.images.formats.stored_picture.ALWAYS_READ_PX", 1000)
    large = np.pad(mask, 300)
    assert cv2.imencode(".png", large)[1].size * 250 < large.size
    assert read_mask_folder(write("wbc", "a.png", large)).truths["a"]["wbc"].count == 2


def test_a_label_image_without_cells_is_a_photograph_without_cells(write):
    assert read_mask_folder(write("rbc", "a.png", np.zeros((30, 40), np.uint16))).truths["a"]["rbc"].count == 0


@pytest.mark.parametrize("white", [1, 255, 65535])
def test_a_mask_of_16_bits_is_a_mask(write, mask, white):
    deep = (mask > 0).astype(np.uint16) * white
    assert read_mask_folder(write("rbc", "a.png", deep)).truths["a"]["rbc"].count == 2


def test_corners_that_touch_join(write):
    touching = np.kron(np.eye(2, dtype=np.uint8) * 255, np.ones((5, 5), np.uint8))
    assert read_mask_folder(write("wbc", "a.png", touching)).truths["a"]["wbc"].count == 1


def test_specks_are_left_out_and_said(write, mask):
    mask[15, 15] = 255
    labels = read_mask_folder(write("wbc", "a.png", mask))
    assert labels.truths["a"]["wbc"].count == 2
    assert labels.notes == ("1 components of masks under 20 px were taken as specks.",)


def test_a_photograph_without_a_mask_is_unknown_and_an_empty_mask_is_none(write, mask):
    write("wbc", "a.png", mask)
    truths = read_mask_folder(write("plt", "b.png", mask * 0)).truths
    assert set(truths["a"]) == {"wbc"}
    assert truths["b"]["plt"].count == 0


def test_the_size_of_the_photograph_is_known(write, mask):
    assert read_mask_folder(write("wbc", "a.png", mask)).sizes == {"a": (30, 40)}


def test_masks_of_two_sizes_are_refused(write, mask):
    write("wbc", "a.png", mask)
    with pytest.raises(LabelError, match="the masks of 'a' have different sizes"):
        read_mask_folder(write("plt", "a.png", mask[:-1]))


def test_a_photograph_is_no_mask(write):
    grey = np.random.default_rng(0).integers(0, 256, (30, 40), np.uint8)
    with pytest.raises(LabelError, match=r"is not a mask: got \d+% of its pixels neither black nor white"):
        read_mask_folder(write("wbc", "a.png", grey))


def test_a_damaged_mask_is_refused(tmp_path):
    (tmp_path / "wbc").mkdir()
    (tmp_path / "wbc/a.png").write_bytes(b"no picture")
    with pytest.raises(LabelError, match="a mask cannot be read"):
        read_mask_folder(tmp_path)


def test_a_folder_without_folders_of_types_is_refused(tmp_path):
    with pytest.raises(LabelError, match="the folder holds no masks"):
        read_mask_folder(tmp_path)
