import math

import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

from hemolens.training.config import Loss  # noqa: E402
from hemolens.training.losses import output_loss, total_loss  # noqa: E402
from hemolens.training.networks.feature_pyramid import FeaturePyramid  # noqa: E402

pytestmark = pytest.mark.train

ZERO, ONE = torch.zeros(1, 2, 2), torch.ones(1, 2, 2)


@pytest.mark.parametrize(("kind", "value"), [("bce", math.log(2)), ("mse", 0.25)])
def test_value_at_even_odds(kind, value):
    assert float(output_loss(ZERO, ONE, ONE, kind)) == pytest.approx(value)


@pytest.mark.parametrize("kind", ["bce", "mse"])
def test_a_sure_and_right_answer_costs_nothing(kind):
    assert float(output_loss(40 * ONE, ONE, ONE, kind)) == pytest.approx(0, abs=1e-6)


def test_pixels_of_weight_zero_do_not_count():
    weight = torch.tensor([[[1.0, 0.0], [0.0, 0.0]]])
    wrong_elsewhere = torch.tensor([[[40.0, -40.0], [-40.0, -40.0]]])
    assert float(output_loss(wrong_elsewhere, ONE, weight, "bce")) == pytest.approx(0, abs=1e-6)


def test_without_a_weighted_pixel_the_loss_is_zero():
    assert float(output_loss(ZERO, ONE, ZERO, "bce")) == 0


def test_outputs_add_up_with_their_weights():
    logits = targets = weights = torch.ones(1, 2, 2, 2)
    one = float(output_loss(ONE, ONE, ONE, "bce"))
    losses = {"mask": Loss(weight=1), "edge": Loss(weight=3)}
    total = total_loss(logits, targets, weights, ("mask", "edge"), losses)
    assert float(total) == pytest.approx(4 * one)


def test_a_density_has_no_upper_end():
    logits, targets = torch.full((1, 1, 2, 2), 5.0), torch.full((1, 1, 2, 2), 5.0)
    losses = {"rbc.density": Loss(kind="mse")}
    loss = total_loss(logits, targets, torch.ones(1, 1, 2, 2), ("rbc.density",), losses, FeaturePyramid.activate)
    assert float(loss) == pytest.approx(0, abs=1e-3)


def test_pixels_of_cells_count_as_often_as_the_configuration_says():
    logits, targets = torch.tensor([[[[-3.0, 0.0]]]]), torch.tensor([[[[1.0, 0.0]]]])
    cell = float(output_loss(logits[0, ..., :1], targets[0, ..., :1], ONE[..., :1], "bce"))
    background = float(output_loss(logits[0, ..., 1:], targets[0, ..., 1:], ONE[..., :1], "bce"))
    losses = {"mask": Loss(foreground=3)}
    total = total_loss(logits, targets, torch.ones_like(logits), ("mask",), losses)
    assert float(total) == pytest.approx((3 * cell + background) / 4)
