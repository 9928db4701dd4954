import subprocess
import sys

import pytest

import hemolens
from hemolens.cli import app, main


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
    assert all(command.callback.__name__ in out for command in app.registered_commands)
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


def test_an_unforeseen_error_is_one_line(capsys, monkeypatch, tmp_path):
    def broken(*_):
        raise ZeroDivisionError("two\nlines")

    monkeypatch.setattr("hemolens.batch.photographs.find_photographs", broken)
    assert run("count", "a.png", "--out", str(tmp_path / "out")) == 1
    expected = "hemolens: a bug of hemolens, please report it: ZeroDivisionError: two lines\n"
    assert capsys.readouterr().err == expected
