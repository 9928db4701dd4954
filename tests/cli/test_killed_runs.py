"""A run may be killed at any moment: a small part of what benchmarks/kills.py tries."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

KILLS = Path(__file__).parents[2] / "benchmarks" / "kills.py"


@pytest.mark.posix("signals")
def test_a_killed_run_loses_nothing_and_leaves_nothing_hidden(tmp_path):
    out = tmp_path / "kills.json"
    subprocess.run([sys.executable, KILLS, "--kills", "3", "--photographs", "5", "--out", out], check=True)
    record = json.loads(out.read_text("utf-8"))
    assert {kill["signal"] for kill in record["records"]} == {"SIGKILL", "SIGTERM", "SIGINT"}
    assert [kill["faults"] for kill in record["records"]] == [[], [], []]
