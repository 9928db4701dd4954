"""The application as a whole."""

import json
from pathlib import Path

from hemolens.web.app import create_app
from hemolens.web.settings import ServeSettings

ROOT = Path(__file__).parent.parent.parent


def test_the_page_is_built_for_the_interface_that_there_is(tmp_path):
    """``python benchmarks/documents.py`` writes the description anew."""
    described = json.loads((ROOT / "page" / "openapi.json").read_text("utf-8"))
    assert create_app(ServeSettings(folder=tmp_path)).openapi() == described
