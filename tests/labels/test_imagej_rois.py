import io
import struct
import zipfile

import numpy as np
import pytest
from roifile import ROI_SUBTYPE, ROI_TYPE, ImagejRoi

from hemolens.errors import LabelError
from hemolens.labels import imagej_rois
from hemolens.labels.imagej_rois import read_roi_zips


def polygon(name="rbc-1", points=((3, 2), (8, 2), (8, 10), (3, 10))):
    roi = ImagejRoi.frompoints(np.array(points), name=name)
    roi.roitype = ROI_TYPE.POLYGON
    return roi


def framed(kind, name="wbc-1"):
    return ImagejRoi(roitype=kind, name=name, left=3, top=2, right=8, bottom=10)


@pytest.fixture
def read(tmp_path):
    def read_archive(content, types=None):
        if not isinstance(content, bytes):
            buffer = io.BytesIO()
            with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, data in content.items():
                    archive.writestr(name, data if isinstance(data, bytes) else data.tobytes())
            content = buffer.getvalue()
        (tmp_path / "a.zip").write_bytes(content)
        return read_roi_zips([tmp_path / "a.zip"], types)

    return read_archive


@pytest.mark.parametrize("kind", [float, int])
def test_the_box_ends_where_the_outline_does(read, kind):
    points = np.array([(3, 2), (8, 2), (8, 10), (3, 10)], kind)
    assert read({"1.roi": polygon(points=points)}).truths["a"]["rbc"].boxes.tolist() == [[2, 3, 10, 8]]


@pytest.mark.parametrize("kind", [ROI_TYPE.RECT, ROI_TYPE.OVAL])
def test_rectangles_and_ovals_are_cells(read, kind):
    assert read({"1.roi": framed(kind)}).truths["a"]["wbc"].boxes.tolist() == [[2, 3, 10, 8]]


@pytest.mark.parametrize("name", ["rbc-1", "RBC_0001", "rbc", " rbc 12", "rbc-1-2"])
def test_the_type_is_what_the_name_begins_with(read, name):
    assert read({"1.roi": polygon(name)}).truths["a"]["rbc"].count == 1


def test_a_region_without_a_name_is_called_after_its_file(read):
    assert read({"plt-7.roi": polygon("")}).truths["a"]["plt"].count == 1


def test_what_macos_adds_is_passed_over(read):
    added = {"__MACOSX/._1.roi": b"x", ".DS_Store": b"x", "regions/": b""}
    assert read({"regions/1.roi": polygon(), **added}).truths["a"]["rbc"].count == 1


def test_an_empty_archive_is_a_photograph_without_cells(read):
    assert read({}, ["rbc"]).truths["a"]["rbc"].count == 0


def test_a_region_that_encloses_nothing_is_left_out_and_said(read):
    labels = read({"1.roi": polygon(), "2.roi": polygon("rbc-2", [(3, 2), (3, 9), (3, 5)])})
    assert labels.truths["a"]["rbc"].count == 1
    assert labels.notes == ("1 outlines that enclose nothing were left out.",)


@pytest.mark.parametrize("name", ["0001-0002", "", "12"])
def test_a_name_that_tells_no_type_is_refused(read, name):
    with pytest.raises(LabelError, match=r"unknown cell type in '0001-0002.roi' in 'a.zip'"):
        read({"0001-0002.roi": polygon(name)})


@pytest.mark.parametrize("kind", [ROI_TYPE.POINT, ROI_TYPE.LINE, ROI_TYPE.FREELINE, ROI_TYPE.POLYLINE, ROI_TYPE.ANGLE])
def test_what_is_no_area_is_refused(read, kind):
    line = polygon()
    line.roitype = kind
    with pytest.raises(
        LabelError, match=f"a region is not an area: '1.roi' in .*: got one of type {kind.name.lower()}"
    ):
        read({"1.roi": line})


def test_a_text_is_refused(read):
    text = framed(ROI_TYPE.RECT)
    text.subtype = ROI_SUBTYPE.TEXT
    with pytest.raises(LabelError, match="a region is not an area"):
        read({"1.roi": text})


def test_the_library_says_nothing_of_a_damaged_region(read, caplog):
    damaged = bytearray(polygon().tobytes())
    damaged[6] = 51  # its type
    with pytest.raises(LabelError):
        read({"1.roi": bytes(damaged)})
    assert caplog.records == []


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_coordinate_that_is_no_number_is_refused(read, value):
    roi = polygon(points=np.array([(3, 2), (8, 2), (8, 10)], float))
    roi.subpixel_coordinates[1, 0] = value
    with pytest.raises(LabelError, match=r"a coordinate is not a number: '1.roi' in 'a.zip'"):
        read({"1.roi": roi})


@pytest.mark.parametrize("name", ["../rbc-1.roi", "/rbc-1.roi", "a/../../rbc-1.roi", "..\\rbc-1.roi", "C:\\rbc-1.roi"])
def test_a_name_that_leads_elsewhere_is_refused(read, name, tmp_path):
    with pytest.raises(LabelError, match="got an entry that leads elsewhere"):
        read({name: polygon()})
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


@pytest.mark.parametrize("name", ["rbc-1.txt", "rbc", "rbc-1.zip"])
def test_another_file_in_the_archive_is_refused(read, name):
    with pytest.raises(LabelError, match=r"allowed: entries that end in \.roi"):
        read({name: polygon()})


def test_an_archive_that_unpacks_to_much_is_refused(read):
    with pytest.raises(LabelError, match="allowed: regions of at most 1 MB, 200 MB together"):
        read({"rbc-1.roi": b"Iout" + bytes(30_000_000)})


def test_many_regions_that_unpack_to_much_are_refused(read, monkeypatch):
    monkeypatch.setattr(imagej_rois, "MAX_UNPACKED_BYTES", 1000)
    with pytest.raises(LabelError, match="more than that, unpacked, at 'rbc-"):
        read({f"rbc-{n}.roi": polygon() for n in range(20)})


def test_too_many_regions_are_refused(read, monkeypatch):
    monkeypatch.setattr(imagej_rois, "MAX_REGIONS", 2)
    with pytest.raises(LabelError, match="got 3 entries; allowed: at most 2 regions"):
        read({f"rbc-{n}.roi": polygon() for n in range(3)})


def test_a_file_that_is_too_large_is_refused(read, monkeypatch):
    monkeypatch.setattr(imagej_rois, "MAX_ARCHIVE_BYTES", 50)
    with pytest.raises(LabelError, match="too large"):
        read({"rbc-1.roi": polygon()})


def test_an_archive_with_a_password_is_refused(read):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("rbc-1.roi", polygon().tobytes())
    content = bytearray(buffer.getvalue())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + at] |= 1
    with pytest.raises(LabelError, match=r"a damaged archive .*password"):
        read(bytes(content))


@pytest.mark.parametrize("content", [b"", b"PK", b"no archive", b"PK\x05\x06" + b"\xff" * 18])
def test_what_is_no_archive_is_refused(read, content):
    with pytest.raises(LabelError, match=r"'a.zip' is not an archive of regions that can be read"):
        read(content)


@pytest.mark.parametrize("length", [0, 4, 63, 64, 70, 79])
def test_a_region_cut_short_is_refused(read, length):
    with pytest.raises(LabelError, match=r"a region cannot be read: '1.roi' in 'a.zip'"):
        read({"1.roi": polygon().tobytes()[:length]})


def test_a_region_that_lies_about_its_length_is_refused(read):
    data = bytearray(polygon().tobytes())
    data[16:18] = struct.pack(">H", 60_000)
    with pytest.raises(LabelError, match="a region cannot be read"):
        read({"1.roi": bytes(data)})
