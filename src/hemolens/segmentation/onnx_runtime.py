"""ONNX Runtime, which runs the networks, without its reports to its maker.

From version 1.32 on, ONNX Runtime writes a device id and a queue of events below the user's cache and sends them to
Microsoft, unless the environment says otherwise before it is loaded; afterwards is too late. hemolens sends nothing
anywhere: whoever needs ONNX Runtime gets it from here.
"""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType

SWITCH = "ORT_DISABLE_TELEMETRY"
"""Variable of the environment. One that the user has set stays as it is."""


def onnx_runtime() -> ModuleType:
    """Load ONNX Runtime with its reports switched off."""
    os.environ.setdefault(SWITCH, "1")
    import onnxruntime

    return onnxruntime  # type: ignore[no-any-return]


def n_processors() -> int | None:
    """How many processors the network may use; None for all that the machine has.

    The fewest of those that the process may run on, that ``OMP_NUM_THREADS`` names, and that the quota of a container
    grants: ONNX Runtime itself takes one thread for each processor of the machine.
    """
    own = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    limits = [own, _quota(), int(wanted) if wanted.isdecimal() and int(wanted) else None]
    fewest = min(limit for limit in limits if limit is not None)
    return fewest if fewest < (os.cpu_count() or 1) else None


def _quota(file: Path = Path("/sys/fs/cgroup/cpu.max")) -> int | None:
    """Processors that the control group of the process grants, rounded up; None without a limit."""
    try:
        quota, period = file.read_text(encoding="ascii").split()
        return max(1, -(-int(quota) // int(period)))
    except (OSError, ValueError):  # no Linux, no control group, or "max": no limit
        return None
