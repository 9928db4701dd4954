import subprocess
import sys

import pytest
from PIL import Image

import hemolens
from hemolens.cli import app, main
from hemolens.synthetic import draw_smear


def run(*arguments):
    with pytest.raises(SystemExit) as left:
        main(arguments)
    return left.value.code


def test_version(capsys):
    assert run("--version") == 0
    assert capsys.readouterr().out == f"hemolens {hemolens.__version__}\n"


def test_help_lists_the_commands(capsys):
    assert run("--help") == 0
    out = capsys.readouterr().out
    assert all(command.callback.__name__.replace("_", "-") in out for command in app.registered_commands)
    assert "Research use only: hemolens gives no diagnosis." in " ".join(out.split())


@pytest.mark.parametrize(
    "arguments", [[], ["count"], ["count", "--bogus", "a"], ["nonsense"], ["demo", "--seed", "x"], ["demo", "a"]]
)
def test_bad_usage_has_exit_status_2(arguments, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(*arguments) == 2
    assert list(tmp_path.iterdir()) == []


def test_help_needs_no_heavy_package():
    program = (
        "import sys; from hemolens.cli import main\n"
        "try: main(['count', '--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'cv2', 'scipy', 'skimage', 'PIL', 'onnxruntime', 'torch', 'tifffile'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


NOT_FOR_THE_USUAL_COUNT = {
    "scipy",
    "skimage",
    "tifffile",
    "torch",
    "onnx",
    "matplotlib",
    "pandas",
    "reportlab",
    "roifile",
    "markdown_it",
    "defusedxml",
    "numcodecs",
    "zarr",
    "pyarrow",
    "tiffslide",
    "openslide",
    "rich.progress",
    "hemolens.images.slides.slide",
    "hemolens.output.report.run_report",
    "hemolens.evaluation",
    "hemolens.training",
    "hemolens.synthetic",
}
"""What only other commands and options need: counting one photograph does not wait for it."""


def test_the_usual_count_imports_only_what_it_uses(tmp_path):
    Image.fromarray(draw_smear(seed=1, height=300, width=400, n_rbc=8, n_wbc=1, n_plt=2).pixels).save(
        tmp_path / "smear.jpg"
    )
    program = (
        "import sys; from hemolens.cli import main\n"
        f"try: main(['count', {str(tmp_path / 'smear.jpg')!r}, '--out', {str(tmp_path / 'out')!r}])\n"
        "except SystemExit as done: assert not done.code\n"
        f"print(sorted({NOT_FOR_THE_USUAL_COUNT!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_an_unforeseen_error_is_one_line(capsys, monkeypatch, tmp_path):
    def broken(*_, **__):
        raise ZeroDivisionError("two\nlines")

    monkeypatch.setattr("hemolens.batch.photographs.find_photographs", broken)
    assert run("count", "a.png", "--out", str(tmp_path / "out")) == 1
    expected = "hemolens: a bug in hemolens, please report it: ZeroDivisionError: two lines\n"
    assert capsys.readouterr().err == expected
