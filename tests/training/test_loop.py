import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

import numpy as np  # noqa: E402

from hemolens.errors import TrainingError  # noqa: E402
from hemolens.networks import NETWORKS  # noqa: E402
from hemolens.training import augmentation, loop, sources  # noqa: E402
from hemolens.training.all_idb1 import LabelledPhotograph  # noqa: E402
from hemolens.training.checkpoints import Checkpoint, save_checkpoint  # noqa: E402
from hemolens.training.setup import TrainingSetup  # noqa: E402

pytestmark = pytest.mark.train


def setup(**changes) -> TrainingSetup:
    values = {
        "name": "tiny",
        "cell_type": "rbc",
        "network": "do-unet",
        "red_cell_diameter_px": 48,
        "photographs": {"train": ["a"]},
        "phases": [{"steps": 4, "learning_rate": 1e-2}],
        "batch": 1,
        "input_px": 92,
        "loss": {"mask": {}, "edge": {}},
    }
    return TrainingSetup.model_validate(values | changes)


def segnet_setup(**changes) -> TrainingSetup:
    return setup(**{"network": "do-segnet", "width": 2, "input_px": 64, "batch": 2} | changes)


@pytest.fixture(autouse=True)
def one_photograph(monkeypatch):
    """A dark disc on a bright ground, in place of labelled photographs."""
    rows, cols = np.mgrid[:60, :60]
    disc = np.hypot(rows - 30, cols - 30) < 20
    pixels = np.where(disc[..., None], 90, 220).repeat(3, axis=2).astype(np.uint8)
    planes = np.stack([disc, disc]).astype(np.uint8)
    photograph = LabelledPhotograph("a", pixels, 255 * planes, np.ones_like(planes))
    monkeypatch.setattr(sources, "read_training_set", lambda *_, **__: [photograph])
    return photograph


def weights(network):
    return torch.cat([value.flatten().float() for value in network.state_dict().values()])


def test_the_same_seed_gives_the_same_weights(tmp_path):
    first, second = (weights(loop.train(setup(), tmp_path, tmp_path / name).network) for name in "ab")
    assert torch.equal(first, second)


def test_an_interrupted_training_ends_where_an_uninterrupted_one_does(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0)

    def stop(progress):
        if progress.step == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loop.train(setup(), tmp_path, tmp_path / "a", on_progress=stop)
    resumed = weights(loop.train(setup(), tmp_path, tmp_path / "a").network)
    assert torch.equal(resumed, weights(loop.train(setup(), tmp_path, tmp_path / "b").network))


def test_the_processor_time_of_an_interrupted_training_adds_up(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0)
    monkeypatch.setattr(loop.time, "process_time", iter(range(100)).__next__)  # every look takes a second

    def stop(progress):
        if progress.step == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loop.train(setup(), tmp_path, tmp_path / "a", on_progress=stop)
    assert loop.train(setup(), tmp_path, tmp_path / "a").cpu_seconds == 4


def test_the_loss_falls(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "WARM_UP_STEPS", 1)
    seen = []
    loop.train(
        setup(phases=[{"steps": 25, "learning_rate": 1e-2}]),
        tmp_path,
        tmp_path / "a",
        on_progress=lambda step: seen.append(step.loss),
    )
    assert seen[-1] < 0.8 * seen[0]


def test_frozen_statistics_are_those_of_many_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "N_STATISTICS_BATCHES", 5)
    trainee = loop.begin(setup(), tmp_path / "none")
    first = loop.batch_norms(trainee.network)[0]
    before = first.running_mean.clone()
    loop.measure_statistics(trainee.network, sources.read_training_set(), setup())
    assert first.num_batches_tracked == 5
    assert not torch.allclose(first.running_mean, before)


def test_statistics_stay_frozen_from_their_step_on(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "N_STATISTICS_BATCHES", 2)
    frozen = setup(freeze_statistics_at=1)
    trainee, photographs = loop.begin(frozen, tmp_path / "none"), sources.read_training_set()
    seen = []
    for _ in range(3):
        loop.take_step(trainee, photographs, frozen)
        seen.append(loop.batch_norms(trainee.network)[0].running_mean.clone())
    assert not torch.equal(seen[0], seen[1])
    assert torch.equal(seen[1], seen[2])


def test_validation_draws_all_its_samples_from_the_whole_photograph(monkeypatch):
    """In the released code of the paper the validation stopped after one tile a row."""
    places = []
    real = augmentation.pick_place
    monkeypatch.setattr(augmentation, "pick_place", lambda *how: places.append(real(*how)) or places[-1])
    samples = loop.validation_samples(sources.read_training_set(), setup(batch=4))
    assert len(samples) == loop.N_VALIDATION_SAMPLES
    rows, cols = np.ptp(np.array(places), axis=0)
    assert min(rows, cols) > 30


def test_progress_tells_the_step_and_the_time_left(tmp_path):
    seen = []
    loop.train(setup(), tmp_path, tmp_path / "a", on_progress=seen.append)
    assert [(each.step, each.steps) for each in seen] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert seen[-1].seconds_left == 0


def test_the_log_has_a_row_for_the_end(tmp_path):
    loop.train(setup(), tmp_path, tmp_path / "a")
    header, row = (tmp_path / "a" / "log.csv").read_text().splitlines()
    assert header == "step,learning_rate,loss,validation_loss"
    assert row.startswith("4,")


def test_a_checkpoint_of_another_setup_is_refused(tmp_path):
    loop.train(setup(), tmp_path, tmp_path / "a")
    with pytest.raises(TrainingError, match="checkpoint belongs to another training set-up"):
        loop.train(setup(seed=2), tmp_path, tmp_path / "a")


def test_a_damaged_checkpoint_is_refused(tmp_path):
    (tmp_path / "checkpoint.pt").write_bytes(b"not a checkpoint")
    with pytest.raises(TrainingError, match="checkpoint cannot be read"):
        loop.train(setup(), tmp_path, tmp_path)


def test_losses_must_fit_the_outputs(tmp_path):
    with pytest.raises(TrainingError, match=r"losses do not fit the network's outputs: got mask; allowed: mask, edge"):
        loop.train(setup(loss={"mask": {}}), tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"network": "do-unet", "input_px": 190},
            r"does not fit network 'do-unet': got input_px = 190; allowed: 8·k \+ 4, at least 92; .*paper's is 188\)",
        ),
        ({"network": "do-unet", "input_px": 84}, r"got input_px = 84; allowed: 8·k \+ 4, at least 92"),
        (
            {"network": "do-segnet", "input_px": 188, "width": 2},
            r"does not fit network 'do-segnet': got input_px = 188; allowed: 32·k, at least 32; .*paper's is 128\)",
        ),
    ],
    ids=["no multiple", "smaller than the margins", "another network's"],
)
def test_the_input_must_fit_the_network(tmp_path, changes, message):
    with pytest.raises(TrainingError, match=message):
        loop.train(setup(**changes), tmp_path, tmp_path)


def test_options_of_the_network_reach_it(tmp_path):
    trainee = loop.begin(segnet_setup(width=3), tmp_path / "none")
    assert trainee.network.mask.in_channels == 3


def test_an_option_that_the_network_does_not_have_is_refused(tmp_path):
    with pytest.raises(TrainingError, match="network 'do-unet' does not have this option: got width"):
        loop.train(setup(width=16), tmp_path, tmp_path)


def test_the_network_decides_how_much_of_a_sample_it_writes():
    (sample,) = loop.draw_batch(sources.read_training_set(), segnet_setup(batch=1), step=0)
    assert sample.pixels.shape == (64, 64, 3)
    assert sample.targets.shape == (2, 64, 64)


def test_a_segnet_learns(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "WARM_UP_STEPS", 1)
    seen = []
    loop.train(
        segnet_setup(phases=[{"steps": 25, "learning_rate": 1e-2}]),
        tmp_path,
        tmp_path / "a",
        on_progress=lambda step: seen.append(step.loss),
    )
    assert seen[-1] < 0.8 * seen[0]


def test_training_goes_on_without_the_file_that_the_encoder_began_with(tmp_path, monkeypatch):
    asked = []

    def create(name, **options):
        asked.append((options["encoder_weights"], options["encoder_file"]))
        return NETWORKS[name](width=2)

    monkeypatch.setattr(loop, "create_network", create)
    chosen = segnet_setup(encoder_weights="imagenet", encoder_file="vgg16.pth")
    loop.begin(chosen, tmp_path / "none").save(tmp_path / "checkpoint.pt", chosen)
    loop.begin(chosen, tmp_path / "checkpoint.pt")
    assert asked == [("imagenet", Path("vgg16.pth")), ("none", None)]


def test_a_checkpoint_without_a_younger_setting_is_of_the_same_setup(tmp_path):
    trainee = loop.begin(setup(), tmp_path / "none")
    older = {name: value for name, value in setup().model_dump(mode="json").items() if name != "width"}
    states = (trainee.network.state_dict(), trainee.optimiser.state_dict())
    save_checkpoint(tmp_path / "checkpoint.pt", Checkpoint(3, *states, setup=json.dumps(older)))
    assert loop.begin(setup(), tmp_path / "checkpoint.pt").step == 3


def test_a_checkpoint_whose_setup_is_not_one_is_refused(tmp_path):
    save_checkpoint(tmp_path / "checkpoint.pt", Checkpoint(3, {}, {}, setup='{"name": "tiny"}'))
    with pytest.raises(TrainingError, match="checkpoint belongs to another training set-up"):
        loop.begin(setup(), tmp_path / "checkpoint.pt")


def test_the_learning_rate_warms_up_and_falls():
    long = setup(phases=[{"steps": 1000}])
    rates = [loop.learning_rate(step, long) for step in range(1000)]
    assert rates[0] < rates[50] < max(rates)
    assert rates[-1] < 0.02 * max(rates)


def test_each_phase_begins_at_its_own_rate():
    two = setup(phases=[{"steps": 500, "learning_rate": 0.2}, {"steps": 200, "learning_rate": 0.1}])
    assert loop.learning_rate(500, two) == pytest.approx(0.1)
    assert loop.learning_rate(499, two) < 0.02 * 0.2
    assert loop.learning_rate(699, two) < 0.02 * 0.1


def two_phases(**second):
    return setup(phases=[{"steps": 2, "learning_rate": 1e-2}, {"steps": 2, "learning_rate": 1e-2} | second])


def part_states(network, part):
    return {name: value.clone() for name, value in network.get_submodule(part).state_dict().items()}


def states_after_each_step(chosen, tmp_path, part):
    trainee, photographs = loop.begin(chosen, tmp_path / "none"), sources.read_training_set()
    states = []
    for _ in range(chosen.steps):
        loop.take_step(trainee, photographs, chosen)
        states.append(part_states(trainee.network, part))
    return states


def same(first, second):
    return [torch.equal(first[name], second[name]) for name in first]


def test_a_frozen_part_changes_before_its_phase_and_not_in_it(tmp_path):
    states = states_after_each_step(two_phases(frozen=["mask"]), tmp_path, "mask")
    assert not any(same(states[0], states[1]))
    assert all(same(states[1], states[3]))


def test_freezing_includes_the_statistics_of_batch_norm(tmp_path):
    states = states_after_each_step(two_phases(frozen=["body.level1"]), tmp_path, "body.level1")
    assert all(same(states[1], states[3]))


def test_the_other_parts_go_on_changing(tmp_path):
    states = states_after_each_step(two_phases(frozen=["mask", "body.level1"]), tmp_path, "edge")
    assert not any(same(states[1], states[3]))


def test_a_frozen_part_wakes_up_in_the_next_phase(tmp_path):
    phases = [{"steps": 1, "frozen": ["mask"]}, {"steps": 2, "learning_rate": 1e-2}]
    states = states_after_each_step(setup(phases=phases), tmp_path, "mask")
    assert not any(same(states[0], states[2]))


def test_an_unknown_part_to_freeze_is_named(tmp_path):
    with pytest.raises(TrainingError, match=r"no such part of the network to freeze: got head; allowed: body, "):
        loop.train(two_phases(frozen=["head"]), tmp_path, tmp_path)


def test_each_phase_reads_its_own_photographs_and_labels(tmp_path, monkeypatch):
    asked, photographs = [], sources.read_training_set()
    monkeypatch.setattr(sources, "read_training_set", lambda _, **how: asked.append(how) or photographs)
    loop.train(two_phases(train=["b"], labels="stand-in"), tmp_path, tmp_path)
    in_phases = [(how["names"], how["labels"]) for how in asked if "labels" in how]
    assert in_phases == [(("a",), "annotated"), (("b",), "stand-in")]


def test_training_goes_on_in_the_phase_it_was_in(tmp_path, monkeypatch):
    asked, photographs = [], sources.read_training_set()
    monkeypatch.setattr(sources, "read_training_set", lambda _, **how: asked.append(how) or photographs)
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0)

    def stop(progress):
        if progress.step == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loop.train(two_phases(train=["b"]), tmp_path, tmp_path, on_progress=stop)
    asked.clear()
    loop.train(two_phases(train=["b"]), tmp_path, tmp_path)
    assert asked[0]["names"] == ("b",)
