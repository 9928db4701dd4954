"""How smooth the review screen is: frames a second while panning, and the time from a click to the new count.

    make web && python benchmarks/review_page.py [--cells 5000 40000] [--out FILE]

The page as it is built, in headless Chromium without a graphics card, with an invented service: as many cells as asked
for, of irregular outlines of 40 corners, a tenth of them white cells and platelets, all of them on the screen at first.

- Frames a second, and the longest frame, while the picture is dragged about for three seconds: with all cells on the
  screen, and closer. Beside them what one frame costs the page's own thread in processor time, which other programs on
  the machine change little.
- Milliseconds from pressing the button until the changed count is on the screen, the median, and the fastest, of ten
  clicks that add a cell.

Machines differ; prints what it measured, and writes it as JSON where `--out` says.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import statistics
import urllib.parse
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import CDPSession, Page, Route, sync_playwright

import hemolens
from hemolens.web.page import BUILT

ORIGIN = "http://hemolens.test"
SAMPLE, PHOTOGRAPH, COUNT = "a" * 32, "b" * 32, "c" * 32
DIAMETER_PX, SPACING_PX = 40.0, 48
N_CORNERS = 40
SECONDS = 3.0
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

WATCH_FRAMES = """() => {
  window.frames_ = [];
  const note = (now) => { window.frames_.push(now); window.request_ = requestAnimationFrame(note); };
  window.request_ = requestAnimationFrame(note);
}"""
END_FRAMES = "() => { cancelAnimationFrame(window.request_); return window.frames_; }"
WATCH_CLICK = """() => {
  window.took_ = null;
  const count = document.querySelector('[data-count="rbc"]');
  let pressed = 0;
  addEventListener("pointerup", () => { pressed = performance.now(); }, { capture: true, once: true });
  new MutationObserver((_, observer) => {
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => { window.took_ = performance.now() - pressed; }));
  }).observe(count, { characterData: true, childList: true, subtree: true });
}"""


def invented_cells(n_cells: int) -> tuple[list[dict[str, Any]], int]:
    """Invent cells on a square grid.

    Returns
    -------
    cells : list of dict
        As the service tells them.
    side : int
        Of the photograph, in pixels.

    """
    random = np.random.default_rng(5)
    n_columns = math.ceil(math.sqrt(n_cells))
    angles = np.linspace(0, 2 * np.pi, N_CORNERS, endpoint=False)
    cells = []
    for number in range(n_cells):
        kind = "rbc" if number % 10 else ("wbc", "plt")[number // 10 % 2]
        diameter = DIAMETER_PX * {"rbc": 1.0, "wbc": 1.15, "plt": 0.35}[kind] * random.uniform(0.85, 1.0)
        x, y = ((part + 0.5) * SPACING_PX for part in (number % n_columns, number // n_columns))
        radii = diameter / 2 * random.uniform(0.93, 1.07, len(angles))
        outline = np.stack([x + radii * np.cos(angles), y + radii * np.sin(angles)], axis=1).round(1)
        cells.append(
            {
                "id": str(number + 1), "type": kind, "x": x, "y": y, "outline": outline.ravel().tolist(),
                "area_px": math.pi * diameter**2 / 4, "diameter_px": diameter, "score": float(random.uniform(0.4, 1.0)),
                "touches_frame": False, "in_frame": True, "by": "model", "checked": False, "unsure": number % 20 == 0,
            }
        )  # fmt: skip
    return cells, n_columns * SPACING_PX


class InventedService:
    """Answers what the review screen asks for, at once.

    Parameters
    ----------
    n_cells : int

    """

    def __init__(self, n_cells: int) -> None:
        self.cells, self.side = invented_cells(n_cells)
        self.cells_told = json.dumps(
            {"count": COUNT, "revision": 0, "cells": self.cells, "can_undo": False, "can_redo": False}
        )
        self.trail: list[dict[str, Any]] = []
        drawn = io.BytesIO()
        Image.new("RGB", (512, 512), (214, 196, 190)).save(drawn, "jpeg")
        self.tile = drawn.getvalue()

    def answer(self, route: Route) -> None:
        """Answer one request."""
        path = urllib.parse.urlparse(route.request.url).path
        if not path.startswith("/api/"):
            file = BUILT / path[1:] if path.startswith("/assets/") else BUILT / "index.html"
            route.fulfill(path=file)
        elif path.endswith(".jpg"):
            route.fulfill(body=self.tile, content_type="image/jpeg")
        elif path == "/api/events":
            route.fulfill(body="retry: 600000\n\n", content_type="text/event-stream")
        elif path.endswith("/cells"):
            route.fulfill(body=self.cells_told, content_type="application/json")
        else:
            route.fulfill(json=self._told(path, route.request.method, route.request.post_data))

    def _told(self, path: str, method: str, sent: str | None) -> dict[str, Any]:
        undoable = {"can_undo": bool(self.trail), "can_redo": False}
        if path == "/api/session":
            return {
                "person": {"name": "local", "role": "admin"}, "has_accounts": False, "csrf": "", "note": "",
                "version": hemolens.__version__, "max_upload_bytes": 1, "suffixes": [], "counters": ["auto"],
                "exports": [],
            }  # fmt: skip
        if path.startswith("/api/samples/"):
            return {"id": SAMPLE, "name": "Invented", "photographs": [self._photograph()], "sign_offs": []}
        if path.endswith("/corrections") and method == "POST":
            return {**undoable, "correction": self._corrected(json.loads(sent or "")), "count": self._count()}
        if path.endswith("/corrections"):
            return {"count": COUNT, "corrections": self.trail}
        return self._photograph()

    def _corrected(self, wanted: dict[str, Any]) -> dict[str, Any]:
        x, y = wanted["point"]
        name = f"{wanted['id']}.1"
        cell = {**self.cells[1], "id": name, "x": x, "y": y, "type": wanted["type"], "by": "local", "checked": True}
        cell["outline"] = [place + (x, y)[n % 2] for n, place in enumerate([-15, -15, 15, -15, 15, 15, -15, 15])]
        row = {
            "seq": len(self.trail) + 1, "id": wanted["id"], "actor": "local", "at": "2026-01-01T00:00:00Z",
            "action": "add", "reverses": None, "changes": [{"cell": name, "before": None, "after": cell}],
        }  # fmt: skip
        self.trail.append(row)
        return row

    def _count(self) -> dict[str, Any]:
        corners = [[0.5, 0.5], [self.side, 0.5], [self.side, self.side], [0.5, self.side]]
        return {
            "id": COUNT, "settings": {"counter": "auto"}, "created_at": "2026-01-01T00:00:00Z", "seconds": 1.0,
            "numbers": {}, "quality": {"verdict": "accept", "reasons": []}, "field_of_view": None, "frame": [[corners]],
            "scale": {
                "red_cell_diameter_px": DIAMETER_PX, "confidence": 1.0, "origin": "measured", "um_per_px": 0.19,
                "um_is_assumed": False, "warning": "",
            },
            "review": {
                "revision": len(self.trail), "n_added": len(self.trail), "n_removed": 0, "n_changed": 0, "n_checked": 0,
                "people": [],
            },
        }  # fmt: skip

    def _photograph(self) -> dict[str, Any]:
        return {
            "id": PHOTOGRAPH, "sample": SAMPLE, "name": "invented.png", "n_bytes": 1, "created_by": "local",
            "created_at": "2026-01-01T00:00:00Z", "width": self.side, "height": self.side, "job": None,
            "count": self._count(),
            "counts": [{"id": COUNT, "settings": {"counter": "auto"}, "created_at": "2026-01-01T00:00:00Z"}],
        }  # fmt: skip


def _middle(page: Page) -> tuple[float, float]:
    box = page.locator(".picture").bounding_box() or {"x": 0, "y": 0, "width": 0, "height": 0}
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def _busy_seconds(tools: CDPSession) -> float:
    """How much processor time the page's own thread has taken since `tools` began to measure."""
    metrics = {each["name"]: each["value"] for each in tools.send("Performance.getMetrics")["metrics"]}
    return float(metrics["TaskDuration"])


def panning(page: Page) -> dict[str, float]:
    """Drag the picture about, and measure the frames (1/s) and the longest of them (ms)."""
    middle = _middle(page)
    page.mouse.move(*middle)
    page.mouse.down()
    tools = page.context.new_cdp_session(page)
    tools.send("Performance.enable", {"timeDomain": "threadTicks"})
    busy = _busy_seconds(tools)
    page.evaluate(WATCH_FRAMES)
    began = page.evaluate("performance.now()")
    angle = 0.0
    while page.evaluate("performance.now()") - began < SECONDS * 1000:
        angle += 0.12
        page.mouse.move(middle[0] + 150 * math.sin(angle), middle[1] + 100 * math.sin(2 * angle))
    frames = np.diff(page.evaluate(END_FRAMES))
    busy = _busy_seconds(tools) - busy
    tools.detach()
    page.mouse.up()
    page.wait_for_timeout(500)
    return {
        "frames_per_second": round(1000 / float(frames.mean()), 1),
        "longest_frame_ms": round(float(frames.max())),
        "processor_ms_per_frame": round(1000 * busy / len(frames), 1),
    }


def click_ms(page: Page) -> float:
    """Add a cell with a click, and measure how long it takes until the changed count is on the screen."""
    page.keyboard.press("1")
    page.evaluate(WATCH_CLICK)
    page.mouse.click(*_middle(page))
    page.wait_for_function("window.took_ !== null")
    page.wait_for_timeout(200)
    return float(page.evaluate("window.took_"))


def measure(page: Page, n_cells: int) -> dict[str, Any]:
    """Open the screen with so many cells, and measure."""
    page.route("**/*", InventedService(n_cells).answer)
    page.goto(f"{ORIGIN}/samples/{SAMPLE}/photographs/{PHOTOGRAPH}")
    page.wait_for_selector('.review-picture[aria-busy="false"]', timeout=180_000)
    page.wait_for_timeout(1500)
    all_of_it = panning(page)
    clicks = [click_ms(page) for _ in range(10)]
    for key in ["v", *("+" * 4)]:
        page.keyboard.press(key)
    page.wait_for_timeout(800)
    return {
        "cells": n_cells,
        "panning_all": all_of_it,
        "panning_closer": panning(page),
        "click_to_count_ms": round(statistics.median(clicks)),
        "fastest_click_to_count_ms": round(min(clicks)),
    }


def main() -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, nargs="+", default=[5000, 40_000])
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    records = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for n_cells in arguments.cells:
            page = browser.new_page(viewport={"width": 1366, "height": 850}, service_workers="block")
            records.append(measure(page, n_cells))
            page.close()
            print(json.dumps(records[-1]))
        browser.close()
    if arguments.out:
        arguments.out.write_text(json.dumps({"records": records}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
