"""A run that was stopped goes on: what it leaves at each moment is copied while it runs, as kill -9 would leave it."""

import csv
import json
import shutil
from dataclasses import replace

import pytest

from hemolens.batch import photograph_task
from hemolens.batch.photographs import INTERRUPTED, count_photographs, find_candidates
from hemolens.errors import OutputError, UsageError
from hemolens.files import whole_file
from hemolens.options import CountOptions
from hemolens.output.options import OutputOptions

OUTPUT = OutputOptions(export=("coco", "geojson", "xlsx", "yolo"))
GREYS = (3, 0, 7, 5)
DRAFT = ".hemolens-killed"


@pytest.fixture
def counted(stub_pipeline, monkeypatch):
    """Names of the photographs that were counted, in order; the stub's results are of the photographs given."""
    names, stub = [], photograph_task.count_image

    def count_image(photograph, options, *_):
        names.append(photograph.name)
        return replace(stub(photograph, options), image=photograph)

    monkeypatch.setattr(photograph_task, "count_image", count_image)
    return names


@pytest.fixture
def photographs(write_photograph, tmp_path):
    for n, grey in enumerate(GREYS):
        write_photograph(f"photographs/{n}.png", grey)
    return tmp_path / "photographs"


def count(photographs, out, options=None, **how):
    return count_photographs(find_candidates([photographs]), out, options or CountOptions(), OUTPUT, **how)


def files(folder):
    """What a run has written but run.json, which has times, as the workbook has."""
    found = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    assert found.pop("run.json")
    assert found.pop("results.xlsx")
    return found


@pytest.fixture
def killed(photographs, counted, tmp_path):
    """What a run leaves that is killed after so many photographs, and what it would have written."""
    moments = []

    def copy(_):
        (draft,) = (tmp_path / "whole").glob(".hemolens-*/")
        shutil.copytree(draft, tmp_path / "moments" / str(len(moments) + 1))
        moments.append(draft)

    count(photographs, tmp_path / "whole", each=copy)
    counted.clear()

    def after(n_photographs, out):
        (tmp_path / out).mkdir()
        shutil.copytree(tmp_path / "moments" / str(n_photographs), tmp_path / out / DRAFT)
        return tmp_path / out

    return after


@pytest.mark.parametrize("n_photographs", [1, 2, 3, 4])
def test_a_killed_run_goes_on_and_writes_what_it_would_have_written(
    photographs, killed, counted, tmp_path, n_photographs
):
    out = killed(n_photographs, "out")
    batch = count(photographs, out, resume=True)
    assert counted == ["0.png", "1.png", "2.png", "3.png"][n_photographs:]
    assert files(out) == files(tmp_path / "whole")
    assert (batch.folder, batch.unfinished) == (out, [])
    assert json.loads((out / "run.json").read_text())["complete"] is True
    assert [each.counts.rbc for each in batch.outcomes] == list(GREYS)


@pytest.mark.parametrize("n_bytes", [2, 100, 600])
def test_a_line_that_was_cut_short_is_not_believed(photographs, killed, counted, tmp_path, n_bytes):
    out = killed(3, "out")
    lines = out / DRAFT / "photographs.jsonl"
    lines.write_bytes(lines.read_bytes()[:-n_bytes])
    count(photographs, out, resume=True)
    assert counted == ["2.png", "3.png"]
    assert files(out) == files(tmp_path / "whole")


def test_a_file_that_was_cut_short_is_not_believed(photographs, killed, counted, tmp_path):
    out = killed(3, "out")
    (out / DRAFT / "overlay" / "1.png").write_bytes(b"half a pict")
    count(photographs, out, resume=True)
    assert counted == ["1.png", "3.png"]
    assert files(out) == files(tmp_path / "whole")


def test_a_photograph_that_was_replaced_is_counted_anew(photographs, killed, counted, write_photograph):
    out = killed(3, "out")
    write_photograph("photographs/1.png", 9)
    batch = count(photographs, out, resume=True)
    assert counted == ["1.png", "3.png"]
    assert [each.counts.rbc for each in batch.outcomes] == [3, 9, 7, 5]


def test_the_same_photograph_twice_is_two_rows(photographs, killed, counted):
    shutil.copy(photographs / "0.png", photographs / "0 again.png")
    out = killed(2, "out")
    batch = count(photographs, out, resume=True)
    assert counted == ["0 again.png", "2.png", "3.png"]
    assert sorted(each.counts.rbc for each in batch.outcomes) == [0, 3, 3, 5, 7]


def test_one_that_failed_is_tried_again(photographs, counted, tmp_path, stub_pipeline):
    stub_pipeline[0] = MemoryError
    stub_pipeline[7] = KeyboardInterrupt
    assert count(photographs, tmp_path / "out").interrupted
    stub_pipeline.clear()
    batch = count(photographs, tmp_path / "out", resume=True)
    assert [each.counts.rbc for each in batch.outcomes] == list(GREYS)


def test_a_run_that_is_killed_twice_goes_on_with_both(photographs, killed, counted, tmp_path):
    out = killed(1, "out")
    shutil.copytree(tmp_path / "moments" / "3", out / ".hemolens-killed-too")
    count(photographs, out, resume=True)
    assert counted == ["3.png"]
    assert files(out) == files(tmp_path / "whole")


def test_what_is_taken_over_whole_is_not_read_by_the_next_run(photographs, killed, tmp_path):
    out, seen = killed(2, "out"), []
    count(photographs, out, resume=True, each=lambda _: seen.append(len(list(out.glob("unfinished-*")))))
    assert seen == [1, 1, 0, 0]


def test_what_is_taken_over_outlives_a_run_that_cannot_go_on(photographs, killed, counted, tmp_path):
    def counting(_):
        raise UsageError("no", came="none", allowed="some", do="stop")
        yield

    out = killed(2, "out")
    with pytest.raises(UsageError):
        count(photographs, out, resume=True, counting=counting)
    assert counted == []
    count(photographs, out, resume=True)
    assert counted == ["2.png", "3.png"]
    assert files(out) == files(tmp_path / "whole")


def test_an_interrupted_run_goes_on(photographs, counted, tmp_path, stub_pipeline):
    count(photographs, tmp_path / "whole")
    stub_pipeline[7] = KeyboardInterrupt
    count(photographs, tmp_path / "out")
    with (tmp_path / "out" / "counts.csv").open(encoding="utf-8", newline="") as file:
        assert [row["error"] for row in csv.DictReader(file)] == ["", "", INTERRUPTED, INTERRUPTED]
    stub_pipeline.clear()
    counted.clear()
    count(photographs, tmp_path / "out", resume=True)
    assert counted == ["2.png", "3.png"]
    assert files(tmp_path / "out") == files(tmp_path / "whole")


def test_a_full_disk_keeps_what_was_counted(photographs, counted, tmp_path, monkeypatch):
    def full(path, content, bring=whole_file.bring):
        if path.name == "2.png":
            raise OSError(28, "No space left on device")
        return bring(path, content)

    count(photographs, tmp_path / "whole")
    with monkeypatch.context() as disk:
        disk.setattr("hemolens.output.run_files.bring", full)
        with pytest.raises(OutputError, match="No space left"):
            count(photographs, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["unfinished-1"]
    counted.clear()
    count(photographs, tmp_path / "out", resume=True)
    assert counted == ["2.png", "3.png"]
    assert files(tmp_path / "out") == files(tmp_path / "whole")


def test_another_way_of_counting_is_refused_in_words(photographs, killed, counted):
    out = killed(2, "out")
    with pytest.raises(UsageError, match=r"another value of options than in .*unfinished-1.*leave resume out"):
        count(photographs, out, CountOptions(diameter_px=40), resume=True)
    assert counted == []
    assert [path.name for path in out.iterdir()] == ["unfinished-1"]


def test_results_of_a_whole_run_are_not_replaced(photographs, counted, tmp_path):
    count(photographs, tmp_path / "out")
    with pytest.raises(UsageError, match="holds the results of an earlier run"):
        count(photographs, tmp_path / "out", resume=True)


def test_where_there_is_nothing_to_go_on_with_a_run_begins(photographs, counted, tmp_path):
    count(photographs, tmp_path / "out", resume=True)
    assert counted == ["0.png", "1.png", "2.png", "3.png"]


def test_without_resume_all_is_counted_and_what_was_left_is_kept(photographs, killed, counted):
    out = killed(2, "out")
    batch = count(photographs, out)
    assert len(counted) == 4
    assert batch.unfinished == [out / "unfinished-1"]
