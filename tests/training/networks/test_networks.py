import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

from hemolens.errors import TrainingError  # noqa: E402
from hemolens.models.store import DEFAULT_MODEL, PAPER_MODELS, read_card  # noqa: E402
from hemolens.training.networks import NETWORKS, create_network  # noqa: E402

pytestmark = pytest.mark.train

EVERY_NETWORK = pytest.mark.parametrize("name", sorted(NETWORKS))


def small(name):
    return create_network(name, width=2 if "width" in NETWORKS[name].options else None)


@pytest.mark.parametrize(
    ("name", "input_px", "output_px"),
    [("do-segnet", 128, 128), ("do-unet", 188, 100), ("segnet", 128, 128), ("unet", 188, 100)],
)
def test_geometry_is_the_papers(name, input_px, output_px):
    network = NETWORKS[name]
    assert network.paper_input_px == input_px
    assert network.fits(input_px)
    assert input_px - 2 * network.margin_px == output_px


@EVERY_NETWORK
def test_maps_are_smaller_than_the_input_by_the_margin(name):
    network = small(name).eval()
    height = network.smallest_input_px()
    width = height + 2 * network.grid_px
    with torch.inference_mode():
        logits = network(torch.zeros(1, 3, height, width))
    assert logits.shape == (1, len(network.outputs), height - 2 * network.margin_px, width - 2 * network.margin_px)


@EVERY_NETWORK
def test_every_weight_learns(name):
    network = small(name).train()
    side = network.smallest_input_px()
    network(torch.rand(2, 3, side, side)).square().mean().backward()
    assert [key for key, weight in network.named_parameters() if weight.grad is None] == []


@EVERY_NETWORK
def test_a_tile_reads_an_input_that_fits(name):
    network = NETWORKS[name]
    tile_px = network.tile_px or network.grid_px
    assert network.fits(tile_px + 2 * (network.margin_px + network.overlap_px) + network.extra_px)


@pytest.mark.parametrize(
    ("name", "millions"), [("do-segnet", 29.48), ("do-unet", 1.95), ("segnet", 29.48), ("unet", 1.95)]
)
def test_size_is_that_of_the_released_networks(name, millions):
    with torch.device("meta"):
        n_weights = sum(weight.numel() for weight in create_network(name).parameters())
    assert n_weights / 1e6 == pytest.approx(millions, rel=0.02 if millions < 2 else 0.001)


@pytest.mark.parametrize("name", ["do-segnet", "do-unet"])
def test_heads_of_a_dual_output_network_are_independent(name):
    network = small(name).eval()
    side = network.smallest_input_px()
    pixels = torch.rand(1, 3, side, side)
    with torch.inference_mode():
        before = network(pixels)
        network.edge.bias += 1
        after = network(pixels)
    assert torch.equal(before[:, 0], after[:, 0])
    assert torch.allclose(after[:, 1], before[:, 1] + 1, atol=1e-5)


def test_unknown_name_lists_the_shelf():
    allowed = ", ".join(sorted(NETWORKS))
    with pytest.raises(TrainingError, match=f"got 'resnet'; allowed: {allowed}; name one of these"):
        create_network("resnet")


@pytest.mark.parametrize(
    "option", [{"width": 16}, {"encoder_weights": "imagenet"}, {"encoder_file": "vgg16.pth"}], ids=str
)
def test_an_option_that_a_network_does_not_have_is_refused(option):
    message = f"network 'unet' does not have this option: got {next(iter(option))}; allowed: none; leave it out"
    with pytest.raises(TrainingError, match=message):
        create_network("unet", **option)


@pytest.mark.parametrize("model", [DEFAULT_MODEL, *PAPER_MODELS.values()])
def test_the_card_of_a_shipped_network_names_the_publication_of_its_architecture(model):
    card = read_card(model)
    assert card.reference == NETWORKS[card.network].reference != ""
