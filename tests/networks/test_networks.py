import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

from hemolens.errors import TrainingError  # noqa: E402
from hemolens.networks import NETWORKS, create_network  # noqa: E402

pytestmark = pytest.mark.train


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_188_pixels_in_give_100_out(name):
    network = create_network(name).eval()
    with torch.inference_mode():
        logits = network(torch.zeros(1, 3, 188, 188))
    assert logits.shape == (1, len(network.outputs), 100, 100)


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_every_weight_learns(name):
    network = create_network(name).train()
    network(torch.rand(2, 3, 92, 92)).square().mean().backward()
    assert [key for key, weight in network.named_parameters() if weight.grad is None] == []


@pytest.mark.parametrize(("name", "millions"), [("do-unet", 1.95), ("unet", 1.95)])
def test_size_is_that_of_the_released_networks(name, millions):
    n_weights = sum(weight.numel() for weight in create_network(name).parameters())
    assert n_weights / 1e6 == pytest.approx(millions, rel=0.02)


def test_heads_of_the_dual_output_network_are_independent():
    network = create_network("do-unet").eval()
    pixels = torch.rand(1, 3, 92, 92)
    with torch.inference_mode():
        before = network(pixels)
        network.edge.bias += 1
        after = network(pixels)
    assert torch.equal(before[:, 0], after[:, 0])
    assert torch.allclose(after[:, 1] - before[:, 1], torch.ones(1, 4, 4), atol=1e-5)


def test_unknown_name_lists_the_shelf():
    with pytest.raises(TrainingError, match=r"got 'resnet'; allowed: do-unet, unet; name one of these"):
        create_network("resnet")
