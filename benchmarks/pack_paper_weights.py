"""Pack the models of the paper's tables into one file, beside their cards.

    python benchmarks/pack_paper_weights.py --weights FOLDER

FOLDER holds the models as `hemolens reproduce --train` leaves them, with their cards. Weights that are not those of
their card are refused.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from hemolens.paper.archive import pack_weights
from hemolens.paper.weights import Weights

NAME = "paper-weights.zip"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, default=Path(__file__).parent / "weights", metavar="FOLDER")
    folder = parser.parse_args().weights
    pack_weights(Weights(folder), folder / NAME)
    print(f"{folder / NAME} ({(folder / NAME).stat().st_size / 1e6:.1f} MB)")


if __name__ == "__main__":
    main()
