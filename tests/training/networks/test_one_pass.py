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


def test_it_is_small():
    assert sum(weight.numel() for weight in OnePass().parameters()) < 2e6
