"""Counting sends nothing anywhere and writes nothing but its results."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from hemolens.output.export.registry import FORMATS
from hemolens.segmentation.onnx_runtime import SWITCH
from hemolens.synthetic import draw_smear

PROGRAM = """
import sys
from pathlib import Path
from fuzz.watch import watch

photograph, out, temporary, formats, notes = sys.argv[1:]
seen = watch(Path(out), Path(temporary))
from hemolens.cli import main
try:
    main(["count", photograph, "--export", formats, "--report", "--out", out])
finally:
    seen = list(seen)
    Path(notes).write_text("\\n".join(seen))
"""


@pytest.fixture
def run(tmp_path):
    """Count a photograph with all that can be written, in a process whose home and temporary folder are empty."""
    pytest.importorskip("zarr", reason="needs zarr: pip install 'hemolens[export]'")
    for name in ("home", "temporary"):
        (tmp_path / name).mkdir()
    Image.fromarray(draw_smear(1, height=200, width=300, n_rbc=5, n_wbc=1, n_plt=1).pixels).save(tmp_path / "a.png")
    environment = {name: value for name, value in os.environ.items() if name != SWITCH}
    environment |= {name: str(tmp_path / "home") for name in ("HOME", "USERPROFILE", "XDG_CACHE_HOME")}
    environment |= {name: str(tmp_path / "temporary") for name in ("TMPDIR", "TMP", "TEMP")}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"

    def run_under(*tracer):
        arguments = (tmp_path / "a.png", tmp_path / "out", tmp_path / "temporary", ",".join(FORMATS), tmp_path / "seen")
        command = [*tracer, sys.executable, "-c", PROGRAM, *arguments]
        cwd = Path(__file__).parent
        done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert len(list((tmp_path / "out").iterdir())) > len(FORMATS)

    return run_under


@pytest.mark.posix("local sockets")
def test_python_opens_no_socket_and_writes_nothing_else(run, tmp_path):
    run()
    assert (tmp_path / "seen").read_text("utf-8") == ""


def test_libraries_leave_nothing_behind(run, tmp_path):
    """ONNX Runtime would leave a device id and a queue of reports below the home folder."""
    run()
    assert list((tmp_path / "home").rglob("*")) == list((tmp_path / "temporary").rglob("*")) == []
    assert {path.name for path in tmp_path.iterdir()} == {"home", "temporary", "out", "a.png", "seen"}


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_libraries_open_no_socket_and_write_nothing_else(run, tmp_path):
    traced = "socket,connect,open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2"
    run("strace", "-f", "-o", tmp_path / "trace", "-e", f"trace={traced}")
    calls = [call for call in (tmp_path / "trace").read_text("utf-8", "replace").splitlines() if "ENOENT" not in call]
    assert len(calls) > 1000
    assert [call for call in calls if re.search(r"\b(socket|connect)\(", call)] == []
    changes = [call for call in calls if re.search(r"O_WRONLY|O_RDWR|O_CREAT|mkdir|rename", call)]
    written = {path for call in changes for path in re.findall(r'"(/[^"]*)"', call)}
    own = tuple(str(tmp_path / name) for name in ("out", "temporary", "seen"))
    assert any(path.startswith(own) for path in written)
    assert {path for path in written if not path.startswith((*own, "/dev/", "/proc/self/"))} == set()
