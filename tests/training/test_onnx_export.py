import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

import numpy as np  # noqa: E402
import onnx  # noqa: E402
import onnxruntime  # noqa: E402

from hemolens.models.store import read_model  # noqa: E402
from hemolens.training.config import TrainingConfig, read_config  # noqa: E402
from hemolens.training.loop import batch_norms  # noqa: E402
from hemolens.training.networks import NETWORKS, create_network  # noqa: E402
from hemolens.training.onnx_export import (  # noqa: E402
    LARGEST_ROUNDING_SIZE,
    TERMS_OF_OTHERS,
    count_parameters,
    export_onnx,
    trace,
    with_outputs,
    write_model,
)

pytestmark = pytest.mark.train

EVERY_NETWORK = pytest.mark.parametrize("name", sorted(NETWORKS))


def settled(name):
    """A small network with random weights whose batch norms have seen pictures, so that its maps vary."""
    torch.manual_seed(0)
    network = create_network(name, width=8 if "width" in NETWORKS[name].options else None).train()
    for norm in batch_norms(network):
        norm.momentum = None
    side = network.paper_input_px
    with torch.no_grad():
        network(torch.rand(2, 3, side, side) * 2 - 1)
    return network.eval()


def inputs(network):
    """Pixels of two sizes, neither of them that of the export."""
    rng = np.random.default_rng(0)
    margin_px = network.margin_px + network.overlap_px
    for n, n_rows, n_cols in [(2, 1, 3), (1, 4, 2)]:
        sides = (2 * margin_px + network.extra_px + network.grid_px * steps for steps in (n_rows, n_cols))
        yield rng.integers(0, 256, (n, *sides, 3), dtype=np.uint8)


def run(data, network, pixels):
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    return np.stack(session.run(list(network.outputs), {"pixels": pixels}), axis=1)


def expected(network, pixels):
    with torch.inference_mode():
        scaled = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 127.5 - 1
        maps = network.activate(network(scaled)).numpy()
    border = network.overlap_px
    return maps[..., border : maps.shape[2] - border, border : maps.shape[3] - border]


@EVERY_NETWORK
def test_onnx_runtime_gives_the_maps_of_torch_at_any_size(name):
    network = settled(name)
    model = trace(network).SerializeToString()
    for pixels in inputs(network):
        maps, right = run(model, network, pixels), expected(network, pixels)
        assert maps.shape == right.shape
        assert right.std() > 0.02
        assert np.abs(maps - right).max() < 1e-4


def rounded(model):
    """The model with the large weights rounded to half precision, but kept in single precision."""
    for initialiser in model.graph.initializer:
        values = onnx.numpy_helper.to_array(initialiser)
        if values.dtype == np.float32 and values.size > LARGEST_ROUNDING_SIZE:
            values = values.astype(np.float16).astype(np.float32)
            initialiser.CopyFrom(onnx.numpy_helper.from_array(values, initialiser.name))
    return model


def exported(network, folder):
    export_onnx(network, folder / "net.onnx")
    return (folder / "net.onnx").read_bytes()


@EVERY_NETWORK
def test_the_file_computes_in_single_precision_with_rounded_weights(name, tmp_path):
    network = settled(name)
    pixels = next(inputs(network))
    right = run(rounded(trace(network)).SerializeToString(), network, pixels)
    assert np.abs(run(exported(network, tmp_path), network, pixels) - right).max() < 1e-5


@pytest.mark.parametrize("name", ["do-unet", "unet"])
def test_rounding_the_weights_of_a_unet_changes_its_maps_by_thousandths(name, tmp_path):
    network = settled(name)
    pixels = next(inputs(network))
    maps = run(exported(network, tmp_path), network, pixels)
    assert np.abs(maps - expected(network, pixels)).max() < 5e-3


@pytest.mark.parametrize("name", ["do-segnet", "segnet"])
def test_rounding_the_weights_of_a_segnet_keeps_most_of_its_maps(name, tmp_path):
    """Rounding can tip a kept index over to the next pixel, which moves a value as a whole.

    Random weights on noise are the worst case: many maxima are nearly ties. Maps that have nothing to do with
    each other would differ by more than their standard deviation in the mean.
    """
    network = settled(name)
    pixels = next(inputs(network))
    maps, right = run(exported(network, tmp_path), network, pixels), expected(network, pixels)
    assert np.abs(maps - right).mean() < 0.5 * right.std()


def segnet_card(folder, **changes):
    config = read_config("wbc").model_copy(update={"network": "segnet"} | changes)
    return read_model(str(write_model(create_network("segnet", width=2).eval(), config, folder))).card


def test_the_card_of_a_segnet_fixes_its_tiles(tmp_path):
    card = segnet_card(tmp_path)
    assert (card.margin_px, card.grid_px, card.extra_px, card.tile_px) == (32, 32, 0, 192)


def test_the_card_names_imagenet_where_the_encoder_began_with_it(tmp_path):
    card = segnet_card(tmp_path, encoder_weights="imagenet")
    assert [source.name for source in card.sources] == ["ALL-IDB1", "bc-count masks", "VGG16 of torchvision"]


def test_the_card_names_own_labels_and_nothing_else(tmp_path):
    own = {"name": "ours", "what": "our smears", "terms": "ours alone", "labels": "a.csv", "usual_px": 40, "share": 1}
    values = {"name": "ours", "network": "one-pass", "red_cell_diameter_px": 40, "labelled": [own], "loss": {}}
    config = TrainingConfig.model_validate(values | {"phases": [{"steps": 1}]})
    card = read_model(str(write_model(create_network("one-pass").eval(), config, tmp_path))).card
    assert [(source.name, source.terms) for source in card.sources] == [("ours", "ours alone")]
    assert card.trained_on == ()
    assert card.terms == TERMS_OF_OTHERS


def test_the_file_takes_two_bytes_a_weight(exported_do_unet):
    n_weights = sum(weight.numel() for weight in create_network("do-unet").parameters())
    assert exported_do_unet.stat().st_size < 2.1 * n_weights


def test_the_card_names_what_was_trained_on(exported_do_unet):
    card = read_model(str(exported_do_unet)).card
    assert "Im001_1" in card.trained_on
    assert [source.name for source in card.sources] == ["ALL-IDB1", "DO-U-Net outlines"]


def test_parameters_are_those_of_the_convolutions(exported_do_unet):
    kinds = torch.nn.Conv2d | torch.nn.ConvTranspose2d
    modules = create_network("do-unet").modules()
    kernels = sum(each.weight.numel() for each in modules if isinstance(each, kinds))
    assert kernels <= count_parameters(read_model(str(exported_do_unet)).onnx) < 1.01 * kernels


def test_a_model_that_writes_fewer_maps_writes_the_same_ones():
    whole = read_model("one-pass").onnx
    pixels = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3), np.uint8)
    few = onnxruntime.InferenceSession(with_outputs(whole, ["wbc.mask", "plt.mask"]))
    every = onnxruntime.InferenceSession(whole)
    assert [each.name for each in few.get_outputs()] == ["wbc.mask", "plt.mask"]
    for own, same in zip(
        few.run(None, {"pixels": pixels}), every.run(["wbc.mask", "plt.mask"], {"pixels": pixels}), strict=True
    ):
        assert np.array_equal(own, same)
