"""Puts recorded tables into the documents that show them.

    python benchmarks/documents.py

A document shows a table between a line ``<!-- benchmarks/NAME.md -->`` and a line ``<!-- end -->``; what is between
them is replaced. ``tests/test_docs.py`` holds them together.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
SHOWN = re.compile(
    r"(?P<open><!-- (?P<path>benchmarks/[\w.-]+\.md) -->\n)(?P<text>.*?)(?P<close><!-- end -->)", re.DOTALL
)


def show(document: str, root: Path = ROOT) -> str:
    """Replace every table of a document by what is recorded."""

    def recorded(match: re.Match[str]) -> str:
        return match["open"] + (root / match["path"]).read_text(encoding="utf-8") + match["close"]

    return SHOWN.sub(recorded, document)


def show_recorded(root: Path = ROOT) -> None:
    """Replace the tables in the README and in all pages."""
    for path in (root / "README.md", *sorted((root / "docs").rglob("*.md"))):
        before = path.read_text(encoding="utf-8")
        after = show(before, root)
        if after != before:
            path.write_text(after, encoding="utf-8")


if __name__ == "__main__":
    show_recorded()
