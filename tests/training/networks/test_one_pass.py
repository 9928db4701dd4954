import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

from hemolens.training.networks.one_pass import OnePass  # noqa: E402

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return OnePass().eval()


def test_one_map_for_each_output(network):
    with torch.inference_mode():
        assert network(torch.zeros(2, 3, 32, 48)).shape == (2, len(OnePass.outputs), 32, 48)


def test_every_output_names_its_cell_type():
    assert {name.partition(".")[0] for name in OnePass.outputs} == {"rbc", "wbc", "plt"}


def test_a_map_depends_on_nothing_beyond_its_reach(network):
    """Of two inputs that differ left of a column, the maps agree from the reach on."""
    torch.manual_seed(1)
    first = torch.rand(1, 3, 64, 256) * 2 - 1
    second = first.clone()
    second[..., :96] = -second[..., :96]
    with torch.inference_mode():
        differs = (network(first) - network(second)).abs().amax(dim=(0, 1, 2)) > 1e-5
    assert differs[:96].any()
    assert not differs[96 + OnePass.reach_px :].any()


def test_it_is_small():
    assert sum(weight.numel() for weight in OnePass().parameters()) < 2e6
