import numpy as np
import pytest

pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

from hemolens.training.differential.config import ClassifierConfig
from hemolens.training.differential.crops import ClassifiedCrops

CONFIG = {
    "name": "tiny",
    "classes": ("neutrophil", "lymphocyte", "other"),
    "red_cell_diameter_px": 8,
    "side_px": 16,
    "crop_px": 24,
    "colours": {"background_level": 220, "red_cell_absorbance": (0.06, 0.14, 0.09)},
    "steps": 60,
    "batch": 16,
    "average": 0.9,
    "made": 0.25,
    "sources": [
        {
            "name": "drawn",
            "what": "discs",
            "terms": "none",
            "folder": ".",
            "table": "labels.csv",
            "column": "class",
            "classes": {"n": "neutrophil", "l": "lymphocyte"},
        }
    ],
}


@pytest.fixture(scope="session")
def config():
    return ClassifierConfig.model_validate(CONFIG)


@pytest.fixture(scope="session")
def crops():
    """Neutrophils are small discs, lymphocytes large ones; there are four times as many of the former."""
    rows, cols = np.mgrid[:24, :24] - 11.5
    pixels = np.full((50, 24, 24, 4), 220, np.uint8)
    pixels[..., 3] = 0
    labels = np.arange(50) % 5 == 0
    for crop, is_large in zip(pixels, labels, strict=True):
        crop[np.hypot(rows, cols) < (8 if is_large else 4)] = (90, 60, 120, 255)
    return ClassifiedCrops(
        pixels, labels.astype(np.int64), np.zeros(50, np.int64), ("a.png",) * 50, np.zeros(50, bool), n_missed=0
    )
