"""Packages that only some commands need."""

from __future__ import annotations

import importlib.util

from hemolens.errors import UsageError

_EVALUATE = ("scipy", "yaml")

NEEDED = {
    "evaluate": _EVALUATE,
    "train": (*_EVALUATE, "torch", "onnx", "safetensors"),
    "web": ("fastapi", "uvicorn", "sqlalchemy", "alembic", "argon2", "multipart", "pg8000", "psutil", "zxcvbn"),
}
"""Extra of hemolens → the packages that its commands import."""


def missing_packages(extra: str) -> list[str]:
    """List the packages of an extra that are not installed.

    Parameters
    ----------
    extra : {"evaluate", "train", "web"}

    Returns
    -------
    list of str
        As they are imported; empty where nothing is missing.

    """
    return [name for name in NEEDED[extra] if importlib.util.find_spec(name) is None]


def require_extra(extra: str) -> None:
    """Say what to install where packages are missing, before anything is done.

    Parameters
    ----------
    extra : {"evaluate", "train", "web"}

    Raises
    ------
    UsageError

    """
    missing = missing_packages(extra)
    if missing:
        raise UsageError(
            "this needs packages that are not installed",
            came=f"no {' and no '.join(missing)}",
            allowed=f"an environment with hemolens[{extra}]",
            do=f"run: pip install 'hemolens[{extra}]'",
        )
