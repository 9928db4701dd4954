import pytest

from hemolens.errors import LabelError
from hemolens.labels import voc_boxes
from hemolens.labels.voc_boxes import read_voc_boxes

BOX = "<bndbox><xmin>4</xmin><ymin>3</ymin><xmax>8</xmax><ymax>10</ymax></bndbox>"
SIZE = "<size><width>60</width><height>40</height><depth>3</depth></size>"


def voc(*boxes, name="RBC", head=f"<filename>a.jpg</filename>{SIZE}"):
    return f"<annotation>{head}{''.join(f'<object><name>{name}</name>{box}</object>' for box in boxes)}</annotation>"


BOMB = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)


@pytest.fixture
def read(tmp_path):
    def read_files(*contents, types=None):
        paths = [tmp_path / f"{n}.xml" for n, _ in enumerate(contents, start=1)]
        for path, content in zip(paths, contents, strict=True):
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_voc_boxes(paths, types)

    return read_files


def test_the_first_pixel_is_one_and_the_last_one_inside(read):
    assert read(voc(BOX)).truths["a.jpg"]["rbc"].boxes.tolist() == [[2, 3, 10, 8]]


def test_the_size_is_read(read):
    assert read(voc(BOX)).sizes == {"a.jpg": (40, 60)}


@pytest.mark.parametrize("size", ["", "<size><width>0</width><height>0</height></size>"])
def test_a_size_may_be_unknown(read, size):
    assert read(voc(BOX, head=size)).sizes == {}


def test_without_a_name_inside_it_is_that_of_the_file(read):
    assert set(read(voc(BOX, head="")).truths) == {"1"}


def test_every_file_is_a_photograph(read):
    labels = read(voc(BOX, BOX), voc(head="<filename>b.jpg</filename>"))
    assert {name: truths["rbc"].count for name, truths in labels.truths.items()} == {"a.jpg": 2, "b.jpg": 0}


def test_a_box_of_one_pixel_has_an_area(read):
    one = "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>1</xmax><ymax>1</ymax></bndbox>"
    assert read(voc(one)).truths["a.jpg"]["rbc"].boxes.tolist() == [[0, 0, 1, 1]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no XML"),
        ("no XML", "no XML"),
        ("<annotation>", "no XML"),
        (b"\xff\xfe<", "no XML"),
        ('<?xml version="1.0" encoding="nonsense"?><annotation/>', "no XML"),
        ("<html/>", "got an element 'html'; allowed: one element 'annotation'"),
        (voc(""), "no bndbox in object 0 of '1.xml'"),
        (voc(BOX, name="cell"), "unknown cell type in object 0 of '1.xml': got 'cell'"),
        (voc(BOX, name=""), "unknown cell type"),
        (voc(BOX.replace("4", "x")), "xmin 'x' in object 0 of '1.xml'; allowed: finite numbers"),
        (voc(BOX.replace("4", "")), "xmin '' in object 0"),
        (voc(BOX.replace("<xmin>4</xmin>", "")), "xmin 'None' in object 0"),
        (voc(BOX.replace("4", "nan")), "xmin 'nan'"),
        (voc(BOX.replace("4", "-inf")), "xmin '-inf'"),
        (voc(BOX.replace("4", "1e300")), "xmin '1e300'"),
        (voc(BOX.replace("4", "9")), "boxes with an area"),
        (voc(BOX, head="<size><width>a</width><height>40</height></size>"), "width 'a' in size"),
    ],
)
def test_what_is_not_such_a_file_is_refused(read, content, message):
    with pytest.raises(LabelError, match=f"'1.xml' is not a file of Pascal VOC boxes.*{message}|{message}"):
        read(content)


@pytest.mark.parametrize(
    "declaration",
    [
        BOMB,
        '<!DOCTYPE x [<!ENTITY i SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
        '<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]>',
    ],
    ids=["bomb", "file", "network", "parameter"],
)
def test_entities_are_refused_before_they_are_read(read, declaration):
    with pytest.raises(LabelError, match="got a declaration of a document type or of entities"):
        read(f'<?xml version="1.0"?>{declaration}{voc(BOX, name="&i;")}')


@pytest.mark.parametrize("depth", [30, 500_000])
def test_elements_nested_too_deep_are_refused(read, depth):
    with pytest.raises(LabelError, match="elements nested too deep; allowed: at most 20 elements in each other"):
        read(f"<annotation>{'<a>' * depth}{'</a>' * depth}</annotation>")


def test_a_file_that_is_too_large_is_refused(read, monkeypatch):
    monkeypatch.setattr(voc_boxes, "MAX_PHOTOGRAPH_BYTES", 100)
    with pytest.raises(LabelError, match="too large"):
        read(voc(BOX))


def test_two_files_for_one_photograph_are_refused(read):
    with pytest.raises(LabelError, match=r"a second file for 'a\.jpg'"):
        read(voc(BOX), voc(BOX))
