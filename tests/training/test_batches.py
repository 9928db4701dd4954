import itertools

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

import torch

from hemolens.training.augmentation import Sample
from hemolens.training.batches import Batch, SmearBatches, draw_ahead, stack
from hemolens.training.config import TrainingConfig
from hemolens.training.crops import lenders
from hemolens.training.networks.one_pass import OnePass

from .synthetic_bank import DIAMETER_PX, bank_of, labelled

pytestmark = pytest.mark.train

CELLS = [("rbc", 30, 30, 10), ("rbc", 44, 47, 10), ("wbc", 60, 90, 14), ("plt", 20, 80, 4)]
CPU = torch.device("cpu")


def batches(**changes):
    values = {
        "name": "tiny", "network": "one-pass", "red_cell_diameter_px": DIAMETER_PX, "phases": [{"steps": 1}],
        "loss": {}, "batch": 2, "input_px": 32, "drawn": {"share": 1},
    }  # fmt: skip
    bank = bank_of(labelled(cells=CELLS, lends=True), labelled("b", cells=CELLS[:2], lends=True))
    shares = np.array([0.5, 0.5])
    return SmearBatches(bank, shares, TrainingConfig.model_validate(values | changes), lenders(bank, shares))


def same(first: Batch, second: Batch) -> bool:
    return all(map(torch.equal, first, second))


def test_a_batch_is_what_the_network_takes_and_writes():
    pixels, targets, weights = batches().draw(0)
    n_outputs = len(OnePass.outputs)
    assert (pixels.shape, targets.shape, weights.shape) == ((2, 3, 32, 32), *((2, n_outputs, 32, 32),) * 2)
    assert {each.dtype for each in (pixels, targets, weights)} == {torch.float32}
    assert -1 <= float(pixels.min()) < float(pixels.max()) <= 1
    assert 0 <= float(targets.min()) < float(targets.max()) <= 1
    assert weights.min() >= 0


def test_of_a_network_that_writes_less_than_it_reads_the_middle_is_learnt():
    """Both networks write the same planes, one of them 92 pixels less on each side."""
    whole, middle = (batches(network=name, input_px=252).draw(0) for name in ("dcan", "scale-invariant-do-unet"))
    assert torch.equal(middle.pixels, whole.pixels)
    assert torch.equal(middle.targets, whole.targets[..., 92:160, 92:160])
    assert torch.equal(middle.weights, whole.weights[..., 92:160, 92:160])
    assert middle.targets.any()


def test_the_batch_of_a_step_does_not_depend_on_what_was_drawn_before():
    drawn = batches()
    first = drawn.draw(7)
    drawn.draw(3)
    assert same(drawn.draw(7), first)
    assert not same(drawn.draw(8), first)


def test_another_seed_draws_other_batches():
    assert not same(batches(seed=2).draw(7), batches().draw(7))


def test_several_batches_are_drawn_at_once():
    several = batches().draw_several(5, 3)
    assert [each.pixels.shape[0] for each in several] == [2, 2, 2]
    assert not same(several[0], several[1])


def test_workers_draw_the_batches_that_none_draw():
    drawn = batches()
    ahead = draw_ahead(drawn, 5, CPU, n_workers=2)
    for step, batch in zip(range(5, 9), ahead, strict=False):
        assert same(batch, drawn.draw(step))


def test_without_workers_nothing_is_drawn_ahead():
    asked = []

    class Asked:
        def draw(self, step):
            asked.append(step)
            return step

    assert list(itertools.islice(draw_ahead(Asked(), 3, CPU, n_workers=0), 2)) == [3, 4]
    assert asked == [3, 4]


def test_samples_are_stacked():
    planes = np.ones((1, 4, 4), np.float32)
    sample = Sample(np.full((8, 8, 3), 255, np.uint8), planes, planes)
    pixels, targets, weights = stack([sample, sample])
    assert (pixels.shape, targets.shape, weights.shape) == ((2, 3, 8, 8), (2, 1, 4, 4), (2, 1, 4, 4))
    assert (pixels == 1).all()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_a_graphics_card_draws_ahead_until_it_is_told_to_stop():
    drawn = batches()
    moved = {name: getattr(drawn.bank, name).cuda() for name in ("pixels", "numbers", "known")}
    bank = drawn.bank.__class__(**(vars(drawn.bank) | moved | {"cut_outs": {}}))
    ahead = draw_ahead(SmearBatches(bank, drawn.shares, drawn.config, {}), 0, bank.device, n_workers=2)
    found = list(itertools.islice(ahead, 6))
    ahead.close()
    assert {batch.pixels.device.type for batch in found} == {"cuda"}
