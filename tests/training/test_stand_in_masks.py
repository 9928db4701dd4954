import cv2
import numpy as np

from hemolens.training.stand_in_masks import draw_stand_in_mask


def smear():
    """Bright ground, brighter to the right; four cells of 40 px, one with a pale centre."""
    pixels = np.full((200, 200, 3), 200, np.uint8) + np.linspace(0, 40, 200)[:, None].astype(np.uint8)
    for row, col in ((40, 40), (40, 120), (120, 40), (120, 120)):
        cv2.circle(pixels, (col, row), 20, (190, 130, 150), -1)
    cv2.circle(pixels, (120, 120), 6, (220, 215, 220), -1)
    return pixels


def test_cells_are_marked_and_the_ground_is_not():
    mask = draw_stand_in_mask(smear(), None, 40)
    assert mask[40, 40] == mask[120, 40] == 255
    assert mask[80, 80] == mask[180, 180] == 0


def test_a_pale_centre_belongs_to_its_cell():
    assert draw_stand_in_mask(smear(), None, 40)[120, 120] == 255


def test_other_cells_are_taken_out():
    others = np.zeros((200, 200), bool)
    others[100:140, 20:60] = True
    assert not draw_stand_in_mask(smear(), others, 40)[100:140, 20:60].any()


def test_a_dark_nucleus_does_not_hide_the_red_cells():
    pixels, others = smear(), np.zeros((200, 200), bool)
    cv2.circle(pixels, (170, 170), 28, (60, 0, 90), -1)
    others[140:, 140:] = True
    assert draw_stand_in_mask(pixels, others, 40)[40, 40] == 255


def test_specks_are_left_out():
    pixels = smear()
    pixels[80:83, 80:83] = (190, 130, 150)
    assert not draw_stand_in_mask(pixels, None, 40)[75:90, 75:90].any()


def test_an_even_picture_has_no_cells():
    assert not draw_stand_in_mask(np.full((50, 60, 3), 180, np.uint8), None, 40).any()
