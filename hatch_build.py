"""Builds the page of the service into the package, so that whoever installs the wheel needs no Node."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PAGE = "page"
BUILT = "src/hemolens/web/page_built"


class PageBuildHook(BuildHookInterface):
    """Runs ``npm ci`` and ``npm run build`` in ``page/``, unless the page is there: a source distribution has it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build before the files are gathered; an editable installation goes without (``make web`` builds there)."""
        root = Path(self.root)
        is_source_distribution = (root / "PKG-INFO").is_file()
        if version != "editable" and not (is_source_distribution and (root / BUILT / "index.html").is_file()):
            self._build(root / PAGE)

    @staticmethod
    def _build(page: Path) -> None:
        npm = shutil.which("npm")
        if npm is None:
            raise SystemExit("hemolens: npm is not installed: the page of the service is built with Node 20 or later")
        for command in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
            subprocess.run([npm, *command], cwd=page, check=True)  # noqa: S603  nothing of it comes from outside
