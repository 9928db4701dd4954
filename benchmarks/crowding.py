"""How densely red cells lie on labelled photographs, and how many of them were missed there.

    python benchmarks/crowding.py --data data

On it rests the limit of the check `piles` (``src/hemolens/measurements/quality.py``): the density is measured on the 13
photographs of ALL-IDB1 whose red cells are outlined, as the default model counts them; true numbers and counts are
those recorded in ``default-model.json``, by a model that has not seen that laboratory. The intervals are those of the
card, whose error was measured on these counts, too.
Page: benchmarks/crowding.md.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import hemolens
from hemolens.measurements.quality import Verdict
from hemolens.output.report.html_page import markdown_table
from hemolens.statistics.uncertainty import CountError, corrected_count

HERE = Path(__file__).parent
RECORDED = "all-idb1, a laboratory unseen, rbc"


def main() -> None:
    """Count the photographs and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with all-idb1/")
    folder = parser.parse_args().data / "all-idb1" / "images"
    recorded = json.loads((HERE / "default-model.json").read_text("utf-8"))["photographs"][RECORDED]
    photographs = [measure(folder / f"{name}.jpg", *numbers) for name, numbers in recorded.items()]
    groups = {
        "above the limit": [each for each in photographs if each[0] == "warn"],
        "below it": [each for each in photographs if each[0] == "accept"],
    }
    header = ["red cells lie", "photographs", "density", "counted − true", "true number in the 95 % interval"]
    rows = [[name, *row_of(group)] for name, group in groups.items()]
    (HERE / "crowding.md").write_text(markdown_table(header, rows) + "\n", "utf-8")


def measure(path: Path, truth: int, counted: int) -> tuple[Verdict, float, int, int, bool]:
    """Give the verdict of the check and its density, both numbers, and whether the interval holds the true one."""
    result = hemolens.count(path)
    verdict = next((each.verdict for each in result.quality.findings if each.check == "piles"), "accept")
    error: CountError = result.count_errors["rbc"]
    interval = corrected_count(counted, error)
    return verdict, result.quality.measures["red_cell_density"], truth, counted, interval.low <= truth <= interval.high


def row_of(group: list[tuple[Verdict, float, int, int, bool]]) -> list[str]:
    """Join the photographs on one side of the limit."""
    _, densities, truths, counts, held = zip(*group, strict=True)
    bias = sum(counts) / sum(truths) - 1
    span = f"{min(densities):.2f}–{max(densities):.2f}"
    return [str(len(group)), span, f"{bias:+.1%}", f"{sum(held)} of {len(held)}"]


if __name__ == "__main__":
    main()
