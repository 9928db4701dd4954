"""What protects a service and those who use it, whatever is asked for."""

from __future__ import annotations

from fastapi import FastAPI

from hemolens.web.settings import ServeSettings


def add_protection(app: FastAPI, settings: ServeSettings) -> None:
    """Check every request, and add to every answer what browsers shall hold to."""
