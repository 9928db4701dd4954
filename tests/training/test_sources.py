import cv2
import pytest

from hemolens.errors import TrainingError
from hemolens.synthetic import draw_smear
from hemolens.training.setup import TrainingSetup
from hemolens.training.sources import read_photographs, read_validation


@pytest.fixture
def folder(tmp_path):
    rows = "image,type,x0,y0,x1,y1\n"
    (tmp_path / "images").mkdir()
    for n in range(3):
        smear = draw_smear(n, height=150, width=200, n_rbc=5, n_wbc=0, n_plt=0, red_cell_diameter_px=30)
        cv2.imwrite(str(tmp_path / "images" / f"{n}.png"), smear.pixels[..., ::-1])
        for row0, col0, row1, col1 in (cell.box for cell in smear.cells):
            rows += f"{n}.png,rbc,{col0},{row0},{col1},{row1}\n"
    (tmp_path / "labels.csv").write_text(rows)
    return tmp_path


def setup(**changes):
    labelled = {"name": "ours", "what": "ours", "terms": "ours", "labels": "labels.csv", "usual_px": 30, "share": 1.0}
    values = {
        "name": "ours", "network": "one-pass", "red_cell_diameter_px": 30, "phases": [{"steps": 1}], "loss": {},
        "labelled": [labelled],
    }  # fmt: skip
    return TrainingSetup.model_validate(values | changes)


def test_a_labelled_folder_is_enough(folder):
    ours = setup()
    assert [smear.name for smear in read_photographs(ours, folder, ours.phases[0])] == ["1.png", "2.png"]
    assert [smear.name for smear in read_validation(ours, folder)] == ["0.png"]


def test_drawn_smears_may_be_added(folder):
    both = setup(drawn={"n_smears": 2, "share": 0.2})
    assert len(read_photographs(both, folder, both.phases[0])) == 4


def test_nothing_to_train_on_is_refused(folder):
    (folder / "labels.csv").write_text("image,type,x0,y0,x1,y1\n0.png,rbc,10,10,40,40\n1.png,,,,,\n")
    ours = setup()
    with pytest.raises(TrainingError, match="nothing to train on: got 1 photographs without a labelled cell"):
        read_photographs(ours, folder, ours.phases[0])
