import csv
import json
import shutil
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hemolens.errors import OutputError, UsageError
from hemolens.options import CountOptions
from hemolens.output.entries import name_entries
from hemolens.output.options import OutputOptions
from hemolens.output.run_files import RunFiles
from hemolens.output.run_record import PhotographRecord, RunRecord


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def content(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def write_run(folder, entries, results, command=None):
    with RunFiles(folder, entries, CountOptions(), OutputOptions(), command, overwrite=True) as files:
        for entry, result in zip(entries, results, strict=True):
            files.add(entry, result)


def test_one_row_for_each_photograph_and_each_cell(make_result, make_cell, tmp_path):
    entries = name_entries(["a.jpg", "b.jpg"])
    write_run(tmp_path, entries, [make_result("a.jpg", make_cell()), make_result("b.jpg", make_cell(), make_cell())])
    assert [(row["image"], row["rbc"]) for row in rows(tmp_path / "counts.csv")] == [("a.jpg", "1"), ("b.jpg", "2")]
    cells = [(row["image"], row["cell"]) for row in rows(tmp_path / "cells.csv")]
    assert cells == [("a.jpg", "1"), ("b.jpg", "1"), ("b.jpg", "2")]


def test_the_overlay_column_names_a_file_that_is_there(make_result, tmp_path):
    entries = name_entries(["p/a.jpg", "q/a.jpg", "a.png"])
    write_run(tmp_path, entries, [make_result() for _ in entries])
    assert all((tmp_path / row["overlay"]).is_file() for row in rows(tmp_path / "counts.csv"))
    assert len(list((tmp_path / "overlay").iterdir())) == 3


def test_a_failure_is_a_row_without_counts(make_result, tmp_path):
    entries = name_entries(["a.jpg", "b.jpg"])
    with RunFiles(tmp_path, entries, CountOptions()) as files:
        files.add_failure(entries[0], "broken")
        files.add(entries[1], make_result("b.jpg"))
    first, second = rows(tmp_path / "counts.csv")
    assert (first["rbc"], first["error"]) == ("", "broken")
    assert (second["rbc"], second["error"]) == ("0", "")


def test_nothing_is_there_before_the_run_is_over(make_result, tmp_path):
    entries = name_entries(["a.jpg"])
    with RunFiles(tmp_path, entries, CountOptions()) as files:
        files.add(entries[0], make_result())
        assert [p for p in tmp_path.iterdir() if not p.name.startswith(".")] == []


@pytest.mark.parametrize("failure", [KeyboardInterrupt, ZeroDivisionError])
def test_a_run_that_breaks_leaves_the_earlier_one_as_it_was(make_result, tmp_path, failure):
    entries = name_entries(["a.jpg"])
    write_run(tmp_path, entries, [make_result()])
    before = content(tmp_path)

    def broken_run():
        with RunFiles(tmp_path, entries, CountOptions(), overwrite=True) as files:
            files.add(entries[0], make_result(grey=10))
            raise failure

    with pytest.raises(failure):
        broken_run()
    assert content(tmp_path) == before


def test_an_earlier_run_is_replaced_and_the_users_files_are_kept(make_result, make_cell, tmp_path):
    write_run(tmp_path, name_entries(["a.jpg"]), [make_result("a.jpg", make_cell(), make_cell())])
    (tmp_path / "overlay" / "mine.png").write_bytes(b"mine")
    write_run(tmp_path, name_entries(["b.jpg"]), [make_result("b.jpg")])
    assert [row["image"] for row in rows(tmp_path / "counts.csv")] == ["b.jpg"]
    assert rows(tmp_path / "cells.csv") == []
    assert sorted(p.name for p in (tmp_path / "overlay").iterdir()) == ["b.png", "mine.png"]


def test_a_run_cut_short_says_so(make_result, tmp_path):
    entries = name_entries(["a.jpg", "b.jpg"])
    with RunFiles(tmp_path, entries, CountOptions()) as files:
        files.add(entries[0], make_result("a.jpg"))
        (files._files.draft / entries[1].overlay).write_bytes(b"half a pict")
        files.cut_short("stopped")
    assert [row["error"] for row in rows(tmp_path / "counts.csv")] == ["", "stopped"]
    assert json.loads((tmp_path / "run.json").read_text())["complete"] is False
    assert [p.name for p in (tmp_path / "overlay").iterdir()] == ["a.png"]


def test_the_record_of_a_whole_run(make_result, tmp_path):
    entries = name_entries(["q/a.jpg"])
    write_run(tmp_path, entries, [make_result("a.jpg")], {"name": "count", "paths": ["q/"]})
    record = json.loads((tmp_path / "run.json").read_text())
    assert record["complete"] is True
    assert {each["model"] for each in record["methods"].values()} == {"one-pass"}
    assert record["methods"]["plt"]["counter"] == "peaks"
    assert record["options"] == CountOptions().model_dump(mode="json")
    assert record["photographs"][0]["path"] == "q/a.jpg"


def test_a_photograph_whose_overlay_cannot_be_drawn_leaves_no_trace(make_result, tmp_path, monkeypatch):
    entries = name_entries(["a.jpg"])
    with RunFiles(tmp_path, entries, CountOptions()) as files:
        monkeypatch.setattr("hemolens.output.photograph_output.draw_overlay", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            files.add(entries[0], make_result())
        files.add_failure(entries[0], "broken")
    assert [row["error"] for row in rows(tmp_path / "counts.csv")] == ["broken"]


def test_a_full_disk_is_an_output_error(make_result, tmp_path, monkeypatch):
    def full(self, data):
        raise OSError(28, "No space left on device")

    entries = name_entries(["a.jpg"])
    monkeypatch.setattr(Path, "write_bytes", full)
    with (
        pytest.raises(OutputError, match="No space left"),
        RunFiles(tmp_path / "out", entries, CountOptions()) as files,
    ):
        files.add(entries[0], make_result())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["counts.csv", "cells.csv", "summary.csv", "run.json"])
def test_a_folder_in_the_place_of_a_table_is_refused(tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(UsageError, match="is taken by something else"):
        RunFiles(tmp_path, [], CountOptions())


def test_a_file_in_the_place_of_the_overlays_is_refused(tmp_path):
    (tmp_path / "overlay").write_text("mine")
    with pytest.raises(UsageError, match="is taken by something else"):
        RunFiles(tmp_path, [], CountOptions())


@pytest.mark.parametrize("out", [".", "omezarr/a.ome.zarr/results"])
def test_a_run_never_writes_into_its_own_slides(tmp_path, out):
    """An earlier run has exported the slide: its files would go with those of that run."""
    slide = tmp_path / "omezarr" / "a.ome.zarr"
    slide.mkdir(parents=True)
    (slide / "zarr.json").write_text("{}")
    record = RunRecord.begin(datetime.now(UTC), options=CountOptions(), output={"export": ["omezarr"]})
    record.photographs.append(PhotographRecord(image="a", path=None, overlay="overlay/a.png"))
    (tmp_path / "run.json").write_bytes(record.bytes())
    with pytest.raises(UsageError, match="overwrite one of its photographs"):
        RunFiles(tmp_path / out, name_entries([slide]), CountOptions())


def test_a_run_never_writes_over_its_own_photographs(tmp_path):
    photograph = tmp_path / "overlay" / "a.png"
    photograph.parent.mkdir()
    photograph.write_bytes(b"the only copy")
    with pytest.raises(UsageError, match="overwrite one of its photographs"):
        RunFiles(tmp_path, name_entries([photograph]), CountOptions())
    assert content(tmp_path) == {"overlay/a.png": b"the only copy"}


def test_results_are_replaced_only_on_request(make_result, tmp_path):
    entries = name_entries(["a.jpg"])
    write_run(tmp_path, entries, [make_result()])
    before = content(tmp_path)
    with pytest.raises(UsageError, match=r"holds the results of an earlier run.* set overwrite"):
        RunFiles(tmp_path, entries, CountOptions())
    assert content(tmp_path) == before


def test_a_discarded_run_changes_nothing(make_result, tmp_path):
    entries = name_entries(["a.jpg"])
    with RunFiles(tmp_path, entries, CountOptions()) as files:
        files.add(entries[0], make_result())
        files.discard()
    assert not files.is_published
    assert list(tmp_path.iterdir()) == []


@pytest.mark.posix("symbolic links")
def test_a_linked_folder_of_overlays_is_refused(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "overlay").symlink_to(tmp_path / "mine")
    with pytest.raises(UsageError, match="folders that are no links"):
        RunFiles(tmp_path / "out", [], CountOptions(), overwrite=True)


def test_rows_are_on_the_disk_as_soon_as_a_photograph_is_written(make_result, make_cell, tmp_path):
    entries = name_entries(["a.jpg"])
    with RunFiles(tmp_path, entries, CountOptions()) as files:
        files.add(entries[0], make_result("a.jpg", make_cell()))
        assert [row["rbc"] for row in rows(files._files.draft / "counts.csv")] == ["1"]
        assert len(rows(files._files.draft / "cells.csv")) == 1
        assert json.loads((files._files.draft / "run.json").read_text())["complete"] is False


def test_a_disk_that_is_full_at_the_end_leaves_the_earlier_run_and_what_was_counted(make_result, tmp_path):
    """The rows that wait for room fail once more when their file is closed."""
    entries = name_entries(["a.jpg"])
    write_run(tmp_path, entries, [make_result()])
    before = content(tmp_path)

    def full_run():
        with RunFiles(tmp_path, entries, CountOptions(), overwrite=True) as files:
            files._open.callback(fail)
            files.add(entries[0], make_result(grey=10))

    def fail():
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="No space left"):
        full_run()
    left = content(tmp_path)
    assert {name: left[name] for name in before} == before
    assert {name.split("/")[0] for name in set(left) - set(before)} == {"unfinished-1"}
    assert not list(tmp_path.glob(".*"))


def test_a_folder_that_is_removed_during_the_run_is_an_output_error(make_result, tmp_path):
    entries = name_entries(["a.jpg"])

    def orphaned_run():
        with RunFiles(tmp_path / "out", entries, CountOptions()) as files:
            shutil.rmtree(tmp_path / "out")
            files.add(entries[0], make_result())

    with pytest.raises(OutputError, match="No such file"):
        orphaned_run()
    assert list(tmp_path.iterdir()) == []


def test_memory_does_not_grow_with_the_pictures(make_result, tmp_path):
    entries = name_entries([f"{n}.jpg" for n in range(200)])
    result = make_result()
    with RunFiles(tmp_path, entries, CountOptions()) as files:
        files.add(entries[0], result)
        tracemalloc.start()
        for entry in entries[1:]:
            files.add(entry, result)
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert held / 199 < 4000  # a name, a hash and a path; the overlay alone has 7200 bytes
