"""``hemolens count``: first what the command does with any pipeline, then the real one on drawn smears."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from hemolens.batch import photograph_task
from hemolens.cells.counters import PAPER_COUNTERS
from hemolens.cli import main
from hemolens.errors import ModelError
from hemolens.measurements.quality import Finding, Quality
from hemolens.models.store import PAPER_MODELS
from hemolens.synthetic import draw_smear

SOURCE = Path(__file__).parent.parent.parent / "src"


def run(*arguments):
    with pytest.raises(SystemExit) as left:
        main(["count", *map(str, arguments)])
    return left.value.code


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# ------------------------------------------------------------------ the command, on a stubbed pipeline


def test_all_counted_is_exit_status_0(stub_pipeline, write_photograph, tmp_path, capsys):
    assert run(write_photograph("a.png", 105), "--out", tmp_path / "out") == 0
    out, err = capsys.readouterr()
    assert "105" in out
    assert "Research use only: hemolens gives no diagnosis." in out
    assert err == ""
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "cells.csv",
        "counts.csv",
        "overlay",
        "run.json",
        "summary.csv",
    ]


def test_what_a_model_cannot_count_is_said_before_the_run(stub_pipeline, write_photograph, tmp_path, capsys):
    photograph = write_photograph("a.png", 105)
    assert run(photograph, "--model", "grabcut-white-cells", "--out", tmp_path / "out") == 0
    said = capsys.readouterr().err
    assert said == "hemolens: 'grabcut-white-cells' cannot count red cells and platelets: one-pass counts these\n"


def test_nothing_is_said_of_models_that_count_every_type(stub_pipeline, write_photograph, tmp_path, capsys):
    assert run(write_photograph("a.png", 105), "--model", "otsu-watershed", "--out", tmp_path / "out") == 0
    assert capsys.readouterr().err == ""


def test_a_report_on_request(stub_pipeline, write_photograph, tmp_path, capsys):
    assert run(write_photograph("a.png", 3), "--report", "--out", tmp_path / "out") == 0
    assert "overlay/, report.html, report.pdf" in capsys.readouterr().out
    assert (tmp_path / "out" / "report.html").is_file()
    assert (tmp_path / "out" / "report.pdf").is_file()


def test_a_log_file_has_the_progress(stub_pipeline, write_photograph, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("hemolens.cli.count.LOG_SECONDS", 0)
    assert run(*[write_photograph(f"{n}.png", n) for n in (1, 2, 3)], "--out", tmp_path / "out") == 0
    lines = [f"hemolens: {n} of 3 photographs" for n in (1, 2)]
    assert capsys.readouterr().err.splitlines() == lines


def test_what_a_folder_holds_besides_is_said_in_one_line(stub_pipeline, write_photograph, tmp_path, capsys):
    write_photograph("p/a.png", 2)
    write_photograph("p/deeper/b.png", 3)
    (tmp_path / "p" / "c.czi").touch()
    assert run(tmp_path / "p", "--out", tmp_path / "out") == 0
    assert capsys.readouterr().err == "hemolens: passed over: 1 .czi, 1 folder (--recursive)\n"


def test_folders_inside_a_folder_are_searched_on_request(stub_pipeline, write_photograph, tmp_path):
    write_photograph("p/a.png", 2)
    write_photograph("p/deeper/b.png", 3)
    assert run(tmp_path / "p", "--recursive", "--out", tmp_path / "out") == 0
    assert [row["rbc"] for row in rows(tmp_path / "out" / "counts.csv")] == ["2", "3"]


@pytest.mark.parametrize("broken", [OSError(28, "No space left on device"), BrokenPipeError(32, "Broken pipe")])
def test_messages_that_nobody_reads_do_not_end_the_run(stub_pipeline, write_photograph, tmp_path, monkeypatch, broken):
    class Broken(io.StringIO):
        def write(self, _):
            raise broken

    monkeypatch.setattr(sys, "stderr", Broken())
    monkeypatch.setattr(sys, "stdout", Broken())
    paths = [tmp_path / "missing.png", tmp_path / "gone.png", write_photograph("a.png", 2)]
    assert run(*paths, "--out", tmp_path / "out") == 1
    assert [row["rbc"] for row in rows(tmp_path / "out" / "counts.csv")] == ["", "", "2"]


def test_closed_streams_do_not_end_the_run(stub_pipeline, write_photograph, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.setattr(sys, "stdout", None)
    assert run(tmp_path / "missing.png", write_photograph("a.png", 2), "--out", tmp_path / "out") == 1
    assert rows(tmp_path / "out" / "counts.csv")[1]["rbc"] == "2"


def test_the_default_output_folder(stub_pipeline, write_photograph, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(write_photograph("a.png")) == 0
    assert (tmp_path / "hemolens-out" / "counts.csv").is_file()


def test_several_photographs_have_a_total(stub_pipeline, write_photograph, tmp_path, capsys):
    assert run(write_photograph("a.png", 30), write_photograph("b.png", 12), "--out", tmp_path / "out") == 0
    total = next(line for line in capsys.readouterr().out.splitlines() if "total" in line)
    assert total.split() == ["total", "of", "2", "42", "0", "0"]


def test_some_failed_is_exit_status_1_and_one_line_each(stub_pipeline, write_photograph, tmp_path, capsys):
    (tmp_path / "broken.png").write_bytes(b"not a photograph")
    paths = [tmp_path / "missing.png", write_photograph("a.png", 2), tmp_path / "broken.png"]
    assert run(*paths, "--out", tmp_path / "out") == 1
    lines = capsys.readouterr().err.splitlines()
    assert [name for name in ("missing.png", "broken.png") if name not in "".join(lines)] == []
    assert len(lines) == 2
    errors = [row["error"] for row in rows(tmp_path / "out" / "counts.csv")]
    assert [f"hemolens: {error}" for error in errors if error] == lines
    assert rows(tmp_path / "out" / "counts.csv")[1]["rbc"] == "2"


def test_all_failed_is_exit_status_1_and_still_a_table(stub_pipeline, tmp_path):
    assert run(tmp_path / "missing.png", "--out", tmp_path / "out") == 1
    assert [row["image"] for row in rows(tmp_path / "out" / "counts.csv")] == ["missing.png"]


def test_a_bug_is_one_line_without_a_traceback(stub_pipeline, write_photograph, tmp_path, capsys):
    stub_pipeline[9] = ZeroDivisionError
    assert run(write_photograph("a.png", 9), "--out", tmp_path / "out") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "'a.png'" in line
    assert "a bug in hemolens" in line


def test_an_unknown_counter_is_exit_status_2(stub_pipeline, write_photograph, tmp_path, capsys):
    path = write_photograph("a.png")
    assert run(path, "--counter", "hough", "--out", tmp_path / "out") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("hemolens: unknown counter: got 'hough'; allowed: auto, ")
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


def test_exports_are_written_and_named(stub_pipeline, write_photograph, tmp_path, capsys):
    assert run(write_photograph("a.png", 2), "--export", "geojson, coco", "--out", tmp_path / "out") == 0
    assert "counts.csv, cells.csv, summary.csv, run.json and overlay/, coco.json, geojson/" in capsys.readouterr().out
    assert (tmp_path / "out" / "coco.json").is_file()
    assert (tmp_path / "out" / "geojson" / "a.geojson").is_file()
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert (record["output"]["export"], record["command"]["export"]) == (["coco", "geojson"], "geojson, coco")


def test_an_unknown_export_is_exit_status_2_before_anything_is_read(stub_pipeline, tmp_path, capsys):
    assert run(tmp_path / "missing.png", "--export", "coco,svg", "--out", tmp_path / "out") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("hemolens: unknown export format: got 'svg'; allowed: coco, geojson, imagej, labels, voc, ")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_library_is_one_line_that_says_what_to_install(stub_pipeline, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert run(tmp_path / "missing.png", "--export", "parquet", "--out", tmp_path / "out") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("got no pyarrow; allowed: an installation with pyarrow; pip install 'hemolens[export]'")


def test_an_output_that_is_a_file_is_exit_status_2_before_counting(stub_pipeline, write_photograph, tmp_path, capsys):
    stub_pipeline[1] = AssertionError
    (tmp_path / "out").write_text("mine")
    assert run(write_photograph("a.png"), "--out", tmp_path / "out") == 2
    assert "the output folder is not a folder" in capsys.readouterr().err
    assert (tmp_path / "out").read_text() == "mine"


def test_missing_models_are_one_line_and_exit_status_1(stub_pipeline, write_photograph, tmp_path, capsys, monkeypatch):
    def no_model(*_, **__):
        raise ModelError("weights are missing", came="none", allowed="some", do="install again")

    monkeypatch.setattr("hemolens.batch.photograph_task.count_image", no_model)
    assert run(write_photograph("a.png"), write_photograph("b.png"), "--out", tmp_path / "out") == 1
    assert capsys.readouterr().err == "hemolens: weights are missing: got none; allowed: some; install again\n"


def test_a_disk_that_fills_up_is_exit_status_1(stub_pipeline, write_photograph, tmp_path, capsys, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    assert run(write_photograph("a.png"), "--out", tmp_path / "out") == 1
    assert "hemolens: the results cannot be written: got 'No space left on device'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_interrupted_is_exit_status_130(stub_pipeline, write_photograph, tmp_path, capsys):
    stub_pipeline[9] = KeyboardInterrupt
    assert run(write_photograph("a.png", 2), write_photograph("b.png", 9), "--out", tmp_path / "out") == 130
    assert "interrupted" in capsys.readouterr().err
    assert [row["rbc"] for row in rows(tmp_path / "out" / "counts.csv")] == ["2", ""]


@pytest.mark.posix("signals")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_other_signals_keep_what_was_counted_too(stub_pipeline, write_photograph, tmp_path, monkeypatch, request, name):
    number = getattr(signal, name)
    request.addfinalizer(partial(signal.signal, number, signal.getsignal(number)))
    signal.signal(number, signal.SIG_DFL)  # the tests may run under nohup
    counted = photograph_task.count_image

    def count_image(photograph, options, *_):
        if photograph.name == "b.png":
            signal.raise_signal(number)
        return counted(photograph, options)

    monkeypatch.setattr(photograph_task, "count_image", count_image)
    assert run(write_photograph("a.png", 2), write_photograph("b.png", 9), "--out", tmp_path / "out") == 128 + number
    assert [row["rbc"] for row in rows(tmp_path / "out" / "counts.csv")] == ["2", ""]
    assert not list((tmp_path / "out").glob(".*"))
    assert signal.getsignal(number) is signal.SIG_DFL


def test_ctrl_c_while_the_files_are_moved_waits_and_is_told_as_it_was(
    stub_pipeline, write_photograph, tmp_path, capsys, monkeypatch
):
    replace = Path.replace

    def interrupted(self, target):
        if self.name == "cells.csv":
            signal.raise_signal(signal.SIGINT)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", interrupted)
    assert run(write_photograph("a.png", 2), "--out", tmp_path / "out") == 130
    assert capsys.readouterr().err == "hemolens: interrupted, the results contain the photographs counted before\n"
    assert [row["rbc"] for row in rows(tmp_path / "out" / "counts.csv")] == ["2"]
    assert json.loads((tmp_path / "out" / "run.json").read_text())["complete"] is True


def test_what_a_killed_run_had_counted_is_kept_and_named(stub_pipeline, write_photograph, tmp_path, capsys):
    draft = tmp_path / "out" / ".hemolens-abcd"
    draft.mkdir(parents=True)
    (draft / "counts.csv").write_text("image\na.png\n")
    assert run(write_photograph("b.png", 2), "--out", tmp_path / "out") == 0
    assert "hemolens: a run had been killed: what it had counted is in " in capsys.readouterr().err
    assert (tmp_path / "out" / "unfinished-1" / "counts.csv").read_text() == "image\na.png\n"


def test_interrupted_at_once_leaves_no_folder(stub_pipeline, write_photograph, tmp_path):
    stub_pipeline[9] = KeyboardInterrupt
    assert run(write_photograph("a.png", 9), "--out", tmp_path / "out") == 130
    assert not (tmp_path / "out").exists()


def folder_files(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_second_run_goes_into_a_numbered_folder_and_says_so(stub_pipeline, write_photograph, tmp_path, capsys):
    for n in (2, 3, 4):
        assert run(write_photograph("a.png", n), "--out", tmp_path / "out") == 0
    assert [rows(tmp_path / name / "counts.csv")[0]["rbc"] for name in ("out", "out-2", "out-3")] == ["2", "3", "4"]
    out, err = capsys.readouterr()
    said = f"'{tmp_path / 'out'}' holds the results of an earlier run: these are in '{tmp_path / 'out-3'}'"
    assert err.splitlines()[-1] == f"hemolens: {said}"
    assert f"Results in '{tmp_path / 'out-3'}'" in out


def test_results_are_overwritten_on_request(stub_pipeline, write_photograph, tmp_path, capsys):
    assert run(write_photograph("a.png", 2), "--out", tmp_path / "out") == 0
    assert run(write_photograph("a.png", 3), "--out", tmp_path / "out", "--overwrite") == 0
    assert rows(tmp_path / "out" / "counts.csv")[0]["rbc"] == "3"
    assert capsys.readouterr().err == ""
    assert not (tmp_path / "out-2").exists()


@pytest.mark.parametrize("option", [[], ["--overwrite"]])
def test_a_run_that_counts_nothing_leaves_the_folder_as_it_was(
    stub_pipeline, write_photograph, tmp_path, capsys, option
):
    run(write_photograph("a.png", 2), "--out", tmp_path / "out")
    before = folder_files(tmp_path)
    assert run(tmp_path / "misspelt", "--out", tmp_path / "out", *option) == 1
    assert folder_files(tmp_path) == before
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"hemolens: nothing was counted, '{tmp_path / 'out'}' is as it was"
    )


def test_the_options_are_recorded_as_given(stub_pipeline, write_photograph, tmp_path, monkeypatch):
    write_photograph("my photos/a.png")
    monkeypatch.chdir(tmp_path)
    assert run("my photos/", "--out", "out", "--counter", "watershed") == 0
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    expected = {"name": "count", "paths": ["my photos/"], "out": "out", "model": [], "counter": "watershed"}
    expected |= {"diameter_px": None, "um_per_px": None, "export": None, "region": None, "plane": None, "site": None}
    expected |= {
        "report": False,
        "strict": False,
        "overwrite": False,
        "recursive": False,
        "workers": None,
        "cluster": None,
    }
    expected |= {"classifier": None, "resume": False, "shard": None, "watch": False}
    expected |= {"differential": False, "red_cell_shapes": False}
    assert record["command"] == expected


def test_what_was_asked_for_besides_the_counts_is_told(stub_pipeline, write_photograph, tmp_path, capsys):
    assert run(write_photograph("a.png"), "--differential", "--red-cell-shapes", "--out", tmp_path / "out") == 0
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert (record["options"]["classifier"], record["options"]["red_cell_shapes"]) == ("white-cells", True)
    assert record["classifier"]["model"] == "white-cells"


def test_a_plane_of_a_stack_is_counted_and_recorded(stub_pipeline, tmp_path):
    stack = np.stack([np.full((40, 60, 3), grey, np.uint8) for grey in (5, 7, 9)])
    tifffile.imwrite(tmp_path / "a.tif", stack, photometric="rgb")
    assert run(tmp_path / "a.tif", "--plane", "2", "--out", tmp_path / "out") == 0
    assert json.loads((tmp_path / "out" / "run.json").read_text())["options"]["plane"] == 2
    assert (tmp_path / "out" / "counts.csv").read_text().splitlines()[1].startswith("a.tif,60,40,7,0,0,")


def test_the_mean_of_the_smear_says_what_its_interval_includes(stub_pipeline, write_photograph, tmp_path, capsys):
    assert run(write_photograph("a.png", 5), write_photograph("b.png", 9), "--out", tmp_path / "out") == 0
    out = capsys.readouterr().out
    assert "from 2 fields, if they are of one smear: red cells 7.0 (" in out
    assert "the intervals include sampling error only, without the model's error" in out
    assert "per µl" not in out


def test_a_site_adds_estimates_per_microlitre(stub_pipeline, write_photograph, tmp_path, capsys):
    (tmp_path / "site.toml").write_text("[plt]\nfactor = 15000\n", "utf-8")
    path = write_photograph("a.png", 5)
    assert run(path, "--site", tmp_path / "site.toml", "--out", tmp_path / "out") == 0
    assert "Estimated platelets per µl with the factor of the site: 0 (0–55,333)" in capsys.readouterr().out
    per_ul = [row["per_ul"] for row in rows(tmp_path / "out" / "summary.csv")]
    assert per_ul == ["", "", "0"]
    assert json.loads((tmp_path / "out" / "run.json").read_text())["output"]["site"]["plt"]["factor"] == 15000.0


@pytest.mark.parametrize(("option", "value"), [("--site", "missing.toml"), ("--region", "missing.geojson")])
def test_a_missing_option_file_is_exit_status_2(stub_pipeline, write_photograph, tmp_path, capsys, option, value):
    assert run(write_photograph("a.png"), option, value, "--out", tmp_path / "out") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"cannot be read: got '{value}'" in line
    assert not (tmp_path / "out").exists()


def test_two_rulers_at_once_are_exit_status_2(stub_pipeline, write_photograph, tmp_path, capsys):
    path = write_photograph("a.png")
    assert run(path, "--diameter-px", 80, "--um-per-px", 0.09, "--out", tmp_path / "out") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("hemolens: the scale is given twice: got a diameter of 80 px and 0.09 µm per pixel")
    assert not (tmp_path / "out").exists()


def test_a_warning_is_one_line_on_stderr_and_no_failure(stub_pipeline, write_photograph, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("hemolens.measurements.scale.RedCellDiameter.warning", "look twice")
    assert run(write_photograph("a.png", 5), "--out", tmp_path / "out") == 0
    assert capsys.readouterr().err == "hemolens: warning: 'a.png': look twice\n"


@pytest.mark.parametrize(("verdict", "strict", "status"), [("reject", 1, 1), ("reject", 0, 0), ("warn", 1, 0)])
def test_only_strict_fails_and_only_for_what_is_rejected(
    stub_pipeline, write_photograph, tmp_path, capsys, monkeypatch, verdict, strict, status
):
    monkeypatch.setattr("hemolens.measurements.quality.Quality.verdict", verdict)
    assert run(write_photograph("a.png", 7), "--out", tmp_path / "out", *["--strict"] * strict) == status
    assert verdict in capsys.readouterr().out
    (row,) = rows(tmp_path / "out" / "counts.csv")
    assert (row["rbc"], row["quality"], row["error"]) == ("7", verdict, "")


def test_what_the_ruler_says_is_not_said_twice(make_result, write_photograph, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("hemolens.measurements.scale.RedCellDiameter.warning", "look twice")
    quality = Quality((Finding("scale", "warn", "uncertain"), Finding("focus", "warn", "out of focus")), {})
    result = make_result("a.png", quality=quality)
    monkeypatch.setattr("hemolens.batch.photograph_task.count_image", lambda *_: result)
    assert run(write_photograph("a.png", 5), "--out", tmp_path / "out") == 0
    assert capsys.readouterr().err == "hemolens: warning: 'a.png': look twice; out of focus\n"


@pytest.mark.posix("names with control characters")
def test_a_name_with_markup_or_escapes_is_shown_as_text(stub_pipeline, write_photograph, tmp_path, capsys):
    assert run(write_photograph("[bold]\x1b[31m.png"), "--out", tmp_path / "out") == 0
    out = capsys.readouterr().out
    assert "[bold]\\x1b[31m.png" in out
    assert "\x1b" not in out


def test_the_help_names_every_counter(capsys):
    run("--help")
    text = "".join(capsys.readouterr().out.split())
    assert all(name in text for name in PAPER_COUNTERS)


# ------------------------------------------------------------------ the real thing, on drawn smears


@pytest.fixture(scope="module")
def smear():
    return draw_smear(seed=3, height=500, width=700, n_rbc=25, n_wbc=1, n_plt=3)


@pytest.fixture
def count(tmp_path, monkeypatch, capsys):
    """Runs the command in the test's folder; gives its exit status and what it wrote to stderr."""

    def run_there(*arguments):
        monkeypatch.chdir(tmp_path)
        status = run(*arguments)
        return status, capsys.readouterr().err

    return run_there


def test_a_drawn_smear_is_counted_by_a_process_of_its_own(smear, tmp_path):
    Image.fromarray(smear.pixels).save(tmp_path / "smear.png")
    command = [sys.executable, "-c", "from hemolens.cli import main; main()", "count", "smear.png", "--out", "out"]
    environment = os.environ | {"PYTHONIOENCODING": "utf-8", "PYTHONPATH": str(SOURCE)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (0, "")
    (row,) = rows(tmp_path / "out" / "counts.csv")
    assert abs(int(row["rbc"]) - 25) <= 2
    assert int(row["wbc"]) == 1
    assert abs(int(row["plt"]) - 3) <= 1
    assert (row["width"], row["height"]) == ("700", "500")


def test_every_cell_has_a_row_inside_the_photograph(count, smear, tmp_path):
    Image.fromarray(smear.pixels).save(tmp_path / "smear.png")
    assert count("smear.png", "--out", "out") == (0, "")
    (row,) = rows(tmp_path / "out" / "counts.csv")
    cells = rows(tmp_path / "out" / "cells.csv")
    assert [sum(cell["type"] == kind for cell in cells) for kind in ("rbc", "wbc", "plt")] == [
        int(row[kind]) for kind in ("rbc", "wbc", "plt")
    ]
    for cell in cells:
        assert 0 <= int(cell["x0"]) <= float(cell["x"]) < int(cell["x1"]) <= 700
        assert 0 <= int(cell["y0"]) <= float(cell["y"]) < int(cell["y1"]) <= 500


@pytest.mark.parametrize(("option", "value"), [("--diameter-px", 80), ("--um-per-px", 0.09375)])
def test_a_given_ruler_is_used(count, smear, tmp_path, option, value):
    Image.fromarray(smear.pixels).save(tmp_path / "smear.png")
    assert count("smear.png", "--out", "out", option, value) == (0, "")
    (row,) = rows(tmp_path / "out" / "counts.csv")
    assert (row["red_cell_diameter_px"], row["scale_origin"]) == ("80.00", option[2:].replace("-", "_"))


def test_a_region_is_counted_alone(count, smear, tmp_path):
    Image.fromarray(smear.pixels).save(tmp_path / "smear.png")
    assert count("smear.png", "--out", "out", "--region", "0,0,350,500") == (0, "")
    (row,) = rows(tmp_path / "out" / "counts.csv")
    assert int(row["rbc_frame"]) <= int(row["rbc"]) < 25
    assert int(row["frame_area_px"]) == 349 * 499
    assert all(float(cell["x0"]) < 350 for cell in rows(tmp_path / "out" / "cells.csv"))
    assert json.loads((tmp_path / "out" / "run.json").read_text())["options"]["region"] is not None
    status, _ = count("smear.png", "--out", "beside", "--region", "800,0,900,500")
    assert status == 1
    assert "the region contains no pixel of the photograph" in rows(tmp_path / "beside" / "counts.csv")[0]["error"]


@pytest.mark.parametrize("counter", list(PAPER_COUNTERS))
def test_every_counter_counts(count, smear, tmp_path, counter):
    Image.fromarray(smear.pixels).save(tmp_path / "smear.png")
    assert count("smear.png", "--out", "out", "--counter", counter) == (0, "")
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert {method["counter"] for method in record["methods"].values()} == {counter}


@pytest.mark.parametrize("shape", [(1, 1, 3), (300, 400, 3)])
def test_no_cells_are_a_count_with_a_warning(count, tmp_path, shape):
    Image.fromarray(np.full(shape, 220, np.uint8)).save(tmp_path / "empty.png")
    status, err = count("empty.png", "--out", "out")
    assert status == 0
    assert err.startswith("hemolens: warning: 'empty.png': no red cells were found to measure")
    assert len(err.splitlines()) == 1
    (row,) = rows(tmp_path / "out" / "counts.csv")
    assert [row[kind] for kind in ("rbc", "wbc", "plt")] == ["0", "0", "0"]


def test_bad_files_among_good_ones(count, smear, tmp_path):
    photographs = tmp_path / "my photos"
    photographs.mkdir()
    Image.fromarray(smear.pixels).save(photographs / "good.png")
    whole = (photographs / "good.png").read_bytes()
    (photographs / "empty.jpg").write_bytes(b"")
    (photographs / "text.jpg").write_text("not a photograph")
    (photographs / "truncated.png").write_bytes(whole[: len(whole) // 2])
    status, err = count("my photos/", "--out", "out")
    assert status == 1
    assert len(err.splitlines()) == 3
    assert "Traceback" not in err
    failed = [row["image"] for row in rows(tmp_path / "out" / "counts.csv") if row["error"]]
    assert failed == ["empty.jpg", "text.jpg", "truncated.png"]


def test_a_counter_that_cannot_read_a_model_is_refused(write_photograph, tmp_path, capsys):
    options = "--model", "wbc-unet", "--counter", "peaks", "--out", tmp_path / "out"
    assert run(write_photograph("a.png"), *options) == 2
    assert "'peaks' cannot read the maps of model 'wbc-unet' for wbc" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_paper_s_networks_count_together(write_photograph, tmp_path):
    models = [word for name in PAPER_MODELS.values() for word in ("--model", name)]
    assert run(write_photograph("a.png"), *models, "--out", tmp_path / "out") == 0
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert {kind: method["model"] for kind, method in record["methods"].items()} == PAPER_MODELS


def test_an_unknown_model_is_refused_before_anything_is_read(write_photograph, tmp_path, capsys):
    assert run(write_photograph("a.png"), "--model", "nonesuch", "--out", tmp_path / "out") == 1
    assert "there is no such model: got 'nonesuch'; allowed: dct-sharpness, " in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_model_without_a_network_counts_and_is_recorded(tmp_path):
    smear = draw_smear(5, n_rbc=20, n_wbc=1, n_plt=3, overlap=0)
    Image.fromarray(smear.pixels).save(tmp_path / "smear.png")
    assert run(tmp_path / "smear.png", "--model", "otsu-watershed", "--report", "--out", tmp_path / "out") == 0
    (row,) = rows(tmp_path / "out" / "counts.csv")
    assert int(row["rbc"]) == pytest.approx(20, abs=1)
    record = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    assert {each["model"] for each in record["methods"].values()} == {"otsu-watershed"}
    assert "Segmentation otsu, not trained: Bhavnani" in (tmp_path / "out" / "report.html").read_text("utf-8")
