import csv
import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

import torch

from hemolens.errors import TrainingError
from hemolens.training import augmentation, loop, sources
from hemolens.training.all_idb1 import PhotographWithTargets
from hemolens.training.batches import PhotographBatches
from hemolens.training.checkpoints import Checkpoint, save_checkpoint
from hemolens.training.config import TrainingConfig
from hemolens.training.networks import NETWORKS
from hemolens.training.weights import write_weights

from .synthetic_bank import DIAMETER_PX, bank_of, labelled

pytestmark = pytest.mark.train

CPU = torch.device("cpu")


def config(**changes) -> TrainingConfig:
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
    return TrainingConfig.model_validate(values | changes)


def segnet_setup(**changes) -> TrainingConfig:
    return config(**{"network": "do-segnet", "width": 2, "input_px": 64, "batch": 2} | changes)


@pytest.fixture(autouse=True)
def one_photograph(monkeypatch):
    """A dark disc on a bright ground, in place of labelled photographs."""
    rows, cols = np.mgrid[:60, :60]
    disc = np.hypot(rows - 30, cols - 30) < 20
    pixels = np.where(disc[..., None], 90, 220).repeat(3, axis=2).astype(np.uint8)
    planes = np.stack([disc, disc]).astype(np.uint8)
    photograph = PhotographWithTargets("a", pixels, 255 * planes, np.ones_like(planes))
    monkeypatch.setattr(sources, "read_training_set", lambda *_, **__: [photograph])
    monkeypatch.setattr(loop, "N_STATISTICS_CROPS", 8)
    return photograph


def one_pass_setup(**changes):
    """Steps of two crops of 32 pixels, on the smears of :func:`bank`."""
    outputs = NETWORKS["one-pass"].outputs
    source = {"name": "ours", "what": "", "terms": "", "labels": "", "usual_px": 20, "share": 1, "validation_every": 3}
    values = {
        "name": "tiny", "network": "one-pass", "red_cell_diameter_px": DIAMETER_PX, "labelled": [source], "batch": 2,
        "phases": [{"steps": 4, "learning_rate": 1e-2}], "input_px": 32, "loss": {name: {} for name in outputs},
        "average": 0.9,
    }  # fmt: skip
    return TrainingConfig.model_validate(values | changes)


@pytest.fixture(scope="module")
def bank():
    cells = [("rbc", 30, 30, 10), ("rbc", 44, 47, 10), ("wbc", 60, 90, 14), ("plt", 20, 80, 4)]
    return bank_of(*(labelled(name, cells=cells, lends=True) for name in "abc"))


@pytest.fixture
def few(monkeypatch):
    """Few pictures and few validation samples."""
    monkeypatch.setattr(loop, "N_VALIDATION_SAMPLES", 2)
    monkeypatch.setattr(loop, "N_PICTURES", 2)


def batches(chosen):
    return PhotographBatches(sources.read_training_set(), chosen, piles=0)


def take_step(trainee, chosen):
    return loop.take_step(trainee, batches(chosen).draw(trainee.step), chosen, trainee.step)


def weights(network):
    return torch.cat([value.flatten().float() for value in network.state_dict().values()])


def test_the_same_seed_gives_the_same_weights(tmp_path):
    two = config(phases=[{"steps": 2, "learning_rate": 1e-2}])
    first, second = (weights(loop.train(two, tmp_path, tmp_path / name).network) for name in "ab")
    assert torch.equal(first, second)


def test_an_interrupted_training_ends_where_an_uninterrupted_one_does(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0)

    def stop(progress):
        if progress.step == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loop.train(config(), tmp_path, tmp_path / "a", on_progress=stop)
    resumed = weights(loop.train(config(), tmp_path, tmp_path / "a").network)
    assert torch.equal(resumed, weights(loop.train(config(), tmp_path, tmp_path / "b").network))


def test_the_processor_time_of_an_interrupted_training_adds_up(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0)
    monkeypatch.setattr(loop.time, "process_time", iter(range(100)).__next__)  # every look takes a second

    def stop(progress):
        if progress.step == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loop.train(config(), tmp_path, tmp_path / "a", on_progress=stop)
    assert loop.train(config(), tmp_path, tmp_path / "a").cpu_seconds == 4


def test_the_loss_falls(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "WARM_UP_STEPS", 1)
    seen = []
    monkeypatch.setattr(loop, "LOSS_STEPS", 2)
    loop.train(
        config(phases=[{"steps": 25, "learning_rate": 1e-2}]),
        tmp_path,
        tmp_path / "a",
        on_progress=lambda step: seen.append(step.loss),
    )
    assert seen[-1] < 0.8 * seen[0]


def test_frozen_statistics_are_those_of_many_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "N_STATISTICS_CROPS", 5)
    trainee = loop.begin(config(), tmp_path / "none", CPU)
    first = loop.batch_norms(trainee.network)[0]
    before = first.running_mean.clone()
    loop.measure_statistics(trainee.network, batches(config()), config(), CPU)
    assert first.num_batches_tracked == 5
    assert not torch.allclose(first.running_mean, before)


def test_statistics_stay_frozen_from_their_step_on(tmp_path):
    frozen = config(freeze_statistics_at=1)
    trainee = loop.begin(frozen, tmp_path / "none", CPU)
    seen = []
    for _ in range(3):
        take_step(trainee, frozen)
        seen.append(loop.batch_norms(trainee.network)[0].running_mean.clone())
    assert torch.equal(seen[0], seen[1])
    assert torch.equal(seen[1], seen[2])


@pytest.mark.parametrize(("stop_at", "n_times"), [(3, 1), (4, 1), (5, 0)], ids=["before", "just before", "after"])
def test_a_resumed_training_measures_the_statistics_if_they_are_not_yet(
    tmp_path, bank, few, monkeypatch, stop_at, n_times
):
    """The last checkpoint is that of the step before; statistics are frozen from step 3 on."""
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0)
    measured = []
    monkeypatch.setattr(loop, "measure_statistics", lambda *_: measured.append(None))
    frozen = one_pass_setup(phases=[{"steps": 5}], freeze_statistics_at=3)

    def stop(progress):
        if progress.step == stop_at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loop.train(frozen, bank, tmp_path / "a", on_progress=stop)
    measured.clear()
    loop.train(frozen, bank, tmp_path / "a")
    assert len(measured) == n_times


def test_validation_draws_all_its_samples_from_the_whole_photograph(tmp_path, monkeypatch):
    """In the released code of the paper the validation stopped after one tile a row."""
    places = []
    real = augmentation.pick_place
    monkeypatch.setattr(augmentation, "pick_place", lambda *how: places.append(real(*how)) or places[-1])
    checks = loop.Material(config(batch=4), tmp_path, CPU).left_out()
    assert sum(len(batch.pixels) for batch in checks) == loop.N_VALIDATION_SAMPLES
    rows, cols = np.ptp(np.array(places), axis=0)
    assert min(rows, cols) > 30


def test_progress_tells_the_step_and_the_time_left(tmp_path):
    seen = []
    loop.train(config(), tmp_path, tmp_path / "a", on_progress=seen.append)
    assert [(each.step, each.done) for each in seen] == [(1, 0.25), (2, 0.5), (3, 0.75), (4, 1)]
    assert seen[-1].seconds_left == 0


def test_the_log_has_a_row_for_the_end(tmp_path):
    loop.train(config(), tmp_path, tmp_path / "a")
    header, row = (tmp_path / "a" / "log.csv").read_text().splitlines()
    assert header == "step,learning_rate,loss,validation_loss,crops_per_second,waiting"
    step, _, loss, validation_loss, crops_per_second, waiting = row.split(",")
    assert (step, validation_loss) == ("4", "nan")
    assert float(loss) > 0
    assert float(crops_per_second) > 0
    assert 0 <= float(waiting) <= 1


def test_the_log_has_a_row_for_every_so_many_steps(tmp_path, bank, few, monkeypatch):
    monkeypatch.setattr(loop, "LOG_STEPS", 2)
    loop.train(one_pass_setup(phases=[{"steps": 5}]), bank, tmp_path)
    with (tmp_path / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["2", "4", "5"]
    assert [row["validation_loss"] == "nan" for row in rows] == [False, False, True]


def test_rows_of_steps_that_were_lost_are_written_again(tmp_path, bank, few, monkeypatch):
    monkeypatch.setattr(loop, "LOG_STEPS", 1)

    def stop(progress):
        if progress.step == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loop.train(one_pass_setup(), bank, tmp_path, on_progress=stop)  # no checkpoint yet
    loop.train(one_pass_setup(), bank, tmp_path)
    assert [line.split(",")[0] for line in (tmp_path / "log.csv").read_text().splitlines()[1:]] == ["1", "2", "3", "4"]


def test_a_checkpoint_of_another_setup_is_refused(tmp_path):
    loop.train(config(), tmp_path, tmp_path / "a")
    with pytest.raises(TrainingError, match="checkpoint belongs to another training configuration"):
        loop.train(config(seed=2), tmp_path, tmp_path / "a")


def test_a_damaged_checkpoint_is_refused(tmp_path):
    (tmp_path / "checkpoint.pt").write_bytes(b"not a checkpoint")
    with pytest.raises(TrainingError, match="checkpoint cannot be read"):
        loop.train(config(), tmp_path, tmp_path)


def test_losses_must_fit_the_outputs(tmp_path):
    with pytest.raises(TrainingError, match=r"losses do not fit the network's outputs: got mask; allowed: mask, edge"):
        loop.train(config(loss={"mask": {}}), tmp_path, tmp_path)


def test_a_density_is_learnt_by_its_squared_error(tmp_path):
    losses = {"rbc.density": {"kind": "bce"}, "wbc.density": {"kind": "mse"}, "plt.density": {"kind": "mse"}}
    setup = config(network="feature-pyramid", cell_type=None, input_px=96, loss=losses)
    with pytest.raises(TrainingError, match=r"a density is no probability: got loss 'bce' for rbc.density; allowed"):
        loop.train(setup, tmp_path, tmp_path)


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
        loop.train(config(**changes), tmp_path, tmp_path)


def test_options_of_the_network_reach_it(tmp_path):
    trainee = loop.begin(segnet_setup(width=3), tmp_path / "none", CPU)
    assert trainee.network.mask.in_channels == 3


def test_an_option_that_the_network_does_not_have_is_refused(tmp_path):
    with pytest.raises(TrainingError, match="network 'do-unet' does not have this option: got width"):
        loop.train(config(width=16), tmp_path, tmp_path)


def test_the_network_decides_how_much_of_a_sample_it_writes():
    batch = batches(segnet_setup(batch=1)).draw(0)
    assert batch.pixels.shape == (1, 3, 64, 64)
    assert batch.targets.shape == (1, 2, 64, 64)


def test_a_segnet_learns(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "WARM_UP_STEPS", 1)
    monkeypatch.setattr(loop, "LOSS_STEPS", 2)
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
    loop.begin(chosen, tmp_path / "none", CPU).save(tmp_path / "checkpoint.pt", chosen)
    loop.begin(chosen, tmp_path / "checkpoint.pt", CPU)
    assert asked == [("imagenet", Path("vgg16.pth")), ("none", None)]


def test_a_training_begins_with_the_first_weights(tmp_path):
    other = loop.begin(segnet_setup(seed=7), tmp_path / "none", CPU).network
    write_weights(other, tmp_path / "first.safetensors")
    begun = loop.begin(segnet_setup(first_weights=tmp_path / "first.safetensors"), tmp_path / "none", CPU).network
    assert all(torch.equal(*pair) for pair in zip(begun.parameters(), other.parameters(), strict=True))


def test_a_checkpoint_without_a_younger_setting_is_of_the_same_setup(tmp_path):
    trainee = loop.begin(config(), tmp_path / "none", CPU)
    older = {name: value for name, value in config().model_dump(mode="json").items() if name != "width"}
    states = (trainee.network.state_dict(), trainee.optimiser.state_dict(), trainee.average.weights)
    save_checkpoint(tmp_path / "checkpoint.pt", Checkpoint(3, *states, config=json.dumps(older)))
    assert loop.begin(config(), tmp_path / "checkpoint.pt", CPU).step == 3


def test_a_checkpoint_whose_setup_is_not_one_is_refused(tmp_path):
    save_checkpoint(tmp_path / "checkpoint.pt", Checkpoint(3, {}, {}, [], config='{"name": "tiny"}'))
    with pytest.raises(TrainingError, match="checkpoint belongs to another training configuration"):
        loop.begin(config(), tmp_path / "checkpoint.pt", CPU)


def test_the_learning_rate_warms_up_and_falls():
    long = config(phases=[{"steps": 1000}])
    rates = [loop.learning_rate(step, long) for step in range(1000)]
    assert rates[0] < rates[50] < max(rates)
    assert rates[-1] < 0.02 * max(rates)


def test_each_phase_begins_at_its_own_rate():
    two = config(phases=[{"steps": 500, "learning_rate": 0.2}, {"steps": 200, "learning_rate": 0.1}])
    assert loop.learning_rate(500, two) == pytest.approx(0.1)
    assert loop.learning_rate(499, two) < 0.02 * 0.2
    assert loop.learning_rate(699, two) < 0.02 * 0.1


def two_phases(**second):
    return config(phases=[{"steps": 2, "learning_rate": 1e-2}, {"steps": 2, "learning_rate": 1e-2} | second])


def part_states(network, part):
    return {name: value.clone() for name, value in network.get_submodule(part).state_dict().items()}


def states_after_each_step(chosen, tmp_path, part):
    trainee, states = loop.begin(chosen, tmp_path / "none", CPU), []
    for _ in range(chosen.steps):
        take_step(trainee, chosen)
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
    states = states_after_each_step(config(phases=phases), tmp_path, "mask")
    assert not any(same(states[0], states[2]))


def test_an_unknown_part_to_freeze_is_named(tmp_path):
    with pytest.raises(TrainingError, match=r"no such part of the network to freeze: got head; allowed: body, "):
        loop.train(two_phases(frozen=["head"]), tmp_path, tmp_path)


@pytest.fixture
def asked(monkeypatch):
    """The names and labels that were asked for."""
    asked, photographs = [], sources.read_training_set()

    def read(_, names, *, labels, **__):
        asked.append((names, labels))
        return photographs if names else []

    monkeypatch.setattr(sources, "read_training_set", read)
    return asked


def test_each_phase_reads_its_own_photographs_and_labels_once(tmp_path, asked):
    loop.train(two_phases(train=["b"], labels="stand-in"), tmp_path, tmp_path)
    assert [each for each in asked if each[0]] == [(("a",), "annotated"), (("b",), "stand-in")]


def test_training_goes_on_in_the_phase_it_was_in(tmp_path, asked, monkeypatch):
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0)

    def stop(progress):
        if progress.step == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loop.train(two_phases(train=["b"]), tmp_path, tmp_path, on_progress=stop)
    asked.clear()
    loop.train(two_phases(train=["b"]), tmp_path, tmp_path)
    assert [names for names, _ in asked if names] == [("b",)]


def test_all_types_are_trained_on_a_bank(tmp_path, bank, few):
    trained = loop.train(one_pass_setup(), bank, tmp_path)
    assert trained.step == 4
    assert not trained.network.training
    assert (trained.samples.shape, trained.samples.dtype) == ((2, 32, 32, 3), np.uint8)


@pytest.mark.parametrize("n_workers", [0, 2])
def test_all_types_end_at_the_same_weights_after_an_interruption(tmp_path, bank, few, monkeypatch, n_workers):
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0)
    frozen = one_pass_setup(freeze_statistics_at=2)

    def stop(progress):
        if progress.step == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loop.train(frozen, bank, tmp_path / "a", n_workers=n_workers, on_progress=stop)
    resumed = weights(loop.train(frozen, bank, tmp_path / "a", n_workers=n_workers).network)
    assert torch.equal(resumed, weights(loop.train(frozen, bank, tmp_path / "b").network))


def test_the_photographs_that_are_left_out_are_not_trained_on(bank):
    material = loop.Material(one_pass_setup(), bank, CPU)
    trained = material.of_phase(one_pass_setup().phases[0]).shares
    assert trained.tolist() == [0, 0.5, 0.5]
    assert len(material.left_out()) == loop.N_VALIDATION_SAMPLES // 2


def test_without_photographs_left_out_there_is_nothing_to_check(tmp_path, few, monkeypatch):
    drawn = one_pass_setup(labelled=[], drawn={"n_smears": 1, "share": 1})
    cells = [("rbc", 30, 30, 10)]
    assert loop.Material(drawn, bank_of(labelled("drawn-0", "drawn", cells)), CPU).left_out() == []


def test_a_pack_for_one_type_is_refused(tmp_path):
    (tmp_path / "all.pack").write_bytes(b"")
    with pytest.raises(TrainingError, match=r"trained on a folder: got a pack for configuration 'tiny'; .*name that"):
        loop.train(config(), tmp_path / "all.pack", tmp_path)


def test_a_network_of_all_types_needs_colours(tmp_path):
    with pytest.raises(
        TrainingError, match=r"standard colours: got configuration 'tiny' without colours; allowed: colours ="
    ):
        loop.train(one_pass_setup(), tmp_path, tmp_path)


class Clock:
    """A second goes by at each look."""

    now = 0.0

    def __call__(self):
        self.now += 1
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(loop.time, "monotonic", clock)
    return clock


def test_a_schedule_of_seconds_ends_in_time(tmp_path, bank, few, clock):
    trained = loop.train(one_pass_setup(phases=[{"steps": 10_000}]), bank, tmp_path, seconds=30)
    assert 30 <= trained.seconds < 40
    assert trained.step < 15


def test_a_schedule_of_seconds_reaches_the_end_of_its_cosine(tmp_path, bank, few, clock, monkeypatch):
    monkeypatch.setattr(loop, "WARM_UP_STEPS", 1)
    monkeypatch.setattr(loop, "LOG_STEPS", 1)
    loop.train(one_pass_setup(phases=[{"steps": 10_000, "learning_rate": 0.5}]), bank, tmp_path, seconds=60)
    rates = [float(line.split(",")[1]) for line in (tmp_path / "log.csv").read_text().splitlines()[1:]]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] > 0.45
    assert rates[-1] < 0.1


def test_a_schedule_of_seconds_goes_through_all_phases(bank):
    chosen = one_pass_setup(phases=[{"steps": 30}, {"steps": 10}])
    trainee = loop.begin(chosen, Path("none"), CPU)
    schedule = loop.Schedule(chosen, seconds=80)
    seen = []
    for trainee.seconds in (0, 40, 61, 80, 90):
        seen.append(schedule.position(trainee))
    assert seen == [0, 20, 30.5, 40, 40]
    assert loop.phase_at(30.5, chosen) == (chosen.phases[1], 0.5)


def test_the_seconds_before_an_interruption_count(tmp_path, bank, few, clock, monkeypatch):
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0)

    def stop(progress):
        if progress.done > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loop.train(one_pass_setup(), bank, tmp_path, seconds=40, on_progress=stop)
    assert loop.train(one_pass_setup(), bank, tmp_path, seconds=40).seconds < 50


def test_the_mean_weights_follow_the_weights():
    network = torch.nn.Linear(1, 1, bias=False)
    average = loop.Average(network, decay=0.5)
    with torch.no_grad():
        network.weight.fill_(1.0)
        average.weights[0].zero_()
    average.add(network, step=100)
    assert float(average.weights[0]) == 0.5
    average.add(network, step=100)
    assert float(average.weights[0]) == 0.75


def test_the_first_steps_count_for_less_in_the_mean():
    network = torch.nn.Linear(1, 1, bias=False)
    average = loop.Average(network, decay=0.999)
    average.weights[0].zero_()
    with torch.no_grad():
        network.weight.fill_(1.0)
    average.add(network, step=1)
    assert float(average.weights[0]) == pytest.approx(1 - 2 / 11)


def test_a_mean_without_decay_is_the_last_weights():
    network = torch.nn.Linear(2, 2)
    average = loop.Average(network, decay=0)
    with torch.no_grad():
        network.weight.fill_(3.0)
    average.add(network, step=5)
    assert torch.equal(average.weights[0], network.weight)


def test_the_mean_weights_are_what_is_kept(tmp_path, bank, few):
    trained = loop.train(one_pass_setup(), bank, tmp_path)
    assert all(map(torch.equal, trained.network.parameters(), trained.average.weights))


def test_without_a_mean_the_last_weights_are_kept(tmp_path, bank, few):
    last = one_pass_setup(average=0)
    trained = loop.train(last, bank, tmp_path)
    kept = torch.load(tmp_path / "checkpoint.pt", weights_only=True)["network"]
    assert all(torch.equal(weight, kept[name]) for name, weight in trained.network.named_parameters())


def test_a_checkpoint_keeps_the_last_weights_to_go_on_from(tmp_path, bank, few):
    trained = loop.train(one_pass_setup(), bank, tmp_path)
    going_on = loop.begin(one_pass_setup(), tmp_path / "checkpoint.pt", CPU)
    assert not torch.equal(weights(going_on.network), weights(trained.network))
    assert all(map(torch.equal, going_on.average.weights, trained.average.weights))


def test_biases_and_norms_do_not_decay(tmp_path):
    decayed, free = loop.begin(one_pass_setup(weight_decay=0.1), tmp_path / "none", CPU).optimiser.param_groups
    assert (decayed["weight_decay"], free["weight_decay"]) == (0.1, 0)
    assert all(weight.ndim > 1 for weight in decayed["params"])
    assert all(weight.ndim == 1 for weight in free["params"])


def test_pictures_are_those_that_the_network_sees(bank):
    class Grey:
        def draw(self, step):
            return loop.Batch(torch.full((2, 3, 4, 4), 1.0), torch.empty(0), torch.empty(0))

    pictures = loop.draw_pictures(Grey())
    assert pictures.shape == (loop.N_PICTURES, 4, 4, 3)
    assert (pictures == 255).all()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_a_checkpoint_of_a_graphics_card_goes_on_elsewhere(tmp_path, bank, few, monkeypatch):
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0)
    trainee = loop.begin(one_pass_setup(), tmp_path / "none", torch.device("cuda"))
    trainee.save(tmp_path / "checkpoint.pt", one_pass_setup())
    assert loop.train(one_pass_setup(), bank, tmp_path, device=CPU).step == 4
