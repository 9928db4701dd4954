from pathlib import Path

import cv2
import numpy as np
import pytest

from hemolens.batch.suggestions import Seen, rank, suggest
from hemolens.measurements.quality import LOOKS, looks_apart
from hemolens.synthetic import draw_smear


def seen(name, *, unsure=0, missed=0.0, distance=1.0, look=0.5, fault=""):
    """A photograph of 100 cells whose looks all have one value."""
    measures = dict.fromkeys(LOOKS, look) | {"contrast": 0.4, "distance": distance}
    return Seen(Path(name), 100, unsure, missed, measures, fault)


def order(*photographs):
    return [each.path.name for each in rank(photographs)]


def test_the_doubtful_come_first():
    assert order(seen("sure"), seen("doubtful", unsure=30), seen("some", unsure=10)) == ["doubtful", "some", "sure"]


def test_stain_outside_the_cells_is_doubt():
    assert order(seen("whole"), seen("missed", missed=0.3)) == ["missed", "whole"]


def test_the_unlike_come_first():
    assert order(seen("like"), seen("unlike", distance=4.0, look=2.0)) == ["unlike", "like"]


def test_of_two_alike_the_second_waits_for_another_that_is_new():
    first, copy = (seen(name, unsure=20, distance=4.0, look=2.0) for name in ("first", "copy"))
    other = seen("other", unsure=19, distance=3.0, look=-1.0)
    assert order(first, copy, other) == ["first", "other", "copy"]


def test_a_bad_picture_is_to_be_taken_again_and_comes_last():
    bad = seen("bad", unsure=90, distance=9.0, fault="out of focus")
    ranked = rank([bad, seen("good")])
    assert [each.path.name for each in ranked] == ["good", "bad"]
    assert ranked[1].reason == "take it again instead: out of focus"


def test_the_reason_has_the_figures():
    (only,) = rank([seen("a", unsure=7, missed=0.12, distance=2.5)])
    assert only.reason.startswith("7 of 100 cells in doubt, 12% of the stained area outside")
    assert "2.5 times as far" in only.reason


def test_a_photograph_is_not_apart_from_itself():
    measures = seen("a").measures
    assert looks_apart(measures, measures) == 0
    assert looks_apart(measures, seen("b", look=0.7).measures) > 0


@pytest.fixture
def folder(tmp_path):
    for n in range(2):
        smear = draw_smear(n, height=220, width=260, n_rbc=12, n_wbc=1, n_plt=1, red_cell_diameter_px=40)
        cv2.imwrite(str(tmp_path / f"{n}.png"), smear.pixels[..., ::-1])
    cv2.imwrite(str(tmp_path / "blurred.png"), cv2.GaussianBlur(smear.pixels[..., ::-1], (0, 0), 6))
    (tmp_path / "damaged.png").write_bytes(b"no picture")
    return tmp_path


def test_a_folder_is_counted_and_ranked(folder):
    told = []
    suggestions, failures = suggest([folder], on_photograph=lambda *each: told.append(each))
    assert {each.path.name for each in suggestions} == {"0.png", "1.png", "blurred.png"}
    assert suggestions[-1].path.name == "blurred.png"
    assert "damaged.png" in " ".join(failures)
    assert len(told) == 4


def test_nothing_is_written(folder):
    before = {path: path.read_bytes() for path in folder.iterdir()}
    suggest([folder])
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_a_photograph_without_cells_has_a_place(tmp_path):
    cv2.imwrite(str(tmp_path / "empty.png"), np.full((200, 200, 3), 230, np.uint8))
    suggestions, _ = suggest([tmp_path])
    assert len(suggestions) == 1
