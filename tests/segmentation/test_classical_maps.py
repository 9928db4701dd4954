"""What every segmentation without a network keeps to."""

import numpy as np
import pytest

from hemolens.block_count import compute_maps
from hemolens.errors import ModelError
from hemolens.images.box import Box
from hemolens.models.card import ModelCard, card_text
from hemolens.models.store import read_card, shipped_models
from hemolens.options import CountOptions
from hemolens.plan.blocks import HALO_DIAMETERS
from hemolens.segmentation.classical_maps import SEGMENTATIONS
from hemolens.synthetic import draw_smear

CLASSICAL = [name for name in shipped_models() if read_card(name).segmentation]
WELL_SEPARATED = {"n_rbc": 35, "n_wbc": 4, "n_plt": 8, "overlap": 0}


def test_every_segmentation_is_one_of_a_shipped_model():
    assert {read_card(name).segmentation for name in CLASSICAL} == set(SEGMENTATIONS)


@pytest.mark.parametrize("model", CLASSICAL)
@pytest.mark.parametrize("stain", ["pink", "grey", "violet"])
def test_well_separated_cells_are_counted(model, stain, f1_of):
    n_wbc = 0 if model == "dct-sharpness" else 4  # it takes white cells for red ones
    scores = f1_of(draw_smear(5, stain=stain, **WELL_SEPARATED | {"n_wbc": n_wbc}), model)
    assert set(scores) == set(read_card(model).cell_types)
    assert all(f1 >= 0.9 for f1 in scores.values()), scores


@pytest.mark.parametrize("model", CLASSICAL)
def test_an_empty_field_gives_zero(model, cells_of):
    assert cells_of(draw_smear(5, n_rbc=0, n_wbc=0, n_plt=0).pixels, model) == []


@pytest.mark.parametrize("model", CLASSICAL)
@pytest.mark.parametrize("shape", [(1, 1), (1, 90), (200, 300)])
@pytest.mark.parametrize("grey", [0, 128, 255])
def test_one_colour_gives_zero(model, shape, grey, cells_of):
    assert cells_of(np.full((*shape, 3), grey, np.uint8), model) == []


@pytest.mark.parametrize("model", CLASSICAL)
def test_noise_of_all_colours_is_no_exception(model, cells_of):
    pixels = np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    assert all(0 <= cell.score <= 1 for cell in cells_of(pixels, model, 40))


@pytest.mark.parametrize("model", CLASSICAL)
def test_a_window_has_the_maps_of_the_whole_photograph(model, plan_of):
    smear = draw_smear(7, height=800, width=1000, n_rbc=60, n_wbc=2, n_plt=8, red_cell_diameter_px=40)
    plan = plan_of(smear.pixels, model, 40)
    halo = int(HALO_DIAMETERS * 40) + 1
    whole, part = (compute_maps(plan, box) for box in (Box(0, 0, 800, 1000), Box(0, 0, 800, 500 + halo)))
    for kind, maps in whole.items():
        cut = round(500 * maps.mask.shape[1] / 1000)
        np.testing.assert_array_equal(part[kind].mask[:, :cut], maps.mask[:, :cut])


@pytest.mark.parametrize("model", CLASSICAL)
def test_the_same_photograph_gives_the_same_cells(model, cells_of):
    pixels = draw_smear(8, height=400, width=500, n_rbc=12, n_wbc=2, n_plt=2).pixels
    first, again = cells_of(pixels, model), cells_of(pixels, model)
    assert first
    assert all(one.is_same(other) for one, other in zip(first, again, strict=True))


def test_a_segmentation_that_there_is_not_is_refused_before_anything_is_counted(tmp_path):
    fields = read_card("otsu-watershed").model_dump(exclude_unset=True) | {"segmentation": "guess"}
    (tmp_path / "guess.toml").write_text(card_text(ModelCard.model_validate(fields)))
    with pytest.raises(ModelError, match="unknown segmentation: got 'guess'; allowed: otsu, dct-sharpness"):
        CountOptions(models=(str(tmp_path / "guess.toml"),))


@pytest.mark.parametrize("changes", [{"outputs": ["rbc.mask"]}, {"cell_type": "rbc"}])
def test_a_card_that_says_what_its_segmentation_does_not_draw_is_refused(changes, tmp_path):
    fields = read_card("otsu-watershed").model_dump(exclude_unset=True) | changes
    (tmp_path / "other.toml").write_text(card_text(ModelCard.model_validate(fields)))
    with pytest.raises(
        ModelError, match=r"draws something else than it does: .*allowed: 'rbc.mask, wbc.mask, plt.mask'"
    ):
        CountOptions(models=(str(tmp_path / "other.toml"),))


def test_colours_are_standardised_where_the_card_asks_for_it(tmp_path, cells_of):
    fields = read_card("otsu-watershed").model_dump(exclude_unset=True)
    standard = {"background_level": 220.0, "red_cell_absorbance": [0.06, 0.14, 0.09]}
    (tmp_path / "standard.toml").write_text(card_text(ModelCard.model_validate(fields | {"colours": standard})))
    smear = draw_smear(5, **WELL_SEPARATED)
    plain, standardised = (
        cells_of(smear.pixels, model) for model in ("otsu-watershed", str(tmp_path / "standard.toml"))
    )
    assert abs(len(plain) - len(standardised)) <= 2
    assert not all(one.is_same(other) for one, other in zip(plain, standardised, strict=False))
