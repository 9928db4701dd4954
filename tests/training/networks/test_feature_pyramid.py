import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

from hemolens.training.networks.feature_pyramid import FeaturePyramid  # noqa: E402

pytestmark = pytest.mark.train


def test_nothing_beyond_its_reach_changes_a_density():
    torch.manual_seed(0)
    network, reach = FeaturePyramid().eval(), FeaturePyramid.reach_px
    pixels = torch.rand(1, 3, 16, 2 * reach + 32) * 2 - 1
    changed = pixels.clone()
    changed[..., -16:] *= -1
    with torch.inference_mode():
        before, after = network(pixels), network(changed)
    assert torch.equal(before[..., : -reach - 16], after[..., : -reach - 16])
    assert not torch.equal(before, after)
