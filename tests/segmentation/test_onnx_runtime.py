import os
import subprocess
import sys

import pytest
from PIL import Image

from hemolens.segmentation.onnx_runtime import SWITCH, _quota, n_processors
from hemolens.synthetic import draw_smear


def test_a_run_leaves_nothing_outside_of_its_folder(tmp_path):
    """ONNX Runtime would leave a device id and a queue of reports below the home folder."""
    home, out = tmp_path / "home", tmp_path / "out"
    home.mkdir()
    Image.fromarray(draw_smear(1, height=200, width=300, n_rbc=5, n_wbc=1, n_plt=1).pixels).save(tmp_path / "a.png")
    kept = {name: value for name, value in os.environ.items() if name != SWITCH}
    environment = kept | {"HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache"), "USERPROFILE": str(home)}
    program = f"from hemolens.cli import main; main(['count', 'a.png', '--report', '--out', {str(out)!r}])"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert list(home.rglob("*")) == []
    assert {path.name for path in tmp_path.iterdir()} == {"home", "out", "a.png"}


def test_what_the_user_has_set_stays(monkeypatch):
    from hemolens.segmentation.onnx_runtime import onnx_runtime

    monkeypatch.setenv(SWITCH, "0")
    onnx_runtime()
    assert os.environ[SWITCH] == "0"


@pytest.mark.parametrize(("text", "expected"), [("max 100000", None), ("150000 100000", 2), ("50000 100000", 1)])
def test_the_quota_of_a_container_is_rounded_up(tmp_path, text, expected):
    (tmp_path / "cpu.max").write_text(text)
    assert _quota(tmp_path / "cpu.max") == expected


def test_without_a_control_group_there_is_no_quota(tmp_path):
    assert _quota(tmp_path / "cpu.max") is None


def test_the_network_keeps_to_the_threads_that_the_environment_names(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert n_processors() == 1
    monkeypatch.setenv("OMP_NUM_THREADS", "all")
    assert n_processors() == (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None)
