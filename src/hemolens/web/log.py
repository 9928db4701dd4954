"""What a service writes to its standard error: a line for whatever happened, with its time (UTC)."""

from __future__ import annotations

import logging
import time

from hemolens.web.settings import ServeSettings


def log_to_standard_error(settings: ServeSettings) -> None:
    """Begin to write; where there are accounts, who asked for what, too (:mod:`hemolens.web.protection`)."""
    formatter = logging.Formatter("%(asctime)sZ %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    logging.getLogger("hemolens.web").setLevel(logging.WARNING if settings.is_local else logging.INFO)
