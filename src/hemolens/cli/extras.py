"""Packages that only some commands need."""

from __future__ import annotations

_EVALUATE = ("scipy", "yaml")

NEEDED = {
    "evaluate": _EVALUATE,
    "train": (*_EVALUATE, "torch", "onnx", "safetensors"),
    "web": ("fastapi", "uvicorn", "sqlalchemy", "alembic", "argon2", "multipart", "pg8000", "psutil", "zxcvbn"),
}
"""Extra of hemolens → the packages that its commands import."""


def require_extra(extra: str) -> None:
    """Say what to install where a command's packages are missing, before it does anything.

    Parameters
    ----------
    extra : {"evaluate", "train", "web"}

    Raises
    ------
    UsageError

    """
    from importlib.util import find_spec

    from hemolens.errors import UsageError

    missing = [name for name in NEEDED[extra] if find_spec(name) is None]
    if missing:
        raise UsageError(
            "this command needs packages that are not installed",
            came=f"no {' and no '.join(missing)}",
            allowed=f"an environment with hemolens[{extra}]",
            do=f"run: pip install 'hemolens[{extra}]'",
        )
