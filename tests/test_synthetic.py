from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from scipy import ndimage
from skimage.filters import threshold_otsu

from hemolens.errors import UsageError
from hemolens.images.box import Box
from hemolens.synthetic import MIN_VISIBLE, StainName, SyntheticSmear, draw_smear


@cache
def crowded_smear() -> SyntheticSmear:
    """White cells, platelets, stacks of red cells, cut by the frame."""
    return draw_smear(
        3,
        height=400,
        width=520,
        n_rbc=90,
        n_wbc=3,
        n_plt=8,
        red_cell_diameter_px=40,
        overlap=0.5,
        cut_by_frame=True,
    )


def overlapping_proportion(smear: SyntheticSmear) -> float:
    """Of the red cells, the proportion that share a pixel with another one."""
    depth = np.zeros(smear.pixels.shape[:2], int)
    red = [(cell.box, mask) for cell, mask in zip(smear.cells, smear.masks, strict=True) if cell.type == "rbc"]
    for box, mask in red:
        depth[box.row0 : box.row1, box.col0 : box.col1] += mask
    return float(np.mean([depth[b.row0 : b.row1, b.col0 : b.col1][mask].max() > 1 for b, mask in red]))


def plain(seed: int = 0, **changes: object) -> SyntheticSmear:
    """A small smear without uneven light, blur and noise."""
    settings = {"height": 200, "width": 240, "n_rbc": 6, "n_wbc": 0, "n_plt": 0, "red_cell_diameter_px": 40.0}
    settings |= {"uneven_light": 0.0, "blur_px": 0.0, "noise": 0.0}
    return draw_smear(seed, **(settings | changes))  # type: ignore[arg-type]


def test_the_same_seed_draws_the_same_smear() -> None:
    first, second = plain(5, noise=3.0), plain(5, noise=3.0)
    np.testing.assert_array_equal(first.pixels, second.pixels)
    assert [cell.box for cell in first.cells] == [cell.box for cell in second.cells]


def test_another_seed_draws_another_smear() -> None:
    assert [cell.box for cell in plain(5).cells] != [cell.box for cell in plain(6).cells]


def test_a_photograph_is_rgb_of_the_size_asked_for() -> None:
    pixels = plain(height=150, width=170, n_rbc=1).pixels
    assert pixels.shape == (150, 170, 3)
    assert pixels.dtype == np.uint8


@pytest.mark.parametrize("stain", ["pink", "tan", "grey", "pale", "violet"])
@pytest.mark.parametrize("cut_by_frame", [False, True])
def test_as_many_cells_are_drawn_as_were_asked_for(stain: StainName, cut_by_frame: bool) -> None:
    smear = plain(n_rbc=7, n_wbc=1, n_plt=3, stain=stain, cut_by_frame=cut_by_frame)
    assert (smear.n_rbc, smear.n_wbc, smear.n_plt) == (7, 1, 3)
    assert [cell.type for cell in smear.cells] == ["rbc"] * 7 + ["wbc"] + ["plt"] * 3


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 40), (60, 50)])
def test_a_smear_without_cells_is_an_empty_background(height: int, width: int) -> None:
    smear = plain(height=height, width=width, n_rbc=0)
    assert smear.cells == []
    assert smear.pixels.shape == (height, width, 3)
    assert np.ptp(smear.pixels.reshape(-1, 3), axis=0).tolist() == [0, 0, 0]
    assert not smear.labels("rbc").any()


def test_boxes_are_tight_half_open_and_inside_the_frame() -> None:
    smear = crowded_smear()
    height, width = smear.pixels.shape[:2]
    for cell, mask in zip(smear.cells, smear.masks, strict=True):
        picture = np.zeros((height, width), bool)
        picture[cell.box.row0 : cell.box.row1, cell.box.col0 : cell.box.col1] = mask
        rows, cols = np.nonzero(picture)
        assert cell.box == Box(rows.min(), cols.min(), rows.max() + 1, cols.max() + 1)
        assert (cell.row, cell.col) == pytest.approx((rows.mean(), cols.mean()))


def test_area_and_diameter_are_those_of_the_mask() -> None:
    for cell, mask in zip(crowded_smear().cells, crowded_smear().masks, strict=True):
        assert cell.area_px == mask.sum()
        assert cell.diameter_px == pytest.approx(2 * math.sqrt(mask.sum() / math.pi))
        assert cell.score == 1.0


def test_outlines_enclose_the_masks() -> None:
    smear = plain(1, n_wbc=1, n_plt=2)
    for cell in smear.cells:
        rows, cols = cell.outline.astype(float).T
        area = abs(np.sum(rows * np.roll(cols, -1) - cols * np.roll(rows, -1))) / 2
        assert area == pytest.approx(cell.area_px, rel=0.1)
        assert cell.outline.dtype == np.float32


def test_outlines_stop_at_the_frame() -> None:
    smear = crowded_smear()
    height, width = smear.pixels.shape[:2]
    corners = np.concatenate([cell.outline for cell in smear.cells])
    assert corners.min() == 0
    assert corners[:, 0].max() <= height - 1
    assert corners[:, 1].max() <= width - 1


def test_cells_touch_the_frame_only_where_it_may_cut_them() -> None:
    assert any(cell.touches_frame for cell in crowded_smear().cells)
    assert not any(cell.touches_frame for cell in plain(n_rbc=12, n_wbc=1, n_plt=4).cells)


def test_enough_of_every_cell_is_visible() -> None:
    smear = crowded_smear()
    for cell_type in ("rbc", "wbc", "plt"):
        labels = smear.labels(cell_type)
        cells = [cell for cell in smear.cells if cell.type == cell_type]
        visible = np.bincount(labels.ravel(), minlength=len(cells) + 1)[1:]
        assert len(visible) == len(cells)
        assert np.all(visible >= MIN_VISIBLE * np.array([cell.area_px for cell in cells]))


def test_white_cells_and_platelets_overlap_nothing() -> None:
    smear = crowded_smear()
    depth = sum((smear.labels(cell_type) > 0).astype(int) for cell_type in ("rbc", "wbc", "plt"))
    assert np.max(depth) == 1
    for cell_type in ("wbc", "plt"):
        areas = [cell.area_px for cell in smear.cells if cell.type == cell_type]
        assert np.count_nonzero(smear.labels(cell_type)) == sum(areas)


def test_the_upper_cell_wins_in_labels() -> None:
    smear = plain(n_rbc=2, overlap=1.0)
    upper = smear.cells[1]
    assert np.count_nonzero(smear.labels("rbc") == 2) == upper.area_px
    assert np.count_nonzero(smear.labels("rbc") == 1) < smear.cells[0].area_px


@pytest.mark.parametrize("overlap", [0.0, 0.1, 0.35, 0.7, 1.0])
def test_overlap_is_the_proportion_of_red_cells_that_overlap(overlap: float) -> None:
    smear = plain(2, height=420, width=420, n_rbc=60, n_wbc=1, overlap=overlap)
    assert overlapping_proportion(smear) == pytest.approx(overlap, abs=0.02)


def test_a_single_red_cell_overlaps_nothing() -> None:
    assert overlapping_proportion(plain(n_rbc=1, overlap=1.0)) == 0


def test_cells_that_do_not_overlap_keep_a_gap() -> None:
    labels = plain(2, height=420, width=420, n_rbc=60, overlap=0.0).labels("rbc")
    others = [
        ndimage.distance_transform_edt(labels != index)[(labels > 0) & (labels != index)].min() for index in (1, 30, 60)
    ]
    assert min(others) >= 0.04 * 40 + 2


def test_red_cells_have_the_diameter_asked_for() -> None:
    diameters = [cell.diameter_px for cell in plain(2, height=420, width=420, n_rbc=60).cells]
    assert np.mean(diameters) == pytest.approx(40, rel=0.04)


def test_white_cells_are_larger_and_platelets_smaller_than_red_cells() -> None:
    smear = plain(4, height=420, width=420, n_rbc=0, n_wbc=12, n_plt=12)
    relative = {name: [c.diameter_px / 40 for c in smear.cells if c.type == name] for name in ("wbc", "plt")}
    assert min(relative["wbc"]) > 1.25
    assert max(relative["wbc"]) < 1.95
    assert min(relative["plt"]) > 0.17
    assert max(relative["plt"]) < 0.43


def test_the_smallest_cells_can_be_drawn() -> None:
    smear = draw_smear(height=60, width=60, n_rbc=8, n_wbc=1, n_plt=5, red_cell_diameter_px=4.1)
    assert min(cell.area_px for cell in smear.cells) >= 1
    assert len(smear.cells) == 14


def test_it_is_darker_where_two_red_cells_overlap() -> None:
    smear = plain(n_rbc=2, overlap=1.0)
    lower, upper = (np.zeros((200, 240), bool) for _ in range(2))
    for picture, cell, mask in zip((lower, upper), smear.cells, smear.masks, strict=True):
        picture[cell.box.row0 : cell.box.row1, cell.box.col0 : cell.box.col1] = mask
    green = smear.pixels[..., 1].astype(float)
    assert green[lower & upper].mean() < green[lower ^ upper].mean() < green[~lower & ~upper].mean()


def test_uneven_light_darkens_the_darkest_corner_by_the_proportion_asked_for() -> None:
    pixels = plain(n_rbc=0, uneven_light=0.4).pixels.astype(float)
    assert pixels[..., 0].min() / pixels[..., 0].max() == pytest.approx(0.6, abs=0.02)


def test_noise_has_the_standard_deviation_asked_for() -> None:
    assert plain(n_rbc=0, noise=4.0).pixels[..., 1].std() == pytest.approx(4, rel=0.03)


def test_blur_softens_the_edges() -> None:
    def steepest(smear: SyntheticSmear) -> int:
        return int(np.abs(np.diff(smear.pixels[..., 1].astype(int), axis=1)).max())

    assert steepest(plain(blur_px=3.0)) < 0.5 * steepest(plain())


@pytest.mark.parametrize("stain", ["pink", "tan", "grey", "pale", "violet"])
def test_a_threshold_counts_red_cells_that_do_not_overlap(stain: StainName) -> None:
    smear = draw_smear(
        7,
        height=675,
        width=900,
        n_rbc=70,
        n_wbc=0,
        n_plt=0,
        red_cell_diameter_px=60,
        overlap=0,
        stain=stain,
        uneven_light=0.05,
    )
    green = smear.pixels[..., 1]
    cells = ndimage.binary_fill_holes(green < threshold_otsu(green))
    labels, _ = ndimage.label(cells)
    assert np.count_nonzero(np.bincount(labels.ravel())[1:] > 300) == 70


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": -1}, "seed is not a possible number: got -1; allowed: whole numbers from 0 upwards"),
        ({"height": 0}, "height is not a possible number: got 0; allowed: whole numbers from 1 upwards"),
        ({"width": 10.5}, "width is not a possible number: got 10.5"),
        ({"n_rbc": -3}, "n_rbc is not a possible number: got -3; allowed: whole numbers from 0 upwards"),
        ({"n_wbc": "2"}, "n_wbc is not a possible number: got '2'"),
        ({"n_plt": True}, "n_plt is not a possible number: got True"),
        (
            {"red_cell_diameter_px": 4},
            "red_cell_diameter_px is out of range: got 4; allowed: numbers above 4",
        ),
        ({"red_cell_diameter_px": math.nan}, "red_cell_diameter_px is out of range: got nan"),
        ({"overlap": 1.1}, "overlap is out of range: got 1.1; allowed: numbers from 0 to 1"),
        ({"overlap": None}, "overlap is out of range: got None"),
        ({"uneven_light": -0.1}, "uneven_light is out of range: got -0.1; allowed: numbers from 0 to 0.9"),
        ({"blur_px": -1}, "blur_px is out of range: got -1"),
        ({"noise": math.inf}, "noise is out of range: got inf"),
        ({"stain": "blue"}, "unknown stain: got 'blue'; allowed: pink, tan, grey, pale, violet; choose one"),
    ],
)
def test_what_is_out_of_range_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError) as refusal:
        plain(**({"seed": 0} | changes))  # type: ignore[arg-type]
    assert str(refusal.value).startswith(message)


@pytest.mark.parametrize(
    "changes",
    [{"n_rbc": 10**9}, {"n_rbc": 31}, {"height": 20, "n_rbc": 1}, {"n_rbc": 0, "n_wbc": 12}],
    ids=["at once", "crowded", "frame smaller than a cell", "white cells"],
)
def test_cells_that_do_not_fit_are_refused(changes: dict[str, object]) -> None:
    message = r"do not fit into the frame: got .* px; allowed: .*; ask for fewer or smaller cells"
    with pytest.raises(UsageError, match=message):
        plain(overlap=0.0, **changes)
