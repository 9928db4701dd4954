"""Photographs whose finds are set by the test: no network takes part."""

import numpy as np
import pytest
from PIL import Image

from hemolens.errors import PhotographError


@pytest.fixture
def finds(monkeypatch, make_result):
    """What is found on each photograph, by its name: a list of cells, or an error to raise. Changed ones have none."""
    found = {}

    def count_image(photograph):
        cells = found.get(photograph.name, []) if photograph.path else []
        if isinstance(cells, Exception):
            raise cells
        return make_result(photograph.name, *cells, path=photograph.path)

    monkeypatch.setattr("hemolens.evaluation.folder.evaluate.count_image", count_image)
    return found


@pytest.fixture
def folder(tmp_path):
    """Two photographs of 40 × 60 pixels."""
    (tmp_path / "photos").mkdir()
    for name in ("a.png", "b.png"):
        Image.fromarray(np.full((40, 60, 3), 200, np.uint8)).save(tmp_path / "photos" / name)
    return tmp_path


@pytest.fixture
def write_labels(folder):
    """Write a table of boxes, given as rows without a header, and return its path."""

    def write(*rows, name="labels.csv", header="image,type,x0,y0,x1,y1"):
        path = folder / name
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        return path

    return write


@pytest.fixture
def unreadable():
    return PhotographError("the file is empty", came="'/secret/b.png'", allowed="a photograph", do="copy it again")
