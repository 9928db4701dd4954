import pytest

from hemolens.training.setup import BoxedSource, read_setup, shipped_setups
from hemolens.training.sources import boxed_photographs

NAMES = [f"{n:02}.jpg" for n in range(20)]


def source(**changes):
    values = {
        "name": "boxes", "what": "boxes", "terms": "MIT", "folder": "boxes", "table": "boxes.csv", "types": ["rbc"],
        "usual_px": 40, "share": 0.1, "validation_every": 5,
    }  # fmt: skip
    return BoxedSource.model_validate(values | changes)


def test_every_so_many_photographs_are_left_out_to_choose_settings_on(tmp_path):
    left_out = boxed_photographs(tmp_path, source(), NAMES, validation=True)
    assert left_out == ["00.jpg", "05.jpg", "10.jpg", "15.jpg"]
    assert sorted(left_out + boxed_photographs(tmp_path, source(), NAMES, validation=False)) == NAMES


def test_the_test_part_is_never_looked_at(tmp_path):
    rows = "".join(f"{name},{'test' if name < '10' else 'train'}\n" for name in NAMES)
    (tmp_path / "splits.csv").write_text(f"image,part\n{rows}")
    both = [boxed_photographs(tmp_path, source(left_out={"part": "test"}), NAMES, validation=v) for v in (True, False)]
    assert sorted(both[0] + both[1]) == NAMES[10:]


@pytest.mark.parametrize("name", [name for name in shipped_setups() if name.startswith("one-pass")])
def test_the_shares_of_the_sources_leave_some_for_the_rest(name):
    setup = read_setup(name)
    assert setup.outlined_share + sum(each.share for each in setup.boxed) < 1


@pytest.mark.parametrize("name", [name for name in shipped_setups() if name.startswith("one-pass")])
def test_the_benchmark_test_photographs_are_left_out(name):
    (bccd,) = [each for each in read_setup(name).boxed if each.folder.endswith("bccd_cbc")]
    assert bccd.left_out == {"cbc_split": "test"}
