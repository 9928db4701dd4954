"""ONNX Runtime, which runs the networks, without its reports to its maker.

From version 1.32 on, ONNX Runtime writes a device id and a queue of events below the user's cache and sends them to
Microsoft, unless the environment says otherwise before it is loaded; afterwards is too late. hemolens sends nothing
anywhere: whoever needs ONNX Runtime gets it from here.
"""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from hemolens.errors import ModelError

if TYPE_CHECKING:
    import onnxruntime

SWITCH = "ORT_DISABLE_TELEMETRY"
"""Variable of the environment. One that the user has set stays as it is."""


def onnx_runtime() -> ModuleType:
    """Load ONNX Runtime with its reports switched off."""
    os.environ.setdefault(SWITCH, "1")
    import onnxruntime

    return onnxruntime  # type: ignore[no-any-return]


def start_session(onnx: bytes, name: str, *, n_threads: int | None = None) -> onnxruntime.InferenceSession:
    """Make a network ready to run on the processor.

    Parameters
    ----------
    onnx : bytes
        An ONNX file.
    name : str
        What the model is called in a message.
    n_threads : int, optional
        How many processors it may use; without it, as many as :func:`n_processors` says.

    Raises
    ------
    ModelError
        It is not an ONNX file that can run.

    """
    runtime = onnx_runtime()
    options = runtime.SessionOptions()
    options.log_severity_level = 3
    options.enable_mem_pattern = False  # one for each shape of a tile: twice the memory, and pages that are given anew
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # threads that wait take no processor
    if (threads := n_threads or n_processors()) is not None:
        options.intra_op_num_threads = threads
    try:
        return runtime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ModelError(
            f"the weights of model {name!r} cannot be loaded",
            came=type(error).__name__,
            allowed="an ONNX file written by hemolens train",
            do="export the model again",
        ) from error


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
