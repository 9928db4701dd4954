"""``hemolens models``."""

import hashlib

import pytest

from hemolens.cli import main
from hemolens.models.card import card_text, parse_card
from hemolens.models.store import (
    DEFAULT_CLASSIFIER,
    DEFAULT_MODEL,
    read_classifier,
    read_model,
    shipped_classifiers,
    shipped_models,
    write_model_files,
)
from hemolens.models.user_models import find_user_model


def run(*arguments):
    with pytest.raises(SystemExit) as left:
        main(["models", *arguments])
    return left.value.code


def test_every_model_has_a_line(capsys):
    assert run("list") == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == ["model", "counts", "kind", "described", "in", "terms"]
    assert [line.split()[0] for line in lines] == [*shipped_models(), *shipped_classifiers()]
    assert [line.split()[0] for line in lines if line.split()[1] == "*"] == [DEFAULT_MODEL, DEFAULT_CLASSIFIER]


def test_a_line_says_what_a_model_counts_and_how_and_whence(capsys):
    run("list")
    (line,) = (each for each in capsys.readouterr().out.splitlines() if each.startswith("pulse-coupled"))
    assert [word.strip() for word in line.split("  ") if word] == [
        "pulse-coupled",
        "red cells, white cells",
        "classical",
        "Kimbahune, Uke, IJEST 3(3), 2011",
        "Apache-2.0, as hemolens; nothing was trained.",
    ]


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A model of the user in a folder; the models of the user are elsewhere."""
    monkeypatch.setenv("HEMOLENS_MODELS", str(tmp_path / "models"))
    file, folder = read_model(DEFAULT_MODEL), tmp_path / "my-lab"
    folder.mkdir()
    (folder / "my-lab.onnx").write_bytes(file.onnx)
    (folder / "my-lab.toml").write_text(card_text(file.card.model_copy(update={"name": "my-lab"})))
    return folder


def said(capsys):
    return " ".join("".join(capsys.readouterr()).split())


def test_a_model_goes_out_as_a_package_and_comes_back_as_it_was(own, tmp_path, capsys):
    assert run("export", str(own), "--out", str(tmp_path / "a.zip")) == 0
    assert run("import", str(tmp_path / "a.zip")) == 0
    assert "my-lab@1" in said(capsys)
    assert run("verify", "my-lab") == 0
    assert read_model("my-lab").card == read_model(str(own)).card
    assert read_model("my-lab").onnx == read_model(str(own)).onnx


def test_an_imported_model_is_in_the_list_and_the_default_has_a_star(own, capsys):
    run("import", str(own))
    run("default", "my-lab")
    capsys.readouterr()
    run("list")
    lines = [line.split("  ")[0] for line in capsys.readouterr().out.splitlines()]
    assert "my-lab@1 *" in lines
    assert DEFAULT_MODEL in lines


def test_the_default_is_said_and_switched_back(own, capsys):
    run("import", str(own))
    assert run("default", "my-lab") == run("default") == run("default", DEFAULT_MODEL) == 0
    assert capsys.readouterr().out.splitlines()[-3:] == ["my-lab", "my-lab", DEFAULT_MODEL]


def test_a_path_cannot_be_the_default(own, capsys):
    assert run("default", str(own)) == 2
    assert "only a model with a name can be the default" in said(capsys)


def test_the_card_is_shown(own, capsys):
    assert run("show", str(own)) == 0
    assert parse_card(capsys.readouterr().out, "shown").name == "my-lab"


@pytest.mark.parametrize("suffix", [".onnx", ".toml"])
def test_altered_files_do_not_pass(own, capsys, suffix):
    run("import", str(own))
    file = find_user_model("my-lab").folder / f"my-lab{suffix}"
    file.write_bytes(file.read_bytes() + b"\n")
    assert run("verify", "my-lab") == 1
    assert "was altered" in said(capsys)


def test_a_shipped_name_cannot_be_taken(own, tmp_path, capsys):
    file = read_model(DEFAULT_MODEL)
    (own / "my-lab.toml").write_text(card_text(file.card))
    assert run("import", str(own)) == 2
    assert "a model cannot be called so: got 'one-pass'" in said(capsys)


def test_a_package_is_never_overwritten(own, tmp_path, capsys):
    (tmp_path / "a.zip").write_text("mine")
    assert run("export", str(own), "--out", str(tmp_path / "a.zip")) == 2
    assert (tmp_path / "a.zip").read_text() == "mine"


def test_weights_that_do_not_load_are_not_kept(own, capsys):
    card = read_model(str(own)).card.model_copy(update={"sha256": hashlib.sha256(b"x").hexdigest()})
    (own / "my-lab.onnx").write_bytes(b"x")
    (own / "my-lab.toml").write_text(card_text(card))
    assert run("import", str(own)) == 1
    assert "cannot be loaded" in said(capsys)
    assert find_user_model("my-lab") is None


def test_a_model_without_weights_is_verified_by_its_card(capsys):
    assert run("verify", "pulse-coupled") == 0
    assert "whole and unaltered" in said(capsys)


def test_a_classifier_is_shown_by_name_and_by_path(tmp_path, capsys):
    file = read_classifier(DEFAULT_CLASSIFIER)
    write_model_files(file, tmp_path)
    for name in (DEFAULT_CLASSIFIER, str(tmp_path)):
        assert run("show", name) == 0
        assert capsys.readouterr().out == file.card.toml


def test_a_classifier_is_verified(tmp_path, capsys):
    file = read_classifier(DEFAULT_CLASSIFIER)
    path = write_model_files(file, tmp_path)
    assert run("verify", str(path)) == 0
    assert f"whole and unaltered, sha256 {file.card.sha256}" in said(capsys)
    path.write_bytes(file.onnx[:-1])
    assert run("verify", str(path)) == 1
    assert "do not match its card" in said(capsys)
