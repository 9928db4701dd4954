import pytest
from PIL import Image

pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

from hemolens.errors import TrainingError
from hemolens.models.store import DEFAULT_CLASSIFIER, read_classifier_card
from hemolens.synthetic import draw_smear
from hemolens.training.differential.own_cells import read_own_cells

CARD = read_classifier_card(DEFAULT_CLASSIFIER)


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory):
    """Four photographs, and their white cells as rows of a table, all of them checked."""
    folder = tmp_path_factory.mktemp("laboratory")
    rows = []
    for n in range(4):
        smear = draw_smear(seed=n, height=600, width=800, n_rbc=30, n_wbc=4, n_plt=0)
        Image.fromarray(smear.pixels).save(folder / f"{n}.png")
        for row0, col0, row1, col1 in (cell.box for cell in smear.cells if cell.type == "wbc"):
            rows.append([f"{n}.png", "wbc", (col0 + col1) / 2, (row0 + row1) / 2, row1 - row0, 1])
    return folder, rows


def read(laboratory, classes, rows=None, **changed):
    folder, there = laboratory
    lines = ["image,type,x,y,diameter_px,checked,class"]
    for row, named in zip(rows or there, classes, strict=True):
        lines.append(",".join(map(str, [*row, named])))
    (folder / "cells.csv").write_text("\n".join(lines))
    return read_own_cells(folder / "cells.csv", folder, CARD, **changed)


CLASSES = ["neutrophil", "lymphocyte"] * 8


def test_named_cells_are_found_and_cut_out(laboratory):
    own = read(laboratory, CLASSES)
    assert len(own.crops.labels) >= 15
    assert set(own.crops.names) == {f"{n}.png" for n in range(4)}
    assert {CARD.classes[label] for label in own.crops.labels} == {"neutrophil", "lymphocyte"}
    side_px = own.crops.pixels.shape[1]
    assert side_px > CARD.side_px
    assert (own.crops.pixels[:, side_px // 2, side_px // 2, 3] == 255).all()


def test_a_class_of_a_few_cells_is_not_learned(laboratory):
    own = read(laboratory, ["monocyte", *CLASSES[1:]])
    assert CARD.classes.index("monocyte") not in own.crops.labels
    assert "Only 1 of class monocyte: it is named as before." in own.notes


def test_cells_that_are_unsure_are_not_learned_from(laboratory):
    own = read(laboratory, ["unsure", "unsure", *CLASSES[2:]])
    assert len(own.crops.labels) <= 14


def test_cells_that_nobody_has_checked_are_not_learned_from(laboratory):
    rows = [[*row[:-1], 0] for row in laboratory[1]]
    with pytest.raises(TrainingError, match="too few named cells to learn from: got none; 0 photographs"):
        read(laboratory, CLASSES, rows)


def test_one_class_alone_is_refused(laboratory):
    with pytest.raises(TrainingError, match=r"too few named cells to learn from: got 1\d neutrophil; 4 photographs"):
        read(laboratory, ["neutrophil"] * 16)


def test_cells_named_where_there_are_none_are_said(laboratory):
    rows = [["0.png", "wbc", 3, 3, 20, 1], *laboratory[1][1:]]
    own = read(laboratory, CLASSES, rows)
    assert any("not found again" in note for note in own.notes)


def test_a_missing_photograph_is_named(laboratory):
    rows = [["z.png", *row[1:]] for row in laboratory[1]]
    with pytest.raises(TrainingError, match=r"photographs are missing: got 1 names .* 'z.png'"):
        read(laboratory, CLASSES, rows)
