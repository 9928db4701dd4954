"""What was measured before, kept in a file, so that nothing is measured twice, however often a run is begun."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from hemolens import __version__


class Cache:
    """What was measured before, by what it depends on; appended to, so that an interruption loses one photograph.

    It may be used by several threads, as long as no two ask for the same thing at once.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known: dict[str, Any] = {}
        self._lock = Lock()
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                try:
                    row = json.loads(line)
                except ValueError:
                    continue  # the line that was being written when a run was killed
                self.known[row["key"]] = row["found"]

    def get(self, parts: Sequence[str], make: Callable[[], Any]) -> Any:
        """What is known under some parts, or else what `make` makes, which JSON must be able to hold."""
        key = hashlib.sha256("\0".join((__version__, *parts)).encode()).hexdigest()
        if key not in self.known:
            found = make()
            with self._lock:
                self.known[key] = found
                self.path.parent.mkdir(parents=True, exist_ok=True)
                with self.path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps({"key": key, "found": found}) + "\n")
        return self.known[key]
