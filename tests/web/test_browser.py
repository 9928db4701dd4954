"""The page as people use it, in a browser, against a service that runs: from photographs to a signed count."""

import csv
import io
import os
import runpy
import shutil
import zipfile
from collections import Counter
from dataclasses import replace
from uuid import uuid4

import pytest

from hemolens.models.store import DEFAULT_MODEL, keep_model, read_model
from hemolens.synthetic import draw_smear
from hemolens.web.page import BUILT

from .conftest import new_database
from .running import ROOT, Running, until

pytest.importorskip("playwright", reason="needs playwright: pip install 'hemolens[dev]'")

from PIL import Image
from playwright.sync_api import expect, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
AXE = ROOT / "page" / "node_modules" / "axe-core" / "axe.min.js"
WIDE, NARROW = (1400, 900), (390, 844)

pytestmark = [
    pytest.mark.posix("signals"),
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian: apt install chromium)"),
    pytest.mark.skipif(not (BUILT / "index.html").is_file(), reason="needs the page: make web"),
]
SLOW_MS = 60_000
"""For what takes as long as the machine is busy."""


@pytest.fixture(scope="module")
def browser():
    options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def fields(tmp_path_factory):
    """Six drawn fields of one smear, as files."""
    folder = tmp_path_factory.mktemp("fields")
    paths = []
    for seed in range(6):
        smear = draw_smear(seed, height=360, width=480, n_rbc=14, n_wbc=1, n_plt=2, red_cell_diameter_px=60.0)
        paths.append(folder / f"field {seed + 1}.png")
        Image.fromarray(smear.pixels).save(paths[-1])
    return paths


class Visit:
    """A browser's tab with the page; nothing may go wrong in it, and no request may leave the machine."""

    def __init__(self, browser, url, size=WIDE, scheme="light"):
        self.context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, accept_downloads=True, locale="en"
        )
        self.page, self.origin, self.faults = self.context.new_page(), "/".join(url.split("/")[:3]), []
        self.page.set_default_timeout(SLOW_MS)
        expect.set_options(timeout=SLOW_MS)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("request", lambda request: self._check_own(request.url))
        self.page.goto(url)

    def _check_own(self, address):
        if not address.startswith((self.origin, "blob:", "data:")):
            self.faults.append(f"asked for {address}")

    def counts(self):
        """What the panel says of each cell type."""
        return {kind: int(self.page.locator(f'[data-count="{kind}"]').inner_text()) for kind in ("rbc", "wbc", "plt")}

    def wait_for(self, **counts):
        for kind, count in counts.items():
            expect(self.page.locator(f'[data-count="{kind}"]')).to_have_text(str(count))

    def place(self, x, y, shape=(360, 480)):
        """Where a place of the photograph is on the screen, all of it being shown."""
        box = self.page.locator(".picture").bounding_box()
        zoom = min(box["width"] / shape[1], box["height"] / shape[0])
        left = box["x"] + (box["width"] - zoom * shape[1]) / 2
        top = box["y"] + (box["height"] - zoom * shape[0]) / 2
        return left + (x + 0.5) * zoom, top + (y + 0.5) * zoom

    def click(self, cell, **options):
        self.page.mouse.click(*self.place(cell["x"], cell["y"]), **options)

    def select(self, *cells):
        self.page.keyboard.press("v")
        self.page.keyboard.press("Escape")
        for number, cell in enumerate(cells):
            if number:
                self.page.keyboard.down("Shift")
            self.click(cell)
        self.page.keyboard.up("Shift")

    def draw(self, *points):
        """Draw a line with the pointer."""
        first, *rest = [self.place(x, y) for x, y in points]
        self.page.mouse.move(*first)
        self.page.mouse.down()
        for point in rest:
            self.page.mouse.move(*point, steps=8)
        self.page.mouse.up()

    def at_rest(self):
        """Wait until photograph and cells are shown, and lie still."""
        expect(self.page.locator('.review-picture[aria-busy="false"]')).to_be_visible()
        self.page.wait_for_timeout(300)

    def saved(self):
        """Wait until the service has every correction."""
        expect(self.page.get_by_text("All corrections are saved")).to_be_attached()

    def close(self):
        self.context.close()
        assert self.faults == []


@pytest.fixture
def visit(browser):
    visits = []

    def open_page(url, **options):
        visits.append(Visit(browser, url, **options))
        return visits[-1]

    yield open_page
    for each in visits:
        each.close()


@pytest.fixture
def database_url(request):
    """SQLite, unless a test asks for PostgreSQL, too."""
    return new_database(request.getfixturevalue("postgres")) if getattr(request, "param", "") else ""


@pytest.fixture
def service(tmp_path, database_url, monkeypatch):
    monkeypatch.setenv("HEMOLENS_MODELS", str(tmp_path / "models"))
    running = Running(tmp_path / "service", "--database", database_url)
    yield running
    running.close()


def drop_in(visit, paths):
    """Choose files on the first screen, as a user does."""
    visit.page.locator('input[type="file"]:not([webkitdirectory])').first.set_input_files([str(path) for path in paths])


def cells_of(service, photograph, kind=None):
    """Cells of a photograph that lie wholly on it."""
    cells = service.get(f"/photographs/{photograph}/cells")["cells"]
    return [cell for cell in cells if not cell["touches_frame"] and kind in {None, cell["type"]}]


def correct_in_every_way(see, service, photograph, before, red):
    """Delete, add, re-class, split and merge; undo all of it, and do all of it again."""
    page = see.page
    see.select(red[0])
    page.keyboard.press("Delete")
    see.wait_for(rbc=before["rbc"] - 1)
    page.keyboard.press("3")
    see.click(red[0])
    see.wait_for(plt=before["plt"] + 1)
    see.select(red[1])
    page.keyboard.press("w")
    see.wait_for(rbc=before["rbc"] - 2, wbc=before["wbc"] + 1)
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    see.draw((red[2]["x"], red[2]["y"] - 45), (red[2]["x"], red[2]["y"] + 45))
    see.wait_for(rbc=before["rbc"] - 1)
    see.saved()
    parts = [cell for cell in cells_of(service, photograph, "rbc") if "." in cell["id"]]
    assert len(parts) == 2
    see.select(*parts)
    page.keyboard.press("m")
    see.wait_for(rbc=before["rbc"] - 2)
    see.saved()

    for _ in range(5):
        page.keyboard.press("Control+z")
    see.wait_for(**before)
    see.saved()
    for _ in range(5):
        page.keyboard.press("Control+Shift+z")
    see.wait_for(rbc=before["rbc"] - 2, wbc=before["wbc"] + 1, plt=before["plt"] + 1)
    see.saved()


def go_through_doubtful_cells(see, service, photograph):
    """Confirm the three cells that the program was least sure of."""
    page = see.page
    n_checked = service.get(f"/photographs/{photograph}")["count"]["review"]["n_checked"]
    for _ in range(3):
        page.keyboard.press("n")
        page.keyboard.press("Space")
    see.saved()
    assert service.get(f"/photographs/{photograph}")["count"]["review"]["n_checked"] == n_checked + 3


@pytest.mark.parametrize("database_url", ["", "postgresql"], ids=["sqlite", "postgresql"], indirect=True)
def test_from_six_photographs_to_a_signed_count(service, visit, fields):
    page = (see := visit(service.url)).page
    drop_in(see, fields)
    page.wait_for_url("**/samples/*")
    until(service.states, lambda now: now == ["done"] * 6)
    expect(page.get_by_text("Over 6 fields")).to_be_visible()

    page.get_by_role("link", name="field 1.png").first.click()
    see.at_rest()
    before = see.counts()
    photograph = page.url.rpartition("/")[2]
    red = cells_of(service, photograph, "rbc")

    correct_in_every_way(see, service, photograph, before, red)
    go_through_doubtful_cells(see, service, photograph)
    page.reload()
    see.wait_for(rbc=before["rbc"] - 2, wbc=before["wbc"] + 1, plt=before["plt"] + 1)

    page.goto(page.url.rpartition("/photographs")[0])
    page.get_by_label("Your name").fill("A. Reader")
    page.get_by_role("button", name="Sign off").click()
    expect(page.get_by_text("Signed off by A. Reader").first).to_be_visible()
    page.get_by_role("button", name="Pack results").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    with zipfile.ZipFile(download.value.path()) as packed:
        assert {"report.html", "report.pdf", "cells.csv"} < set(packed.namelist())
        row = next(iter(csv.DictReader(io.TextIOWrapper(packed.open("counts.csv")))))
    assert (row["image"], int(row["wbc"]), row["signed_by"]) == ("field 1.png", before["wbc"] + 1, "A. Reader")


def test_a_server_that_is_killed_costs_no_correction(tmp_path, visit, fields):
    first = Running(tmp_path / "service")
    see = visit(first.url)
    drop_in(see, fields[:1])
    until(first.states, lambda now: now == ["done"])
    see.page.get_by_role("link", name="field 1.png").first.click()
    see.at_rest()
    before = see.counts()
    red = cells_of(first, see.page.url.rpartition("/")[2], "rbc")
    see.at_rest()
    see.select(red[0])
    first.kill()
    see.page.keyboard.press("Delete")  # while nobody is there to take it
    see.wait_for(rbc=before["rbc"] - 1)
    second = Running(tmp_path / "service", port=first.port)
    try:
        see.saved()
        (photograph,) = until(second.photographs)
        assert photograph["count"]["numbers"]["rbc"]["total"] == before["rbc"] - 1
    finally:
        second.close()
        first.close()


def test_two_people_see_what_the_other_does(service, visit, fields):
    see = visit(service.url)
    drop_in(see, fields[:1])
    until(service.states, lambda now: now == ["done"])
    see.page.get_by_role("link", name="field 1.png").first.click()
    see.at_rest()
    before = see.counts()
    other = visit(see.page.url)
    other.wait_for(**before)
    red = cells_of(service, see.page.url.rpartition("/")[2], "rbc")
    see.at_rest()
    see.select(red[0])
    see.page.keyboard.press("x")
    other.wait_for(rbc=before["rbc"] - 1)


def named(see):
    """What the panel says of the classes of white cells."""
    rows = see.page.locator(".review-panel .differential [data-class]").all()
    return {row.get_attribute("data-class"): int(row.locator("td").first.inner_text()) for row in rows}


def test_a_hundred_white_cells_are_named_by_keys_taken_back_and_signed(service, visit, tmp_path):
    many = {"n_rbc": 120, "n_wbc": 104, "n_plt": 3, "red_cell_diameter_px": 40.0}
    Image.fromarray(draw_smear(3, height=1500, width=1900, **many).pixels).save(tmp_path / "buffy coat.png")
    page = (see := visit(service.url)).page
    drop_in(see, [tmp_path / "buffy coat.png"])
    page.wait_for_url("**/samples/*")
    until(service.states, lambda now: now == ["done"])
    page.get_by_role("link", name="buffy coat.png").first.click()
    see.at_rest()
    photograph = page.url.rpartition("/")[2]

    page.keyboard.press("g")
    for digit in ["1"] * 60 + ["2"] * 30 + ["3"] * 5 + ["7"] * 5:
        page.keyboard.press(digit)
    see.saved()
    expect(page.get_by_text("95 leukocytes with a class. 5 more to 100.").first).to_be_visible()
    wanted = {"neutrophil": 60, "lymphocyte": 30, "monocyte": 5, "erythroblast": 5}
    assert {each: n for each, n in named(see).items() if n} == wanted | {"unsure": 4}
    now = Counter(cell["white_cell_class"] for cell in service.get(f"/photographs/{photograph}/cells")["cells"])
    assert {each: n for each, n in now.items() if each} == wanted
    photographed(see, "naming white cells")

    for _ in range(5):
        page.keyboard.press("Control+z")
    see.saved()
    assert named(see)["erythroblast"] == 0

    page.goto(page.url.rpartition("/photographs")[0])
    expect(page.get_by_role("row", name="Neutrophil").first).to_contain_text("60")
    photographed(see, "a differential")
    page.get_by_label("Your name").fill("A. Reader")
    page.get_by_role("button", name="Sign off").click()
    expect(page.get_by_text("Signed off by A. Reader").first).to_be_visible()
    page.get_by_role("button", name="Pack results").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    with zipfile.ZipFile(download.value.path()) as packed:
        rows = {row["class"]: row for row in csv.DictReader(io.TextIOWrapper(packed.open("differential.csv")))}
    assert (rows["neutrophil"]["cells"], rows["neutrophil"]["leukocytes"]) == ("60", "95")


@pytest.mark.train
def test_corrections_are_learned_from_and_another_model_counts(service, visit, fields):
    """In seconds of training nothing becomes better beyond the noise; the model to switch to was kept before."""
    start = read_model(DEFAULT_MODEL)
    keep_model(replace(start, card=start.card.model_copy(update={"name": "other-laboratory"})))
    page = (see := visit(service.url)).page
    drop_in(see, fields[:3])
    page.wait_for_url("**/samples/*")
    until(service.states, lambda now: now == ["done"] * 3)
    for each in service.photographs():
        (cell, *_) = cells_of(service, each["id"], "rbc")
        body = {"id": uuid4().hex, "action": "delete", "cells": [cell["id"]]}
        assert service.client.post(f"/photographs/{each['id']}/corrections", json=body).status_code == 201
    page.get_by_label("Your name").fill("A. Reader")
    page.get_by_role("button", name="Sign off").click()
    page.get_by_role("link", name="Learn from these corrections").click()

    expect(page.get_by_text("3 corrected photographs of signed samples.")).to_be_visible()
    page.get_by_label("Minutes that it may take").fill("0.05")
    page.get_by_role("button", name="Learn from these corrections").click()
    expect(page.get_by_text("Learning,")).to_be_visible()
    expect(page.get_by_text("Not better than one-pass beyond the noise: nothing was kept.")).to_be_visible(
        timeout=300_000
    )
    expect(page.get_by_role("row", name="Red cells").first).to_contain_text("39")
    look_through(see, "learning")

    page.get_by_role("button", name="Count with other-laboratory@1").click()
    expect(page.get_by_role("listitem").filter(has_text="other-laboratory@1")).to_contain_text("Counts from now on")
    page.get_by_role("button", name="Count with one-pass").click()
    expect(page.get_by_role("listitem").filter(has_text="one-pass")).to_contain_text("Counts from now on")


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "light"), (NARROW, "dark")])
def test_every_screen_can_be_used_by_everybody(service, visit, fields, size, scheme):
    """No serious finding of axe (WCAG 2.1 A and AA), and nothing is wider than the screen."""
    if not AXE.is_file():
        pytest.skip("needs axe-core: npm ci in page/")
    see = visit(service.url, size=size, scheme=scheme)
    look_through(see, "the first screen")
    drop_in(see, fields[:2])
    until(service.states, lambda now: now == ["done"] * 2)
    expect(see.page.get_by_text("Over 2 fields")).to_be_visible()
    look_through(see, "the sample")
    see.page.get_by_role("link", name="field 1.png").first.click()
    see.wait_for(wbc=1)
    look_through(see, "the photograph")
    see.page.keyboard.press("g")
    expect(see.page.locator(".gallery-grid")).to_be_focused()
    see.page.keyboard.press("2")
    expect(see.page.get_by_text("1 leukocyte with a class.").first).to_be_attached()
    look_through(see, "the gallery")
    see.page.keyboard.press("Escape")
    see.page.keyboard.press("?")
    look_through(see, "the list of keys")
    see.page.goto(f"{service.url}/models")
    see.page.get_by_text("Figures").first.click()
    look_through(see, "the models")


def test_five_thousand_cells_move_smoothly_and_are_corrected_at_once(browser):
    """By what other programs on the machine change little: the processor time of a frame, and the fastest click."""
    measure = runpy.run_path(str(ROOT / "benchmarks" / "review_page.py"))["measure"]
    page = browser.new_page(viewport={"width": 1366, "height": 850}, service_workers="block")
    measured = measure(page, 5000)
    page.close()
    assert measured["panning_all"]["processor_ms_per_frame"] < 1000 / 30
    assert measured["panning_closer"]["processor_ms_per_frame"] < 1000 / 30
    assert measured["fastest_click_to_count_ms"] < 100


def look_through(see, screen):
    see.page.wait_for_timeout(300)
    see.page.evaluate(AXE.read_text("utf-8"))
    found = see.page.evaluate("() => axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})")
    serious = [
        (rule["id"], node["html"][:200])
        for rule in found["violations"]
        if rule["impact"] in {"serious", "critical"}
        for node in rule["nodes"]
    ]
    assert serious == [], screen
    assert see.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), screen
    photographed(see, screen)


def photographed(see, screen):
    folder = os.environ.get("HEMOLENS_SCREENSHOTS")
    if folder:
        see.page.screenshot(path=f"{folder}/{screen}-{see.page.viewport_size['width']}.png")
