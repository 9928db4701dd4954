import numpy as np
import pytest

pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

from PIL import Image

from hemolens.errors import UsageError
from hemolens.labels.truth import Truth, truth_of_boxes
from hemolens.paper import cited_measure
from hemolens.paper.cache import Cache
from hemolens.paper.cited import CitedMethod
from hemolens.paper.cited_measure import COLOUR_AND_BLUR, measure_method, read_cbc_test, read_held_out
from hemolens.synthetic import draw_smear

pytestmark = pytest.mark.train

OTSU = CitedMethod(name="Otsu", reference="", models=("otsu-watershed",))
WHITE_ONLY = CitedMethod(name="GrabCut", reference="", models=("grabcut-white-cells",))


@pytest.fixture
def photograph(tmp_path):
    smear = draw_smear(3, width=320, height=240, n_rbc=12, n_wbc=1, n_plt=2, red_cell_diameter_px=40)
    path = tmp_path / "drawn.png"
    Image.fromarray(smear.pixels).save(path)
    return path


@pytest.fixture
def held_out(photograph):
    truths = {"rbc": truth_of_boxes([]), "wbc": Truth(1, None)}
    return {"ALL-IDB1": {photograph: truths}, "CBC": {photograph: truths}}


def measured(method, held_out, tmp_path, told=None):
    told = [] if told is None else told
    return measure_method(method, tmp_path, held_out, Cache(tmp_path / "cache.jsonl"), on_photograph=told.append)


def test_types_that_are_known_and_counted_are_measured(held_out, tmp_path):
    rows = measured(OTSU, held_out, tmp_path).counted["ALL-IDB1"]
    assert [(row.cell, row.truth, row.detection is None) for row in rows] == [("rbc", 0, False), ("wbc", 1, True)]


def test_a_method_that_does_not_count_a_type_has_no_row_of_it(held_out, tmp_path):
    assert {row.cell for row in measured(WHITE_ONLY, held_out, tmp_path).counted["ALL-IDB1"]} == {"wbc"}


def test_photographs_of_cbc_are_changed_too(held_out, tmp_path):
    changes = {row.change for row in measured(OTSU, held_out, tmp_path).counted["CBC"]}
    assert changes == {"", *COLOUR_AND_BLUR}


def test_what_was_counted_is_not_counted_again(held_out, tmp_path, monkeypatch):
    first = measured(OTSU, held_out, tmp_path)
    monkeypatch.setattr(cited_measure, "count_image", lambda *_: pytest.fail("counted again"))
    assert measured(OTSU, held_out, tmp_path) == first


def test_a_photograph_that_was_replaced_is_counted_again(held_out, photograph, tmp_path):
    before = measured(OTSU, held_out, tmp_path).counted["ALL-IDB1"]
    Image.fromarray(np.full((240, 320, 3), 225, np.uint8)).save(photograph)
    after = measured(OTSU, held_out, tmp_path).counted["ALL-IDB1"]
    assert [row.count for row in before] != [row.count for row in after] == [0, 0]


def test_without_weights_there_is_nothing(held_out, tmp_path):
    assert measured(CitedMethod(name="DCAN", reference="", models=("dcan",)), held_out, tmp_path) is None


def test_a_photograph_of_cbc_without_a_box_has_no_cell(tmp_path):
    (tmp_path / "splits.csv").write_text("image,cbc_split\na.jpg,test\nb.jpg,train\nc.jpg,test\n", encoding="utf-8")
    (tmp_path / "annotations_txl.csv").write_text("image,type,x0,y0,x1,y1\na.jpg,rbc,1,1,9,9\n", encoding="utf-8")
    found = {
        path.name: {kind: truth.count for kind, truth in own.items()} for path, own in read_cbc_test(tmp_path).items()
    }
    assert found == {"a.jpg": {"rbc": 1, "wbc": 0, "plt": 0}, "c.jpg": {"rbc": 0, "wbc": 0, "plt": 0}}


def test_another_folder_is_not_cbc(tmp_path):
    with pytest.raises(UsageError, match="this is not the folder of CBC"):
        read_cbc_test(tmp_path)


def test_the_held_out_photographs_are_those_that_no_configuration_trained_on(synthetic_all_idb1):
    found = read_held_out(synthetic_all_idb1, None)
    assert {path.stem for path in found["ALL-IDB1"]} == {"Im037_0"}
    assert list(found) == ["ALL-IDB1"]
