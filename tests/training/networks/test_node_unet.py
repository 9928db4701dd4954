import math

import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

from hemolens.training.networks.node_unet import OdeBlock  # noqa: E402

pytestmark = pytest.mark.train


def block_that_grows(rate):
    """A block of one channel whose features h > 0 follow dh/dt = rate · h; its solution is h · exp(rate)."""
    block = OdeBlock(1, 1).eval()
    block.enter = torch.nn.Identity()
    with torch.no_grad():
        for weight in block.change.parameters():
            weight.zero_()
        block.change.weight[0, 0, 1, 1] = rate
    return block


def solved(block, start=2.0):
    with torch.inference_mode():
        return block(torch.full((1, 1, 2, 2), start))[0, 0, 0, 0].item()


def test_the_solver_is_of_order_four():
    """On growth it is the series of the exponential up to the fourth power."""
    series = sum(0.5**power / math.factorial(power) for power in range(5))
    assert solved(block_that_grows(0.5)) == pytest.approx(2 * series, rel=1e-6)
    assert solved(block_that_grows(0.5)) == pytest.approx(2 * math.exp(0.5), rel=5e-4)


def test_without_change_features_stay():
    assert solved(block_that_grows(0.0)) == 2


def test_a_change_that_grows_with_time_is_integrated():
    """dh/dt = 3·t gives h(1) = h(0) + 3/2."""
    block = block_that_grows(0.0)
    with torch.no_grad():
        block.change_with_time.fill_(3)
    assert solved(block) == pytest.approx(3.5)


def test_a_block_changes_the_width_and_keeps_the_size():
    assert OdeBlock(3, 5)(torch.zeros(2, 3, 8, 6)).shape == (2, 5, 8, 6)
