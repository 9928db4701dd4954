import itertools
import time
from types import SimpleNamespace

import cv2
import pytest

pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

import torch

import hemolens
from hemolens.cell_types import CELL_TYPES
from hemolens.cli import main
from hemolens.models.store import read_card
from hemolens.output.run_record import read_run
from hemolens.segmentation.network_maps import forget_models
from hemolens.synthetic import draw_smear
from hemolens.training import loop
from hemolens.training.networks import NETWORKS
from hemolens.training.pack import read_pack

pytestmark = pytest.mark.train


def run(*arguments):
    with pytest.raises(SystemExit) as left:
        main(["train", *map(str, arguments)])
    return left.value.code


@pytest.fixture
def folder(tmp_path):
    """Four boxed photographs in a folder, and a configuration of a few steps beside it."""
    rows = "image,type,x0,y0,x1,y1\n"
    (tmp_path / "data" / "images").mkdir(parents=True)
    for n in range(4):
        smear = draw_smear(n, height=100, width=120, n_rbc=5, n_wbc=0, n_plt=0, red_cell_diameter_px=20)
        cv2.imwrite(str(tmp_path / "data" / "images" / f"{n}.png"), smear.pixels[..., ::-1])
        for row0, col0, row1, col1 in (cell.box for cell in smear.cells):
            rows += f"{n}.png,rbc,{col0},{row0},{col1},{row1}\n"
    (tmp_path / "data" / "labels.csv").write_text(rows)
    losses = "\n".join(f'"{name}" = {{}}' for name in NETWORKS["one-pass"].outputs)
    (tmp_path / "ours.toml").write_text(f"""
name = "ours"
network = "one-pass"
red_cell_diameter_px = 20
colours = {{ background_level = 220, red_cell_absorbance = [0.06, 0.14, 0.09] }}
batch = 2
input_px = 32
phases = [{{ steps = 2 }}]
labelled = [{{ name = "ours", what = "ours", terms = "ours", labels = "labels.csv", usual_px = 20, share = 1 }}]
[loss]
{losses}
""")
    return tmp_path


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(loop, "N_STATISTICS_CROPS", 8)
    monkeypatch.setattr(loop, "N_VALIDATION_SAMPLES", 2)
    monkeypatch.setattr(loop, "N_PICTURES", 2)


def test_a_folder_is_packed_and_trained_on(folder, few, capsys):
    config, pack, out = folder / "ours.toml", folder / "all.pack", folder / "run"
    assert run(config, "--pack", folder / "data", "--out", pack) == 0
    assert [smear.name for smear in read_pack(pack, 20)] == ["0.png", "1.png", "2.png", "3.png"]
    assert "all.pack (0." in capsys.readouterr().out
    assert run(config, "--data", pack, "--out", out, "--device", "cpu", "--workers", 0) == 0
    written = {"checkpoint.pt", "log.csv", "ours.onnx", "ours.safetensors", "ours.toml"}
    assert {path.name for path in out.iterdir()} == written


@pytest.fixture
def trained(folder, few):
    """The weights of a tiny model, trained on three photographs; a fourth was left out."""
    config = (folder / "ours.toml").read_text().replace("share = 1", "share = 1, validation_every = 4")
    (folder / "ours.toml").write_text(config)
    options = ("--data", folder / "data", "--out", folder / "run", "--device", "cpu", "--workers", 0)
    assert run(folder / "ours.toml", *options) == 0
    return folder / "run" / "ours.onnx"


def test_a_trained_model_says_how_it_is_counted_with(trained):
    card = read_card(str(trained))
    assert set(card.counters) == set(CELL_TYPES)
    assert card.counters["rbc"].chosen_on == "1 photograph left out of training"
    assert "no photograph with labelled white cells was left out" in card.counters["wbc"].chosen_on


def test_a_trained_model_is_counted_with_from_the_command_line(trained, tmp_path):
    picture, out = tmp_path / "data" / "images" / "0.png", tmp_path / "out"
    with pytest.raises(SystemExit) as left:
        main(["count", str(picture), "--model", str(trained), "--diameter-px", "20", "--report", "--out", str(out)])
    assert left.value.code == 0
    methods = read_run(out).methods
    assert {method.model for method in methods.values()} == {"ours"}
    assert {method.sha256 for method in methods.values()} == {read_card(str(trained)).sha256}
    assert "model ours" in (out / "report.html").read_text("utf-8")


def test_a_trained_model_is_counted_with_from_python(trained, tmp_path):
    result = hemolens.count(tmp_path / "data" / "images" / "0.png", model=str(trained.parent), diameter_px=20)
    assert {method.card.name for method in result.methods.values()} == {"ours"}


def test_a_trained_model_whose_weights_were_changed_is_refused(trained, tmp_path, capsys):
    trained.write_bytes(trained.read_bytes() + b"x")
    forget_models()
    with pytest.raises(SystemExit) as left:
        main(["count", str(tmp_path / "data" / "images" / "0.png"), "--model", str(trained), "--out", str(tmp_path)])
    assert left.value.code == 1
    assert "do not match its card" in " ".join(capsys.readouterr().err.split())


def test_seconds_take_the_place_of_steps(folder, few, monkeypatch):
    looks = itertools.count()
    clock = SimpleNamespace(monotonic=lambda: next(looks) / 10, process_time=time.process_time)
    monkeypatch.setattr("hemolens.training.loop.time", clock)  # however slow the computer is
    assert run(
        folder / "ours.toml", "--data", folder / "data", "--out", folder / "run", "--seconds", 3, "--workers", 0,
        "--device", "cpu",
    ) == 0  # fmt: skip
    checkpoint = torch.load(folder / "run" / "checkpoint.pt", weights_only=True)
    assert checkpoint["step"] > 2
    assert checkpoint["seconds"] >= 3


def test_a_batch_of_another_size(folder, few):
    out = folder / "run"
    assert run(folder / "ours.toml", "--data", folder / "data", "--out", out, "--batch", 1, "--workers", 0) == 0
    assert '"batch":1,' in torch.load(out / "checkpoint.pt", weights_only=True)["config"]


@pytest.mark.parametrize(
    ("options", "came"), [([], "neither --data nor --pack"), (["--data", "a", "--pack", "b"], "both --data and --pack")]
)
def test_one_of_data_and_pack_is_needed(capsys, options, came):
    assert run("one-pass", *options) == 2
    error = " ".join(capsys.readouterr().err.split())
    assert f"either the data to train on or the data to pack: got {came}; allowed: --data to train" in error


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_a_device_that_is_not_there_is_refused(folder, capsys, monkeypatch, device):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert run(folder / "ours.toml", "--data", folder / "data", "--device", device) == 2
    error = " ".join(capsys.readouterr().err.split())
    assert f"torch cannot find this device: got '{device}'; allowed: auto, cpu; leave it out" in error
    assert error.endswith("(--device)")


def test_a_pack_of_one_type_is_refused(tmp_path, capsys):
    assert run("rbc", "--pack", tmp_path, "--out", tmp_path / "all.pack") == 1
    error = " ".join(capsys.readouterr().err.split())
    assert (
        "for configurations of every cell type: got configuration 'rbc-do-unet', which counts rbc; allowed: a config"
        in error
    )


def test_a_pack_in_place_of_a_folder_is_refused(folder, capsys):
    assert run(folder / "ours.toml", "--pack", folder / "data", "--out", folder) == 2
    assert "a pack is one file: got --out" in " ".join(capsys.readouterr().err.split())


def test_what_is_no_pack_is_refused(folder, capsys):
    assert run(folder / "ours.toml", "--data", folder / "data" / "labels.csv", "--out", folder / "run") == 1
    assert "not a pack of labelled photographs: got 'labels.csv' (BadZipFile)" in " ".join(
        capsys.readouterr().err.split()
    )


@pytest.mark.parametrize(
    ("option", "value"), [("--seconds", 0), ("--batch", 0), ("--workers", -1), ("--device", "tpu")]
)
def test_values_out_of_range_are_refused(option, value):
    assert run("one-pass", "--data", "somewhere", option, value) == 2
