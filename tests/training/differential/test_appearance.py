import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

from hemolens.training.config import SmearAugmentation  # noqa: E402
from hemolens.training.differential.appearance import change_crops, change_dyes, make_others, middle  # noqa: E402


def changed(pixels, seed=0):
    rng = np.random.default_rng(seed)
    return change_crops(torch.from_numpy(pixels), 16, rng, SmearAugmentation(), background_level=220)


def test_changed_crops_are_pixels_and_an_outline(crops):
    result = changed(crops.pixels)
    assert result.shape == (50, 4, 16, 16)
    assert 0 <= float(result[:, :3].min()) <= float(result[:, :3].max()) <= 255
    assert set(result[:, 3].unique().tolist()) == {0.0, 255.0}


def test_the_same_generator_makes_the_same_changes(crops):
    assert torch.equal(changed(crops.pixels), changed(crops.pixels))
    assert not torch.equal(changed(crops.pixels), changed(crops.pixels, seed=1))


def test_outline_and_cell_stay_together(crops):
    result = changed(crops.pixels)
    inside = result[:, 3] > 0
    assert float(result[:, 1][inside].mean()) < float(result[:, 1][~inside].mean()) - 40


def test_a_changed_cell_stays_about_as_large(crops):
    areas = (changed(crops.pixels)[:, 3] > 0).sum(dim=(1, 2)).float()
    assert float(areas[crops.labels == 1].median()) > 2 * float(areas[crops.labels == 0].median())


def test_the_middle_is_cut_out_unchanged(crops):
    cut = middle(torch.from_numpy(crops.pixels), 16)
    assert np.array_equal(cut[0].permute(1, 2, 0).numpy(), crops.pixels[0, 4:20, 4:20])


def test_what_is_made_is_none_of_the_cells(crops):
    made = make_others(torch.from_numpy(crops.pixels), np.random.default_rng(0), 220).numpy()
    assert made.shape == crops.pixels.shape
    assert made.dtype == np.uint8
    assert not any((each == cell).all() for each, cell in zip(made, crops.pixels, strict=True))


def test_the_dyes_of_a_cell_change_and_its_surroundings_stay(crops):
    pixels = torch.from_numpy(crops.pixels).permute(0, 3, 1, 2).float()
    before, outline = 1 - pixels[:, :3] / 255, pixels[:, 3:]
    after = change_dyes(before, outline, np.random.default_rng(0), SmearAugmentation(dark_cells=1))
    far = torch.nn.functional.max_pool2d(outline, 5, 1, 2) == 0
    assert torch.equal(after.masked_select(far), before.masked_select(far))
    ratio = (after / before)[:, :, 12, 12]
    assert float(ratio.std(0).min()) > 0.1
    assert float((ratio / ratio.mean(1, keepdim=True)).std()) > 0.1


def test_pale_and_dark_parts_of_a_cell_are_stained_apart():
    absorbance, outline = torch.full((40, 3, 16, 16), 0.6), torch.full((40, 1, 16, 16), 255.0)
    absorbance[..., 8:] = 0.06
    after = change_dyes(absorbance, outline, np.random.default_rng(0), SmearAugmentation(dark_cells=1))
    ratio = (after / absorbance)[:, :, 8]
    assert float(torch.corrcoef(ratio[..., (4, 12)].log().flatten(0, 1).T)[0, 1]) < 0.5


def test_no_cell_is_stained_otherwise_where_none_is_to_be(crops):
    pixels = torch.from_numpy(crops.pixels).permute(0, 3, 1, 2).float() / 255
    after = change_dyes(pixels[:, :3], pixels[:, 3:] * 255, np.random.default_rng(0), SmearAugmentation(dark_cells=0))
    assert torch.equal(after, pixels[:, :3])
