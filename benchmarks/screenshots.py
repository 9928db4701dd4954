"""Pictures of the page for the documents, of drawn smears: a start, a sample, a photograph under review.

    make web && python benchmarks/screenshots.py

Writes ``docs/serve-start.png``, ``docs/serve-sample.png`` and ``docs/serve-review.jpg``.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

DOCS = Path(__file__).parent.parent / "docs"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE_MS, REST_MS = 120_000, 2000


def take(page: Page, url: str) -> None:
    """Go through the page as a visitor does, and keep what is seen."""
    page.goto(url)
    page.get_by_text("6 counted").wait_for()
    page.screenshot(path=DOCS / "serve-start.png")
    page.get_by_role("link", name="Drawn smears").first.click()
    page.get_by_text("Over 6 fields").wait_for()
    for number in range(3):
        page.locator("main img").nth(number).evaluate("each => each.decode()")
    page.screenshot(path=DOCS / "serve-sample.png")
    page.get_by_role("link", name="field 3.png").first.click()
    page.locator('.review-picture[aria-busy="false"]').wait_for()
    page.wait_for_timeout(REST_MS)
    page.screenshot(path=DOCS / "serve-review.jpg", quality=88)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        command = [sys.executable, "-c", "from hemolens.cli import main; main()", "serve", "--demo", "--no-browser"]
        command += ["--folder", folder, "--port", "0"]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603  our own program
        try:
            said = re.search(r"http://\S+", server.stdout.readline() if server.stdout else "")
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            page = browser.new_page(viewport={"width": 1280, "height": 860}, color_scheme="light", locale="en")
            page.set_default_timeout(PATIENCE_MS)
            take(page, said[0] if said else "")
            browser.close()
        finally:
            server.kill()
            server.wait()


if __name__ == "__main__":
    main()
