"""A folder like ALL-IDB1's, with drawn smears in place of the photographs that cannot be redistributed."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np

from hemolens.statistics.counts import count_cells
from hemolens.synthetic import draw_smear

NAMES = ("Im004_1", "Im037_0", "Im053_1")
"""A training and two test photographs of the paper; the second is held out under the honest protocol, too."""


def write_synthetic_all_idb1(folder: Path) -> Path:
    """Write the photographs, masks, outlines and tables of three smears, and return the folder."""
    for part in ("images", "masks/rbc", "masks/wbc", "masks/plt", "labels/rbc"):
        (folder / part).mkdir(parents=True)
    smears = {
        name: draw_smear(seed, height=300, width=400, n_rbc=10, n_wbc=1, n_plt=2) for seed, name in enumerate(NAMES)
    }
    coco: dict[str, list[dict[str, object]]] = {
        "images": [],
        "categories": [{"id": 1, "name": "rbc"}],
        "annotations": [],
    }
    for n, (name, smear) in enumerate(smears.items()):
        cv2.imwrite(str(folder / "images" / f"{name}.jpg"), smear.pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])
        coco["images"].append({"id": n, "file_name": f"{name}.jpg"})
        coco["annotations"] += [
            {"image_id": n, "category_id": 1, "segmentation": [cell.outline[:, ::-1].astype(float).ravel().tolist()]}
            for cell in smear.cells
            if cell.type == "rbc"
        ]
        for kind in ("rbc", "wbc", "plt"):
            mask = np.where(smear.labels(kind) > 0, 255, 0).astype(np.uint8)
            cv2.imwrite(str(folder / "masks" / kind / f"{name}.png"), mask)
    (folder / "labels/rbc/polygons_coco.json").write_text(json.dumps(coco))
    _write(
        folder / "images.csv",
        ["image", "width", "height", "session", "camera", "digital_zoom", "rbc_diameter_px", "flags"],
        [
            [name, 400, 300, f"S{n}", "drawn", "", smear.red_cell_diameter_px, ""]
            for n, (name, smear) in enumerate(smears.items())
        ],
    )
    counts = {name: count_cells(smear.cells) for name, smear in smears.items()}
    _write(folder / "counts.csv", ["image", "rbc", "wbc", "plt"], [[n, c.rbc, c.wbc, c.plt] for n, c in counts.items()])
    split = {"Im004_1": "train", "Im037_0": "test", "Im053_1": "test"}
    kinds = ("rbc", "wbc", "plt")
    _write(folder / "splits.csv", ["image", "cell_type", "split"], [[n, k, s] for k in kinds for n, s in split.items()])
    return folder


def _write(path: Path, header: list[str], rows: list[list[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
