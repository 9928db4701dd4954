import os

import pytest

from hemolens.segmentation.onnx_runtime import SWITCH, _quota, n_processors


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
