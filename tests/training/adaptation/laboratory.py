"""Photographs of a made-up laboratory with its labels, as a user would name them."""

from __future__ import annotations

from pathlib import Path

import cv2

from hemolens.synthetic import draw_smear


def write_laboratory(folder: Path, n_photographs: int = 3) -> Path:
    """Draw photographs, and write boxes of all their red and white cells beside them."""
    rows = "image,type,x0,y0,x1,y1\n"
    folder.mkdir()
    for n in range(n_photographs):
        smear = draw_smear(n, height=260, width=300, n_rbc=14, n_wbc=2, n_plt=0, red_cell_diameter_px=40)
        cv2.imwrite(str(folder / f"{n}.png"), smear.pixels[..., ::-1])
        for cell in smear.cells:
            row0, col0, row1, col1 = cell.box
            rows += f"{n}.png,{cell.type},{col0},{row0},{col1},{row1}\n"
    (folder / "labels.csv").write_text(rows)
    return folder
