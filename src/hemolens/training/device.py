"""Where a network is trained: a graphics card, or so many cores of the processor."""

from __future__ import annotations

import torch

from hemolens.errors import UsageError

AUTO = "auto"


def best_device() -> torch.device:
    """The graphics card that torch finds, CUDA before MPS, else the processor."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def choose_device(name: str = AUTO, *, n_threads: int = 0) -> torch.device:
    """Find a device by its name.

    Parameters
    ----------
    name : {"auto", "cpu", "cuda", "mps"}
        ``"auto"`` is the best one that torch finds.
    n_threads : int
        Cores of the processor to use; 0 for all.

    Raises
    ------
    UsageError
        torch cannot find this device.

    """
    if n_threads:
        torch.set_num_threads(n_threads)
    if name == AUTO:
        return best_device()
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there.get(name):
        raise UsageError(
            "torch cannot find this device",
            came=repr(name),
            allowed=", ".join([AUTO, *(each for each, found in there.items() if found)]),
            do="leave it out, or install a torch that supports it",
            option="device",
        )
    return torch.device(name)
