import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import tomli_w

from hemolens.errors import ModelError, UsageError
from hemolens.measurements.colours import StandardColours, measure_colours, standardise
from hemolens.models.store import DEFAULT_MODEL, read_card, read_model
from hemolens.plan.blocks import plan_blocks, scaled_window
from hemolens.probability_maps import ProbabilityMaps, average_maps
from hemolens.segmentation.network_maps import (
    Model,
    compute_probability_maps,
    load_model,
    prepare,
    resize_to_diameter,
    window_step,
)


def map_one(*how, **options):
    """The maps of the only type that a network counts."""
    (maps,) = compute_probability_maps(*how, **options).values()
    return maps


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def model(exported_do_unet) -> Model:
    return load_model(str(exported_do_unet))


@pytest.fixture(scope="module")
def segnet(tmp_path_factory) -> Model:
    """A slim SegNet with random weights, exported for red cells of 48 px."""
    import torch

    from hemolens.training.config import read_config
    from hemolens.training.networks import create_network
    from hemolens.training.onnx_export import write_model

    torch.manual_seed(0)
    changes = {"network": "segnet", "width": 2, "red_cell_diameter_px": 48}
    folder = tmp_path_factory.mktemp("segnet")
    network = create_network("segnet", width=2).train()
    with torch.no_grad():
        for _ in range(40):
            network(torch.rand(2, 3, 64, 64) * 2 - 1)
    return load_model(str(write_model(network.eval(), read_config("wbc").model_copy(update=changes), folder)))


@pytest.fixture(scope="module")
def one_pass(tmp_path_factory) -> Model:
    """The one-pass network with random weights, in single precision."""
    import torch

    from hemolens.training.config import read_config
    from hemolens.training.networks import create_network
    from hemolens.training.onnx_export import write_model

    torch.manual_seed(0)
    network = create_network("one-pass").eval()
    return load_model(str(write_model(network, read_config("one-pass"), tmp_path_factory.mktemp("one-pass"))))


@pytest.mark.train
def test_large_tiles_equal_the_papers_188_to_100_tile_on_the_same_pooling_grid(model):
    pixels = noise(260, 300)
    large = map_one(pixels, 48, model, tile_px=512)
    (small,) = model.session.run(["edge"], {"pixels": pixels[None, 16:204, 40:228]})
    assert large.edge is not None
    assert np.abs(large.edge[60:160, 84:184] - small[0]).max() < 1e-4


@pytest.mark.train
def test_tile_size_never_changes_the_maps(model):
    pixels = noise(150, 170)
    whole = map_one(pixels, 48, model, tile_px=512)
    tiled = map_one(pixels, 48, model, tile_px=40)
    assert np.abs(whole.mask - tiled.mask).max() < 1e-4


@pytest.mark.train
@pytest.mark.parametrize(("height", "width"), [(40, 30), (233, 317)], ids=["smaller than the reach", "several tiles"])
def test_tile_size_never_changes_the_maps_of_a_network_that_sees_the_frame(one_pass, height, width):
    pixels = noise(height, width)
    whole, *others = (compute_probability_maps(pixels, 40, one_pass, tile_px=side) for side in (768, 160, 104))
    for tiled in others:
        for kind, maps in whole.items():
            assert np.abs(maps.mask - tiled[kind].mask).max() < 1e-4


@pytest.mark.parametrize("diameter_px", [20, 33.3, 40, 75])
def test_the_window_of_a_block_is_one_tile_of_the_default_model(diameter_px):
    card, side = read_card(DEFAULT_MODEL), 20_000
    scaled = round(side * card.red_cell_diameter_px / diameter_px)
    for block in plan_blocks((side, side), diameter_px):
        row0, col0, row1, col1 = scaled_window(block.window, (side, side), (scaled, scaled), window_step(card))
        assert max(row1 - row0, col1 - col0) <= card.largest_tile_px


@pytest.mark.train
@pytest.mark.parametrize(("height", "width"), [(150, 170), (200, 390)], ids=["within one tile", "two by three tiles"])
def test_tile_size_never_changes_the_maps_of_a_network_that_depends_on_its_tile(segnet, height, width):
    pixels = noise(height, width)
    whole, *others = (map_one(pixels, 48, segnet, tile_px=side) for side in (512, 192, 40, 1))
    assert all(np.array_equal(whole.mask, tiled.mask) for tiled in others)


@pytest.mark.train
def test_a_tile_of_a_segnet_reads_256_pixels_and_writes_the_192_in_the_middle(segnet):
    pixels = noise(450, 620)
    maps = map_one(pixels, 48, segnet)
    (middle,) = segnet.session.run(["mask"], {"pixels": pixels[None, 160:416, 352:608]})
    assert middle.shape == (1, 192, 192)
    assert np.abs(maps.mask[192:384, 384:576] - middle[0]).max() < 1e-5


@pytest.mark.train
def test_maps_have_the_size_of_the_photograph_at_the_models_scale(model):
    maps = map_one(noise(100, 160), 96, model)
    assert maps.mask.shape == (50, 80)
    assert maps.red_cell_diameter_px == pytest.approx(48)


@pytest.mark.train
def test_a_model_that_asks_for_standard_colours_sees_them(model):
    colours = StandardColours(background_level=220, red_cell_absorbance=(0.06, 0.14, 0.09))
    asking = replace(model, card=model.card.model_copy(update={"colours": colours}))
    pixels = noise(100, 120) // 2
    standard = standardise(pixels, colours, measure_colours(pixels, 48))
    assert np.array_equal(map_one(pixels, 48, asking).mask, map_one(standard, 48, model).mask)
    assert not np.array_equal(map_one(pixels, 48, asking).mask, map_one(pixels, 48, model).mask)


def test_colours_stay_as_they_are_without_a_level():
    assert np.array_equal(prepare(noise(20, 30), 40, 40, None), noise(20, 30))


@pytest.mark.train
def test_one_pixel_is_enough(model):
    assert map_one(noise(1, 1), 80, model).mask.shape == (1, 1)


@pytest.mark.train
def test_probabilities_lie_between_0_and_1(model):
    maps = map_one(noise(64, 64), 48, model)
    assert maps.mask.min() >= 0
    assert maps.mask.max() <= 1


def test_missing_model_says_what_is_installed():
    with pytest.raises(ModelError, match=r"there is no such model: got 'nonesuch'; allowed: .*rbc-do-unet"):
        load_model("nonesuch")


def test_weights_that_write_other_maps_than_their_card_says_are_refused(tmp_path):
    shipped = read_model("wbc-unet")
    (tmp_path / "m.onnx").write_bytes(shipped.onnx)
    card = tomli_w.dumps(shipped.card.model_dump(mode="json", exclude_none=True) | {"outputs": ["mush"]})
    (tmp_path / "m.toml").write_text(card)
    with pytest.raises(ModelError, match="write other maps than its card says: got 'mask'; allowed: 'mush'"):
        load_model(str(tmp_path / "m.onnx"))


PROCESSORS_OF_THREADS = """
import os
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
from hemolens.segmentation.network_maps import load_model
session = load_model("one-pass").session
print({processor for thread in os.listdir("/proc/self/task") for processor in os.sched_getaffinity(int(thread))})
"""


@pytest.mark.skipif(sys.platform != "linux" or (os.cpu_count() or 1) < 2, reason="needs Linux and two processors")
def test_network_keeps_to_the_processors_that_its_process_may_use():
    done = subprocess.run([sys.executable, "-c", PROCESSORS_OF_THREADS], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str({min(os.sched_getaffinity(0))})


def test_resizing_keeps_a_picture_of_the_right_scale():
    pixels = noise(20, 30)
    assert resize_to_diameter(pixels, 48, 48) is pixels


def flat_maps(mask, edge=None, *, cell_type="rbc", shape=(2, 3), diameter_px=48.0):
    edge_map = None if edge is None else np.full(shape, edge, np.float32)
    return ProbabilityMaps(cell_type, np.full(shape, mask, np.float32), edge_map, diameter_px)


def test_averaged_maps_are_the_mean_of_each_output():
    average = average_maps([flat_maps(0.25, 0.5), flat_maps(0.75, 1.0), flat_maps(0.5, 0.0)])
    assert average.mask.tolist() == [[0.5] * 3] * 2
    assert average.edge.tolist() == [[0.5] * 3] * 2


def test_the_average_is_of_the_same_photograph_and_type():
    average = average_maps([flat_maps(0.25), flat_maps(0.75)])
    assert (average.cell_type, average.red_cell_diameter_px, average.mask.dtype) == ("rbc", 48.0, np.float32)


def test_an_edge_is_averaged_over_the_maps_that_have_one():
    average = average_maps([flat_maps(0.0, 0.5), flat_maps(1.0)])
    assert (average.mask[0, 0], average.edge[0, 0]) == (0.5, 0.5)


def test_without_any_edge_the_average_has_none():
    assert average_maps([flat_maps(0.0), flat_maps(1.0)]).edge is None


def test_the_average_of_one_is_that_one():
    (only,) = maps = [flat_maps(0.3, 0.7)]
    average = average_maps(maps)
    np.testing.assert_array_equal(average.mask, only.mask)
    np.testing.assert_array_equal(average.edge, only.edge)


def test_averaging_leaves_the_maps_as_they_were():
    maps = [flat_maps(0.25, 0.5), flat_maps(0.75, 1.0)]
    average_maps(maps)
    assert (maps[0].mask[0, 0], maps[1].edge[0, 0]) == (0.25, 1.0)


@pytest.mark.parametrize(
    ("other", "came"),
    [
        ({"cell_type": "wbc"}, r"rbc \(2, 3\) at 48 px and wbc \(2, 3\) at 48 px"),
        ({"shape": (3, 2)}, r"rbc \(2, 3\) at 48 px and rbc \(3, 2\) at 48 px"),
        ({"diameter_px": 24.0}, r"rbc \(2, 3\) at 24 px and rbc \(2, 3\) at 48 px"),
    ],
)
def test_maps_of_different_things_cannot_be_averaged(other, came):
    with pytest.raises(UsageError, match=f"cannot be averaged: got {came}; allowed: one or more of the same"):
        average_maps([flat_maps(0.5), flat_maps(0.5, **other)])


def test_no_maps_have_no_average():
    with pytest.raises(UsageError, match=r"got no maps; .*average maps of one photograph"):
        average_maps([])
