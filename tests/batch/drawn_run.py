"""Drawn photographs to count for tests of where they are counted, and what must not depend on that."""

import csv

from PIL import Image

from hemolens.batch.photograph_task import Candidate, PhotographTask
from hemolens.batch.photographs import count_photographs, find_candidates
from hemolens.options import CountOptions
from hemolens.output.entries import Entry, Place
from hemolens.output.options import OutputOptions
from hemolens.synthetic import draw_smear

EXPORT = ("coco", "geojson", "yolo")


def draw_photographs(folder):
    """Four drawn ones and one that is none."""
    for number in range(4):
        cells = {"n_rbc": 10 + number, "n_wbc": 1, "n_plt": 2, "red_cell_diameter_px": 24.0}
        Image.fromarray(draw_smear(number, height=120, width=160, **cells).pixels).save(folder / f"{number}.png")
    (folder / "2b.png").write_bytes(b"no photograph")


def tables(folder):
    """All that a run has written, without what differs from one run to the next: times."""
    found = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    del found[(folder / "run.json").relative_to(folder)]
    with (folder / "counts.csv").open(encoding="utf-8", newline="") as file:
        found["counts"] = [{**row, "seconds": ""} for row in csv.DictReader(file)]
    del found[(folder / "counts.csv").relative_to(folder)]
    return found


def count(photographs, out, counting, **how):
    output = OutputOptions(export=EXPORT)
    count_photographs(find_candidates([photographs]), out, CountOptions(), output, counting=counting, **how)
    return tables(out)


def tasks_of(*founds, options=None, output=None):
    entries = [Entry(f"{n}", f"overlay/{n}.png", None) for n, _ in enumerate(founds)]
    options, output = options or CountOptions(), output or OutputOptions()
    return [
        PhotographTask(Candidate(entry, found), options, output, Place(n, len(founds)))
        for n, (entry, found) in enumerate(zip(entries, founds, strict=True), start=1)
    ]
