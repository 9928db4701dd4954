"""What all formats of ``--export`` have in common."""

import importlib.util

import pytest

from hemolens.errors import UsageError
from hemolens.options import CountOptions
from hemolens.output.entries import name_entries
from hemolens.output.export.registry import FORMATS, ExportFiles, check_formats, file_names, folder_names
from hemolens.output.options import OutputOptions
from hemolens.output.run_files import RunFiles

INSTALLED = [name for name, each in FORMATS.items() if all(importlib.util.find_spec(need) for need in each.needs)]
"""Formats that can be written here: some only where their library is."""


def content(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def write_run(folder, formats, *results, paths=None):
    entries = name_entries(paths or [result.image.name for result in results])
    with RunFiles(folder, entries, CountOptions(), OutputOptions(export=formats), overwrite=True) as files:
        for entry, result in zip(entries, results, strict=True):
            files.add(entry, result)
    return entries


def test_an_unknown_format_is_refused():
    with pytest.raises(UsageError, match=r"unknown export format: got 'svg'; allowed: coco, geojson, .*xlsx; choose"):
        check_formats(["coco", "svg"])


@pytest.mark.parametrize(("name", "library"), [("parquet", "pyarrow"), ("omezarr", "zarr"), ("xlsx", "openpyxl")])
def test_a_missing_library_is_refused_with_what_to_install(name, library, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    message = rf"{name} needs a library.*: got no {library}; .*pip install 'hemolens\[export\]'"
    with pytest.raises(UsageError, match=message):
        check_formats(["coco", name])


def test_formats_that_need_nothing_are_written_without_the_extra(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    plain = [name for name in FORMATS if name not in {"parquet", "omezarr", "xlsx"}]
    assert check_formats(plain) == plain


@pytest.mark.parametrize("name", INSTALLED)
def test_a_run_writes_the_files_that_are_named(name, tmp_path, drawn, make_result):
    entries = write_run(tmp_path, [name], drawn, make_result("b.jpg"))
    before = {"counts.csv", "cells.csv", "summary.csv", "run.json", "overlay/a.png", "overlay/b.png"}
    assert set(content(tmp_path)) - before == set(file_names([name], entries))


@pytest.mark.parametrize("name", INSTALLED)
def test_names_that_lead_elsewhere_stay_in_the_folder(name, tmp_path, make_result, make_cell):
    out = tmp_path / "out"
    paths = ["../../up.jpg", "/etc/passwd", "..\\..\\back.jpg", "a\nb.jpg", "....//x.jpg", "classes.txt"]
    entries = write_run(out, [name], *[make_result("x.jpg", make_cell())] * len(paths), paths=paths)
    assert [p for p in tmp_path.iterdir() if p != out] == []
    assert set(file_names([name], entries)) <= set(content(out))
    for file in file_names([name], entries):
        assert (out / file).resolve().is_relative_to(out.resolve())


@pytest.mark.parametrize("name", INSTALLED)
def test_photographs_of_like_names_do_not_share_a_file(name, tmp_path, make_result):
    entries = write_run(tmp_path, [name], *[make_result()] * 3, paths=["p/a.jpg", "q/a.jpg", "p/a.png"])
    names = file_names([name], entries)
    assert len({each.casefold() for each in names}) == len(names)


@pytest.mark.parametrize("name", INSTALLED)
def test_a_photograph_whose_export_fails_leaves_no_trace(name, tmp_path, make_result, make_cell, monkeypatch):
    entries = name_entries(["a.jpg", "b.jpg"])
    with RunFiles(tmp_path, entries, CountOptions(), OutputOptions(export=[name])) as files:
        with monkeypatch.context() as broken:
            broken.setattr(FORMATS[name], "part", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                files.add(entries[0], make_result("a.jpg", make_cell()))
        files.add_failure(entries[0], "broken")
        files.add(entries[1], make_result("b.jpg", make_cell()))
    only = write_run(tmp_path / "only", [name], make_result("b.jpg", make_cell()))
    assert set(content(tmp_path)) >= set(file_names([name], only))
    assert not {p for p in content(tmp_path) if p.split("/")[-1].startswith("a.")}


def test_an_earlier_run_is_replaced_and_the_users_files_are_kept(tmp_path, make_result, make_cell):
    write_run(tmp_path, INSTALLED, make_result("a.jpg", make_cell()), make_result("b.jpg", make_cell()))
    (tmp_path / "geojson" / "mine.geojson").write_bytes(b"mine")
    (tmp_path / "labels" / "mine.csv").write_bytes(b"mine")
    write_run(tmp_path, ["geojson"], make_result("b.jpg"))
    assert set(content(tmp_path)) == {
        "counts.csv", "cells.csv", "summary.csv", "run.json", "overlay/b.png", "geojson/b.geojson",
        "geojson/mine.geojson", "labels/mine.csv",
    }  # fmt: skip


def test_a_folder_that_holds_nothing_else_goes_with_its_files(tmp_path, make_result):
    write_run(tmp_path, ["geojson", "yolo"], make_result("a.jpg"))
    (tmp_path / "yolo" / "labels" / "mine").mkdir()
    write_run(tmp_path, [], make_result("a.jpg"))
    assert not (tmp_path / "geojson").exists()
    assert (tmp_path / "yolo" / "labels" / "mine").is_dir()


def test_a_record_made_by_somebody_else_removes_nothing_elsewhere(tmp_path, make_result):
    out = tmp_path / "out"
    (out / "geojson").mkdir(parents=True)
    (tmp_path / "x.geojson").write_bytes(b"mine")
    overlays = '{"overlay": "overlay/../../x.png"}, {"overlay": "overlay/..png"}, {"overlay": "/x.png"}'
    (out / "run.json").write_text(f'{{"exports": ["geojson", "../..", 7, null], "photographs": [{overlays}]}}')
    write_run(out, [], make_result())
    assert (tmp_path / "x.geojson").read_bytes() == b"mine"


def test_a_run_that_breaks_writes_nothing(tmp_path, make_result):
    entries = name_entries(["a.jpg"])

    def broken_run():
        with RunFiles(tmp_path / "out", entries, CountOptions(), OutputOptions(export=INSTALLED)) as files:
            files.add(entries[0], make_result("a.jpg"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken_run()
    assert list(tmp_path.iterdir()) == []


def test_a_run_cut_short_has_no_half_written_file(tmp_path, make_result):
    entries = name_entries(["a.jpg", "b.jpg"])
    with RunFiles(tmp_path, entries, CountOptions(), OutputOptions(export=["geojson", "coco"])) as files:
        files.add(entries[0], make_result("a.jpg"))
        (files._files.draft / "geojson/b.geojson").write_bytes(b'{"type": "Fea')
        files.cut_short("stopped")
    assert [p.name for p in (tmp_path / "geojson").iterdir()] == ["a.geojson"]


@pytest.mark.parametrize("folder", folder_names(file_names(INSTALLED, name_entries(["a.jpg"]))))
def test_a_file_in_the_place_of_a_folder_is_refused(folder, tmp_path):
    (tmp_path / folder).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / folder).write_text("mine")
    with pytest.raises(UsageError, match="is taken by something else"):
        RunFiles(tmp_path, name_entries(["a.jpg"]), CountOptions(), OutputOptions(export=INSTALLED))


def test_a_run_never_writes_over_its_own_photographs(tmp_path):
    photograph = tmp_path / "labels" / "rbc" / "a.png"
    photograph.parent.mkdir(parents=True)
    photograph.write_bytes(b"the only copy")
    with pytest.raises(UsageError, match="overwrite one of its photographs"):
        RunFiles(tmp_path, name_entries([photograph]), CountOptions(), OutputOptions(export=["labels"]))
    assert content(tmp_path) == {"labels/rbc/a.png": b"the only copy"}


def test_result_save_writes_them_too(tmp_path, drawn):
    drawn.save(tmp_path, export=["voc", "coco"])
    assert (tmp_path / "coco.json").is_file()
    assert (tmp_path / "voc" / "a.xml").is_file()


def test_the_names_are_put_in_order():
    assert ExportFiles(["yolo", "coco"], []).names == ["coco", "yolo"]
