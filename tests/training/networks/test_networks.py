import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

from hemolens.cell_types import CELL_TYPES  # noqa: E402
from hemolens.errors import TrainingError  # noqa: E402
from hemolens.models.store import DEFAULT_MODEL, PAPER_MODELS, read_card  # noqa: E402
from hemolens.training.networks import NETWORKS, create_network  # noqa: E402

pytestmark = pytest.mark.train

EVERY_NETWORK = pytest.mark.parametrize("name", sorted(NETWORKS))


def small(name):
    return create_network(name, width=2 if "width" in NETWORKS[name].options else None)


@pytest.mark.parametrize(
    ("name", "input_px", "output_px"),
    [
        ("do-segnet", 128, 128),
        ("do-unet", 188, 100),
        ("scale-invariant-do-unet", 380, 196),
        ("segnet", 128, 128),
        ("unet", 188, 100),
    ],
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


def spreading(name):
    """A network in which whatever is changed in the input raises everything that it reaches, however little."""
    network = small(name).double().eval()
    with torch.no_grad():
        for key, weight in network.named_parameters():
            is_norm = weight.ndim == 1 and key.endswith("weight")
            weight.fill_(1 / weight[0].numel() if weight.ndim == 4 else float(is_norm))
    return network


@pytest.mark.parametrize("name", [name for name, network in NETWORKS.items() if network.reach_px])
@pytest.mark.parametrize("last", [False, True], ids=["first of a grid cell", "last of a grid cell"])
def test_a_map_depends_on_nothing_beyond_the_reach(name, last):
    grid_px, reach_px = NETWORKS[name].grid_px, NETWORKS[name].reach_px
    middle = reach_px + 2 * grid_px
    col = middle + (grid_px - 1) * last
    pixels = torch.zeros(1, 3, grid_px, 2 * middle, dtype=torch.double)
    pixels[..., col] = 1
    with torch.inference_mode():
        maps = spreading(name)(pixels)
    reached = torch.nonzero(maps.amax(dim=(0, 1, 2))).flatten()
    assert reach_px / 2 < (reached - col).abs().max() <= reach_px


@pytest.mark.parametrize("name", [name for name, network in NETWORKS.items() if network.margin_px])
def test_without_padding_a_tile_has_the_maps_of_the_whole(name):
    network, grid_px = small(name).eval(), NETWORKS[name].grid_px
    side = network.smallest_input_px()
    torch.manual_seed(0)
    pixels = torch.rand(1, 3, side + grid_px, side + 2 * grid_px) * 2 - 1
    with torch.inference_mode():
        whole, tile = network(pixels), network(pixels[..., grid_px:, 2 * grid_px :])
    assert torch.allclose(whole[..., grid_px:, 2 * grid_px :], tile, atol=1e-5)


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


OF_ALL_TYPES = [name for name, network in NETWORKS.items() if "rbc.mask" in network.outputs]


@pytest.mark.parametrize("name", OF_ALL_TYPES)
def test_outputs_are_sorted_by_cell_type_as_the_planes_to_learn_are(name):
    kinds = [output.partition(".")[0] for output in NETWORKS[name].outputs]
    assert kinds == sorted(kinds, key=CELL_TYPES.index)
    assert set(kinds) == set(CELL_TYPES)


@pytest.mark.parametrize("name", ["dcan", "parallel-u-nets", "scale-invariant-do-unet"])
def test_masks_come_from_one_part_and_what_separates_cells_from_another(name):
    network = small(name).eval()
    side = network.smallest_input_px()
    pixels = torch.rand(1, 3, side, side)
    with torch.inference_mode():
        before = network(pixels)
        for weight in network.mask.parameters():
            weight.zero_()
        changed = (network(pixels) != before).flatten(2).any(dim=2)[0]
    assert [output for output, is_changed in zip(network.outputs, changed, strict=True) if is_changed] == [
        "rbc.mask",
        "wbc.mask",
        "plt.mask",
    ]


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
    with pytest.raises(TrainingError, match=f"got 'resnet'; allowed: {', '.join(sorted(NETWORKS))}; name one of these"):
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
