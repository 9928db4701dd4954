import io
import zipfile

import numpy as np
import pytest
import roifile
import shapely

from hemolens.output.export.imagej import ImageJ, roi_zip_bytes
from hemolens.output.export.polygon import polygon_of


@pytest.fixture
def regions(tmp_path):
    def read(result):
        path = tmp_path / "a.zip"
        path.write_bytes(roi_zip_bytes(result))
        return roifile.roiread(path)

    return read


def test_a_region_is_called_after_its_type_and_number(regions, drawn):
    names = [region.name for region in regions(drawn)]
    assert names == [f"{cell.type}-{n}" for n, cell in enumerate(drawn.cells, start=1)]


def test_a_region_is_the_polygon_of_its_cell(regions, drawn):
    for region, cell in zip(regions(drawn), drawn.cells, strict=True):
        np.testing.assert_allclose(region.coordinates(), polygon_of(cell), atol=1e-4)
        assert region.roitype == roifile.ROI_TYPE.POLYGON


def test_the_zero_is_the_corner_of_the_photograph(regions, make_result, make_cell):
    (region,) = regions(make_result("a.jpg", make_cell(row=5, col=7, half=2)))
    assert shapely.Polygon(region.coordinates()).bounds == (5.5, 3.5, 9.5, 7.5)


def test_the_box_of_a_region_holds_it(regions, drawn):
    for region in regions(drawn):
        (left, top), (right, bottom) = region.coordinates().min(axis=0), region.coordinates().max(axis=0)
        assert region.left <= left + 0.5
        assert region.top <= top + 0.5
        assert region.right >= right - 0.5
        assert region.bottom >= bottom - 0.5


def test_a_region_has_the_colour_of_its_class(regions, make_result, make_cell):
    (region,) = regions(make_result("a.jpg", make_cell("wbc")))
    assert region.stroke_color == bytes([255, 255, 221, 0])


def test_a_region_belongs_to_no_slice(regions, make_result, make_cell):
    (region,) = regions(make_result("a.jpg", make_cell()))
    assert (region.position, region.c_position, region.z_position, region.t_position) == (0, 0, 0, 0)


def test_the_names_in_the_archive_are_those_of_the_regions(make_result, make_cell):
    archive = zipfile.ZipFile(io.BytesIO(roi_zip_bytes(make_result("a.jpg", make_cell(), make_cell("plt")))))
    assert archive.namelist() == ["rbc-1.roi", "plt-2.roi"]


def test_the_same_cells_give_the_same_bytes(drawn):
    assert roi_zip_bytes(drawn) == roi_zip_bytes(drawn)


def test_no_cells_are_an_empty_archive(make_result):
    assert zipfile.ZipFile(io.BytesIO(roi_zip_bytes(make_result()))).namelist() == []


def test_the_file_is_called_after_the_photograph(entry):
    assert ImageJ.files(entry) == ("imagej/a.zip",)
