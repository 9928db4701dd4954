import pytest

from hemolens.errors import LabelError
from hemolens.labels import read_labels, yolo_boxes
from hemolens.labels.truth import in_pixels
from hemolens.labels.yolo_boxes import read_yolo_boxes

CLASSES = "rbc\nWBC\nplatelets\n"


@pytest.fixture
def read(tmp_path):
    def read_folder(classes=CLASSES, types=None, **texts):
        (tmp_path / "classes.txt").write_text(classes)
        for name, text in texts.items():
            (tmp_path / f"{name}.txt").write_text(text)
        return read_yolo_boxes(tmp_path / "classes.txt", types)

    return read_folder


def test_boxes_are_parts_of_the_photograph(read):
    labels = read(a="1 0.25 0.5 0.1 0.2\n")
    assert labels.in_parts
    boxes = in_pixels(labels.truths["a"], (40, 60))["wbc"].boxes
    assert boxes.ravel().tolist() == pytest.approx([16, 12, 24, 18])


def test_files_may_lie_in_a_folder_of_their_own(read, tmp_path):
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "a.jpg.txt").write_text("0 0.5 0.5 0.1 0.1\n")
    assert set(read().truths) == {"a.jpg"}


def test_an_empty_file_is_a_photograph_without_cells(read):
    labels = read(a="0 0.5 0.5 0.1 0.1\n\n", b="")
    assert {name: truths["rbc"].count for name, truths in labels.truths.items()} == {"a": 1, "b": 0}


def test_a_box_that_reaches_out_a_little_is_cut_off(read):
    assert read(a="0 0.005 0.5 0.02 1.0\n").truths["a"]["rbc"].boxes.ravel().tolist() == pytest.approx([0, 0, 1, 0.015])


@pytest.mark.parametrize(
    "line",
    ["0 0.5 0.5 0.1", "0 0.5 0.5 0.1 0.1 0.9", "rbc 0.5 0.5 0.1 0.1", "0 x 0.5 0.1 0.1", "0.0 0.5 0.5 0.1 0.1",
     "3 0.5 0.5 0.1 0.1", "-1 0.5 0.5 0.1 0.1", "0 nan 0.5 0.1 0.1", "0 0.5 0.5 inf 0.1", "0 0.5 0.5 nan 0.1",
     "0 0.5 0.5 0 0.1", "0 0.5 0.5 -0.1 0.1", "0 300 200 10 10", "0 0.99 0.5 0.1 0.1", "0 1e999 0.5 0.1 0.1",
     "9" * 5000 + " 0.5 0.5 0.1 0.1"],
)  # fmt: skip
def test_a_line_that_is_no_box_is_refused(read, line):
    with pytest.raises(LabelError, match=r"line 2 of 'a\.txt' is not a box"):
        read(a=f"0 0.5 0.5 0.1 0.1\n{line}\n")


def test_an_unknown_class_of_a_cell_is_refused(read):
    with pytest.raises(LabelError, match=r"unknown cell type in line 2 of classes\.txt: got 'cell'"):
        read(classes="rbc\ncell\n", a="1 0.5 0.5 0.1 0.1\n")


def test_an_unknown_class_that_no_cell_has_does_not_matter(read):
    assert set(read(classes="cells\nrbc\n", a="1 0.5 0.5 0.1 0.1\n").truths["a"]) == {"rbc"}


def test_a_folder_without_boxes_is_refused(read):
    with pytest.raises(LabelError, match="the folder holds no boxes"):
        read()


def test_a_file_that_is_too_large_is_refused(read, monkeypatch):
    monkeypatch.setattr(yolo_boxes, "MAX_PHOTOGRAPH_BYTES", 30)
    with pytest.raises(LabelError, match="too large"):
        read(a="0 0.5 0.5 0.1 0.1\n" * 2)


ONE_OF_EACH = "".join(f"{number} 0.5 0.5 0.1 0.1\n" for number in range(3))


def lay(folder, **texts):
    """Write files of photographs, given by the folder in which each of them lies."""
    for place, name in texts.items():
        path = folder / place.replace("__", "/") / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(ONE_OF_EACH)


@pytest.mark.parametrize(
    "names",
    [
        "['plt', 'rbc', 'wbc']",
        "\n- plt\n- RBC\n- wbc",
        "\n  0: plt\n  1: rbc\n  2: wbc",
        "{2: wbc, 1: rbc, 0: platelets}",
    ],
)
def test_the_names_of_a_training_are_a_list_or_a_map(tmp_path, names):
    (tmp_path / "data.yaml").write_text(f"path: /elsewhere\ntrain: images\nval: images\nnc: 3\nnames: {names}\n")
    lay(tmp_path, labels="a")
    assert list(read_labels(tmp_path).truths["a"]) == ["rbc", "wbc", "plt"]


@pytest.mark.parametrize(
    "places",
    [
        ("labels", "labels"),
        ("labels__train", "labels__val"),
        ("train__labels", "valid__labels"),
        ("data__labels__train", "data__labels__val"),
    ],
)
def test_the_files_of_a_training_may_be_in_parts(tmp_path, places):
    (tmp_path / "data.yaml").write_text("names: [rbc, wbc, plt]\n")
    for name, place in zip("ab", places, strict=True):
        lay(tmp_path, **{place: name})
    (tmp_path / "README.txt").write_text("not a file of boxes")
    assert sorted(read_labels(tmp_path).truths) == ["a", "b"]


def test_the_export_of_cvat_is_read(tmp_path):
    (tmp_path / "obj.names").write_text("rbc\nwbc\nplt\n")
    (tmp_path / "obj.data").write_text(
        "classes = 3\ntrain = data/train.txt\nnames = data/obj.names\nbackup = backup/\n"
    )
    (tmp_path / "train.txt").write_text("data/obj_train_data/a.jpg\n")
    lay(tmp_path, obj_train_data="a", obj_validation_data__day="b")
    assert sorted(read_labels(tmp_path).truths) == ["a", "b"]


def test_the_names_of_a_training_come_before_a_list(tmp_path):
    (tmp_path / "data.yaml").write_text("names: [plt, plt, plt]\n")
    (tmp_path / "classes.txt").write_text("rbc\nrbc\nrbc\n")
    lay(tmp_path, labels="a")
    assert set(read_labels(tmp_path).truths["a"]) == {"plt"}


def test_two_files_for_one_photograph_are_refused(tmp_path):
    (tmp_path / "data.yaml").write_text("names: [rbc, wbc, plt]\n")
    lay(tmp_path, labels__train="a", labels__val="a")
    with pytest.raises(LabelError, match=r"several files for one photograph: got a second 'a\.txt', in '.*val'"):
        read_labels(tmp_path)


@pytest.mark.parametrize(
    "text",
    ["", "names", "[rbc]", "train: images", "names:", "names: rbc", "names: 3", "names: [rbc, [wbc]]",
     "names: {a: rbc}", "names: {0: rbc, 00: wbc}", "names: {? [0] : rbc}", "names: {0: {1: rbc}}", "names: [rbc",
     "names: \x01", "a: &a [rbc]\nnames: *a", "a: &a {names: [rbc]}\n<<: *a", "names: " + "[" * 5000,
     "names: {%s: rbc}" % ("9" * 5000)],
    ids=range(18),
)  # fmt: skip
def test_names_that_cannot_be_read_are_refused(tmp_path, text):
    (tmp_path / "data.yaml").write_text(text)
    lay(tmp_path, labels="a")
    with pytest.raises(LabelError, match="the classes cannot be read"):
        read_labels(tmp_path)


def test_no_object_is_made_of_what_a_training_says(tmp_path):
    (tmp_path / "data.yaml").write_text("a: !!python/object/apply:os.abort []\nnames: [rbc, wbc, plt]\n")
    lay(tmp_path, labels="a")
    assert set(read_labels(tmp_path).truths) == {"a"}


def test_names_of_classes_are_not_without_end(tmp_path):
    (tmp_path / "data.yaml").write_text("names: [rbc]\n" + "#" * yolo_boxes.MAX_NAMES_BYTES)
    with pytest.raises(LabelError, match="too large"):
        read_labels(tmp_path)
