"""``hemolens validate``: two tables in, an agreement study out."""

import subprocess
import sys

import pytest

from hemolens.cli import main

NOT_FOR_TWO_TABLES = {
    "cv2",
    "PIL",
    "tifffile",
    "tiffslide",
    "openslide",
    "zarr",
    "numcodecs",
    "skimage",
    "onnxruntime",
    "torch",
    "reportlab",
    "roifile",
    "hemolens.images.slides",
    "hemolens.measurements",
    "hemolens.models",
    "hemolens.segmentation",
    "hemolens.cells",
    "hemolens.pipeline",
    "hemolens.training",
    "hemolens.output.report.pdf_page",
    "hemolens.output.report.run_report",
}
"""Photographs, slides, networks and PDF: the study only reads and writes tables, plots and a page."""


def run(*arguments):
    with pytest.raises(SystemExit) as left:
        main(["validate", *map(str, arguments)])
    return left.value.code


@pytest.fixture
def tables(tmp_path):
    counts = "image,width,height,rbc,wbc,plt,error\n" + "".join(f"{n}.jpg,9,9,{n + n % 3},1,0,\n" for n in range(9))
    (tmp_path / "counts.csv").write_text(counts, "utf-8")
    (tmp_path / "ours.csv").write_text("image,rbc\n" + "".join(f"{n},{n}\n" for n in range(10)), "utf-8")
    return tmp_path / "counts.csv", tmp_path / "ours.csv"


def test_the_figures_are_shown(tables, tmp_path, capsys):
    assert run(*tables, "--out", tmp_path / "out") == 0
    out = capsys.readouterr().out
    assert "red cells: 9 photographs, 36 in the reference, 45 counted, bias +25.0 % [" in out
    assert "Research use only" in out
    assert (tmp_path / "out/validate.html").is_file()


def test_what_was_left_out_is_said(tables, tmp_path, capsys):
    run(*tables, "--out", tmp_path / "out")
    assert "hemolens: 1 photograph in the reference, but not among the counts: 9." in capsys.readouterr().err


def test_a_malformed_table_is_wrong_usage_and_leaves_nothing(tables, tmp_path, capsys):
    tables[1].write_text("image,rbc\n1,-4\n", "utf-8")
    assert run(*tables, "--out", tmp_path / "out") == 2
    assert "rbc in line 2 of 'ours.csv' is not a count: got '-4'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_table_is_not_replaced(tables, tmp_path, capsys):
    tables[1].rename(tmp_path / "validate.csv")
    assert run(tables[0], tmp_path / "validate.csv", "--out", tmp_path) == 2
    assert "would replace what it compares" in capsys.readouterr().err


def test_no_photograph_network_or_pdf_library_is_imported(tables, tmp_path):
    arguments = ["validate", *map(str, tables), "--out", str(tmp_path / "out")]
    program = (
        "import sys; from hemolens.cli import main\n"
        f"try: main({arguments!r})\n"
        "except SystemExit as done: assert not done.code\n"
        f"print(sorted({NOT_FOR_TWO_TABLES!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (tmp_path / "out/validate.html").is_file()
    assert done.stdout.splitlines()[-1] == "[]"
