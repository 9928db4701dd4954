import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

from hemolens.errors import TrainingError
from hemolens.synthetic import draw_smear
from hemolens.training.all_idb1_cells import NOT_OUTLINED, OUTLINED
from hemolens.training.config import TrainingConfig
from hemolens.training.pack import write_pack
from hemolens.training.sources import read_all_smears, share_out
from hemolens.training.synthetic_smears import DRAWN

from .synthetic_bank import bank_of, labelled

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("labelled")
    rows = "image,type,x0,y0,x1,y1\n"
    (folder / "images").mkdir()
    for n in range(3):
        smear = draw_smear(n, height=150, width=200, n_rbc=5, n_wbc=0, n_plt=0, red_cell_diameter_px=30)
        cv2.imwrite(str(folder / "images" / f"{n}.png"), smear.pixels[..., ::-1])
        for row0, col0, row1, col1 in (cell.box for cell in smear.cells):
            rows += f"{n}.png,rbc,{col0},{row0},{col1},{row1}\n"
    (folder / "labels.csv").write_text(rows)
    return folder


def source(name="ours", **changes):
    return {"name": name, "what": "", "terms": "", "labels": "labels.csv", "usual_px": 30, "share": 1.0} | changes


def config(**changes):
    values = {
        "name": "ours", "network": "one-pass", "red_cell_diameter_px": 30, "phases": [{"steps": 1}], "loss": {},
        "labelled": [source()],
    }  # fmt: skip
    return TrainingConfig.model_validate(values | changes)


def names(smears):
    return [smear.name for smear in smears]


def test_a_labelled_folder_is_enough(folder):
    assert names(read_all_smears(config(), folder)) == ["0.png", "1.png", "2.png"]


def test_drawn_smears_may_be_added(folder):
    both = config(drawn={"n_smears": 2, "share": 0.2})
    assert names(read_all_smears(both, folder)) == ["0.png", "1.png", "2.png", "drawn-0", "drawn-1"]


def test_photographs_that_a_fold_leaves_out_are_read_for_the_others(synthetic_all_idb1):
    both = config(photographs={"train": ["Im004_1"], "test": ["Im037_0", "Im999_0"]}, labelled=[])
    assert names(read_all_smears(both, synthetic_all_idb1.parent)) == ["Im004_1", "Im037_0"]


def test_a_photograph_to_train_on_that_is_not_there_is_refused(synthetic_all_idb1):
    lost = config(photographs={"train": ["Im999_0"]}, labelled=[])
    with pytest.raises(TrainingError, match=r"not in the data set: got Im999_0; allowed: the names in images\.csv"):
        list(read_all_smears(lost, synthetic_all_idb1.parent))


def test_a_pack_holds_what_the_folder_does(folder, tmp_path):
    write_pack(tmp_path / "all.pack", read_all_smears(config(), folder), 30)
    for own, packed in zip(
        read_all_smears(config(), folder), read_all_smears(config(), tmp_path / "all.pack"), strict=True
    ):
        assert own.name == packed.name
        np.testing.assert_array_equal(own.numbers, packed.numbers)


CELL = [("rbc", 40, 40, 9)]


def ours(n=4, cells=CELL, name="ours"):
    return [labelled(f"{name}{i}", name, cells) for i in range(n)]


def shares_of(config, *smears, validation=False):
    bank = bank_of(*smears)
    return dict(zip(bank.names, share_out(config, bank, validation=validation).tolist(), strict=True))


def test_photographs_of_a_source_share_evenly():
    assert shares_of(config(labelled=[source(validation_every=4)]), *ours(5)) == pytest.approx(
        {"ours0": 0, "ours1": 1 / 3, "ours2": 1 / 3, "ours3": 1 / 3, "ours4": 0}
    )


def test_the_others_are_left_out_to_choose_settings_on():
    both = config(labelled=[source(validation_every=2)])
    trained, left_out = (shares_of(both, *ours(6), validation=validation) for validation in (False, True))
    assert {name for name, share in trained.items() if share}.isdisjoint(
        name for name, share in left_out.items() if share
    )
    assert all(trained[name] or left_out[name] for name in trained)


def test_which_are_left_out_does_not_depend_on_the_order_of_the_pack():
    one, other = (shares_of(config(), *smears) for smears in (ours(), ours()[::-1]))
    assert one == other


def test_sources_share_as_the_setup_says():
    both = config(labelled=[source(share=0.6), source("theirs", share=0.3)], drawn={"n_smears": 1, "share": 0.1})
    shares = shares_of(both, *ours(), *ours(3, name="theirs"), labelled("drawn-0", DRAWN, CELL))
    assert [
        sum(share for name, share in shares.items() if name.startswith(own)) for own in ("ours", "theirs", "drawn")
    ] == (pytest.approx([0.6, 0.3, 0.1]))


def test_photographs_of_all_idb1_are_those_that_are_named():
    both = config(
        labelled=[], photographs={"train": ["a", "b", "c"], "validation": ["d"], "test": ["e"]}, outlined_share=0.6,
        other_share=0.2,
    )  # fmt: skip
    smears = [labelled(name, OUTLINED if name in "ad" else NOT_OUTLINED, CELL) for name in "abcde"]
    assert shares_of(both, *smears) == pytest.approx({"a": 0.75, "b": 0.125, "c": 0.125, "d": 0, "e": 0})
    assert shares_of(both, *smears, validation=True) == {"a": 0, "b": 0, "c": 0, "d": 1, "e": 0}


def test_a_photograph_of_another_source_with_the_same_name_is_not_meant():
    both = config(labelled=[], photographs={"train": ["a"]})
    assert shares_of(both, labelled("a", OUTLINED, CELL), labelled("b", "ours", CELL)) == {"a": 1, "b": 0}


def test_sources_that_the_setup_does_not_name_are_not_drawn():
    assert shares_of(config(), *ours(), *ours(2, name="theirs"))["theirs1"] == 0


def test_nothing_is_left_out_of_drawn_smears():
    drawn = config(labelled=[], drawn={"n_smears": 1, "share": 0.1})
    smear = labelled("drawn-0", DRAWN, CELL)
    assert shares_of(drawn, smear) == {"drawn-0": 1}
    assert shares_of(drawn, smear, validation=True) == {"drawn-0": 0}


def test_nothing_to_train_on_is_refused():
    with pytest.raises(TrainingError, match="nothing to train on: got 1 photographs without a labelled cell"):
        shares_of(config(), *ours(1), labelled("ours1", "ours"))


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"labelled": [source(), source("theirs")]}, "theirs"),
        ({"drawn": {"n_smears": 2, "share": 0.1}}, "drawn"),
        ({"photographs": {"train": ["a", "b", "c", "d"]}}, "a, b, c and 1 more"),
    ],
)
def test_data_without_what_the_setup_names_are_refused(changes, missing):
    with pytest.raises(
        TrainingError, match=f"do not hold everything .*'ours' trains on: got none of {missing}; .*'without'"
    ):
        shares_of(config(**changes), *ours())
