import csv
import json
import os
import socket

import pytest

from hemolens.batch.photographs import INTERRUPTED, count_photographs, find_candidates
from hemolens.errors import ModelError, UsageError
from hemolens.options import CountOptions
from hemolens.output.options import OutputOptions


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def names(folder):
    return sorted(p.name for p in folder.iterdir())


def errors_and_counts(out):
    return [(row["image"], row["rbc"], row["error"]) for row in rows(out / "counts.csv")]


def test_every_photograph_has_its_own_count(stub_pipeline, write_photograph, tmp_path):
    paths = [write_photograph(f"p/{n}.png", n) for n in (3, 0, 7)]
    batch = count_photographs(find_candidates(paths), tmp_path / "out", CountOptions())
    assert [outcome.counts.rbc for outcome in batch.outcomes] == [3, 0, 7]
    assert errors_and_counts(tmp_path / "out") == [("3.png", "3", ""), ("0.png", "0", ""), ("7.png", "7", "")]


def test_a_changed_photograph_is_counted_again_into_the_same_folder(stub_pipeline, write_photograph, tmp_path):
    # mistake 1 of the paper's released code: what an earlier run had written was reported again
    for n in (3, 5):
        candidates = find_candidates([write_photograph("a.png", n)])
        count_photographs(candidates, tmp_path / "out", CountOptions(), overwrite=True)
        assert errors_and_counts(tmp_path / "out") == [("a.png", str(n), "")]


def test_label_images_of_a_slide_are_refused_before_anything_is_counted(stub_pipeline, write_photograph, tmp_path):
    (tmp_path / "b.svs").write_bytes(b"not looked at")
    candidates = find_candidates([write_photograph("a.png", 2), tmp_path / "b.svs"])
    with pytest.raises(UsageError, match=r"labels writes every pixel.* got the slide 'b.svs'; allowed: coco, .*leave"):
        count_photographs(candidates, tmp_path / "out", CountOptions(), OutputOptions(export=["coco", "labels"]))
    assert not (tmp_path / "out").exists()


def test_one_that_cannot_be_read_does_not_stop_the_others(stub_pipeline, write_photograph, tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8 not much of a photograph")
    paths = [tmp_path / "missing.png", tmp_path / "broken.jpg", write_photograph("a.png", 2)]
    batch = count_photographs(find_candidates(paths), tmp_path / "out", CountOptions())
    assert [bool(outcome.error) for outcome in batch.outcomes] == [True, True, False]
    assert [row["rbc"] for row in rows(tmp_path / "out" / "counts.csv")] == ["", "", "2"]
    assert not batch.interrupted


def test_an_empty_folder_is_a_row_with_an_error(stub_pipeline, tmp_path):
    (tmp_path / "empty").mkdir()
    count_photographs(find_candidates([tmp_path / "empty"]), tmp_path / "out", CountOptions())
    ((image, count, error),) = errors_and_counts(tmp_path / "out")
    assert (image, count) == ("empty", "")
    assert error


@pytest.mark.parametrize("bug", [ZeroDivisionError, MemoryError, RecursionError])
def test_a_bug_in_one_photograph_does_not_stop_the_others(stub_pipeline, write_photograph, tmp_path, bug):
    stub_pipeline[9] = bug
    paths = [write_photograph("bad.png", 9), write_photograph("good.png", 4)]
    count_photographs(find_candidates(paths), tmp_path / "out", CountOptions())
    bad, good = errors_and_counts(tmp_path / "out")
    assert "'bad.png'" in bad[2]
    assert "\n" not in bad[2]
    assert good == ("good.png", "4", "")


def test_a_bug_is_called_one(stub_pipeline, write_photograph, tmp_path):
    stub_pipeline[9] = ZeroDivisionError
    batch = count_photographs(find_candidates([write_photograph("bad.png", 9)]), tmp_path / "out", CountOptions())
    expected = "'bad.png' hit a bug in hemolens, please report it: ZeroDivisionError: from the stub"
    assert batch.outcomes[0].error == expected


def test_a_damaged_installation_stops_the_run_and_writes_nothing(
    stub_pipeline, write_photograph, tmp_path, monkeypatch
):
    def no_model(*_, **__):
        raise ModelError("weights are missing", came="none", allowed="some", do="install again")

    monkeypatch.setattr("hemolens.batch.photograph_task.count_image", no_model)
    with pytest.raises(ModelError):
        count_photographs(find_candidates([write_photograph("a.png")]), tmp_path / "out", CountOptions())
    assert names(tmp_path) == ["a.png"]


def test_interrupted_keeps_what_was_counted_and_names_what_was_not(stub_pipeline, write_photograph, tmp_path):
    stub_pipeline[9] = KeyboardInterrupt
    paths = [write_photograph(f"{n}.png", n) for n in (5, 9, 6)]
    batch = count_photographs(find_candidates(paths), tmp_path / "out", CountOptions())
    assert batch.interrupted
    assert errors_and_counts(tmp_path / "out") == [
        ("5.png", "5", ""),
        ("9.png", "", INTERRUPTED),
        ("6.png", "", INTERRUPTED),
    ]
    assert json.loads((tmp_path / "out" / "run.json").read_text())["complete"] is False
    assert names(tmp_path / "out" / "overlay") == ["5.png"]


def test_interrupted_before_the_first_count_writes_nothing(stub_pipeline, write_photograph, tmp_path):
    stub_pipeline[9] = KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        count_photographs(find_candidates([write_photograph("a.png", 9)]), tmp_path / "out", CountOptions())
    assert names(tmp_path) == ["a.png"]


@pytest.mark.posix("symbolic links")
def test_a_loop_of_links_costs_only_itself(stub_pipeline, write_photograph, tmp_path):
    write_photograph("p/a.png", 2)
    (tmp_path / "p" / "x.jpg").symlink_to("y.jpg")
    (tmp_path / "p" / "y.jpg").symlink_to("x.jpg")
    count_photographs(find_candidates([tmp_path / "p"]), tmp_path / "out", CountOptions())
    (_, count, error), *loops = errors_and_counts(tmp_path / "out")
    assert (count, error) == ("2", "")
    assert all(error for _, _, error in loops)


@pytest.mark.posix("named pipes and sockets")
@pytest.mark.parametrize("name", ["x.tif", "x.jpg", "x.svs"])
def test_a_pipe_or_a_socket_costs_only_itself(stub_pipeline, write_photograph, tmp_path, monkeypatch, name):
    write_photograph("p/a.png", 2)
    os.mkfifo(tmp_path / "p" / name)
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("p/y.png")
        output = OutputOptions(export=["labels"])
        count_photographs(find_candidates([tmp_path / "p"]), tmp_path / "out", CountOptions(), output)
    (_, count, _), *special = errors_and_counts(tmp_path / "out")
    assert count == "2"
    assert len(special) == 2
    assert all("a pipe, a socket or a device" in error for _, _, error in special)


def test_a_bad_output_folder_is_found_before_anything_is_counted(stub_pipeline, write_photograph, tmp_path):
    stub_pipeline[1] = AssertionError
    (tmp_path / "out").write_text("mine")
    with pytest.raises(UsageError):
        count_photographs(find_candidates([write_photograph("a.png")]), tmp_path / "out", CountOptions())


def test_outcomes_are_told_as_they_come(stub_pipeline, write_photograph, tmp_path):
    told = []
    paths = [write_photograph(f"{n}.png", n) for n in (1, 2)]
    batch = count_photographs(find_candidates(paths), tmp_path / "out", CountOptions(), each=told.append)
    assert told == batch.outcomes


def test_the_same_name_in_two_folders(stub_pipeline, write_photograph, tmp_path):
    paths = [write_photograph(f"{day}/1.png", n) for n, day in enumerate(("monday", "tuesday"), start=1)]
    count_photographs(find_candidates(paths), tmp_path / "out", CountOptions())
    assert errors_and_counts(tmp_path / "out") == [("monday/1.png", "1", ""), ("tuesday/1.png", "2", "")]
    assert names(tmp_path / "out" / "overlay") == ["monday_1.png", "tuesday_1.png"]


def test_paths_are_recorded_as_given(stub_pipeline, write_photograph, tmp_path, monkeypatch):
    write_photograph("my photos/a.png")
    monkeypatch.chdir(tmp_path)
    count_photographs(find_candidates(["my photos/"]), "out", CountOptions())
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert [photograph["path"] for photograph in record["photographs"]] == ["my photos/a.png"]
    assert str(tmp_path) not in json.dumps(record)
