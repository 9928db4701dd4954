"""One crowded piece of a drawn smear as each cited method sees it, for the documents.

    python benchmarks/cited_picture.py --weights benchmarks/weights

Writes ``docs/cited-methods.jpg``; methods whose models are not there are left out. No photograph is shown.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from hemolens.images.photograph import photograph_from_array
from hemolens.options import CountOptions
from hemolens.output.overlay import draw_with_legend
from hemolens.paper.cited import find_models, read_methods
from hemolens.pipeline import count_image
from hemolens.synthetic import draw_smear

HERE = Path(__file__).parent
PICTURE = HERE.parent / "docs" / "cited-methods.jpg"
COLUMNS, TILE_PX, TITLE_PX, GAP_PX = 4, 360, 34, 8


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, default=HERE / "weights", metavar="DIR")
    weights = parser.parse_args().weights
    smear = draw_smear(11, width=900, height=900, n_rbc=95, n_wbc=2, n_plt=6, overlap=0.45)
    tiles = [("truth", outlined(smear.pixels, smear.cells, smear.red_cell_diameter_px))]
    for method in read_methods():
        if models := find_models(method.models, weights):
            result = count_image(photograph_from_array(smear.pixels), CountOptions(models=models))
            drawn = {kind for kind, own in result.methods.items() if own.model in models}
            own = [cell for cell in result.cells if cell.type in drawn]
            tiles.append((method.name, outlined(smear.pixels, own, smear.red_cell_diameter_px)))
            print(method.name, len(own), flush=True)
    sheet(tiles).save(PICTURE, quality=85)
    print(f"{PICTURE.name}: {len(tiles)} pictures")


def outlined(pixels, cells, diameter_px):
    """The middle of the smear with the outlines of its cells, and how many of each type they are."""
    picture = draw_with_legend(pixels, cells, diameter_px)[200:700, 200:700]
    return cv2.resize(picture, (TILE_PX, TILE_PX), interpolation=cv2.INTER_AREA)


def sheet(tiles):
    """All pictures with their titles."""
    n_rows = -(-len(tiles) // COLUMNS)
    step = TILE_PX + TITLE_PX + GAP_PX
    page = Image.new("RGB", (COLUMNS * (TILE_PX + GAP_PX) + GAP_PX, n_rows * step + GAP_PX), "white")
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(17)
    for n, (title, picture) in enumerate(tiles):
        left, top = GAP_PX + n % COLUMNS * (TILE_PX + GAP_PX), GAP_PX + n // COLUMNS * step
        draw.text((left, top + 6), title, "black", font)
        page.paste(Image.fromarray(np.ascontiguousarray(picture)), (left, top + TITLE_PX))
    return page


if __name__ == "__main__":
    main()
