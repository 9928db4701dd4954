"""Slides written here, read and counted as a user's."""

import csv
import importlib.util
import os
import struct
from functools import partial

import numpy as np
import pytest
import tifffile
from PIL import Image

import hemolens
from hemolens.errors import PhotographError, UsageError
from hemolens.images.box import Box
from hemolens.images.resampling import resize
from hemolens.images.slides import is_slide, open_image, open_slide
from hemolens.images.slides.slide import OVERVIEW_SIDE_PX
from hemolens.plan.blocks import plan_blocks
from hemolens.synthetic import draw_smear

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("tiffslide") is None, reason="needs tiffslide: pip install 'hemolens[slides]'"
)


def write_pyramid(path, pixels, reductions=(1, 4), um_per_px=0.15):
    """A tiled TIFF with its reductions, as slide scanners and OME write it."""
    with tifffile.TiffWriter(path) as tiff:
        for reduction in reductions:
            small = resize(pixels, (pixels.shape[0] // reduction, pixels.shape[1] // reduction))
            tiff.write(
                small, tile=(64, 64), photometric="rgb", compression="zlib", resolutionunit="CENTIMETER",
                resolution=(10000 / um_per_px / reduction,) * 2, subfiletype=int(reduction > 1),
                subifds=len(reductions) - 1 if reduction == 1 else 0,
            )  # fmt: skip
    return path


@pytest.fixture(scope="module")
def smear():
    return draw_smear(seed=2, height=400, width=560, n_rbc=30, n_wbc=1, n_plt=3, red_cell_diameter_px=50)


@pytest.fixture(scope="module")
def slide(smear, tmp_path_factory):
    return write_pyramid(tmp_path_factory.mktemp("slides") / "a.svs", smear.pixels)


def test_a_slide_gives_the_pixels_of_every_box_and_level(smear, slide):
    opened = open_slide(slide)
    assert opened.levels == [(400, 560), (100, 140)]
    assert (opened.read(Box(33, 70, 200, 555)) == smear.pixels[33:200, 70:555]).all()
    assert (opened.read(Box(7, 11, 100, 140), level=1) == resize(smear.pixels, (100, 140))[7:, 11:]).all()


def test_a_slide_knows_its_scale_its_size_and_its_bytes(slide):
    opened = open_slide(slide)
    assert opened.um_per_px == pytest.approx(0.15)
    assert (opened.name, opened.path, opened.shape, len(opened.sha256)) == ("a.svs", slide, (400, 560), 64)


def test_a_slide_is_counted_as_the_photograph_that_it_holds(smear, slide):
    of_slide = hemolens.count(slide, diameter_px=50)
    of_pixels = hemolens.count(smear.pixels, diameter_px=50)
    assert [cell.box for cell in of_slide.cells] == [cell.box for cell in of_pixels.cells]
    assert of_slide.quality == of_pixels.quality


def test_the_overview_is_reduced(tmp_path, monkeypatch):
    monkeypatch.setattr("hemolens.images.slides.slide.OVERVIEW_SIDE_PX", 100)
    pixels = draw_smear(seed=0, height=300, width=400, n_rbc=5, n_wbc=0, n_plt=0).pixels
    overview = open_slide(write_pyramid(tmp_path / "a.svs", pixels, (1,))).overview()
    assert (overview == resize(pixels, (75, 100))).all()
    assert OVERVIEW_SIDE_PX == 4096


def test_only_a_large_tiled_tiff_is_a_slide(tmp_path, monkeypatch, smear):
    tiled = write_pyramid(tmp_path / "a.tif", smear.pixels)
    assert not is_slide(tiled)
    monkeypatch.setattr("hemolens.images.slides.LARGEST_WHOLE_PX", 1000)
    assert is_slide(tiled)
    assert open_image(tiled).levels == [(400, 560), (100, 140)]
    tifffile.imwrite(tmp_path / "in strips.tif", smear.pixels)
    assert not is_slide(tmp_path / "in strips.tif")
    assert not is_slide(tmp_path / "missing.tif")


@pytest.mark.posix("named pipes")
@pytest.mark.parametrize("name", ["a.tif", "a.svs", "a.zarr"])
def test_a_pipe_is_not_waited_for(tmp_path, name):
    os.mkfifo(tmp_path / name)
    assert not is_slide(tmp_path / name)
    with pytest.raises(PhotographError, match=r"not an ordinary file: got .*, a pipe, a socket or a device"):
        open_image(tmp_path / name)


def test_a_slide_has_one_plane(tmp_path, smear):
    tiled = write_pyramid(tmp_path / "a.svs", smear.pixels)
    assert open_image(tiled, plane=1).shape == (400, 560)
    with pytest.raises(PhotographError, match=r"no such plane: got .* and plane 2"):
        open_image(tiled, plane=2)


def test_transparent_places_of_a_slide_are_white(tmp_path):
    stored = np.zeros((128, 128, 4), np.uint8)
    stored[:64] = (10, 20, 30, 255)
    tifffile.imwrite(tmp_path / "a.svs", stored, tile=(64, 64), photometric="rgb", extrasamples=["unassalpha"])
    pixels = open_slide(tmp_path / "a.svs").read(Box(60, 0, 68, 1))
    assert pixels[:, 0].tolist() == [[10, 20, 30]] * 4 + [[255, 255, 255]] * 4


@pytest.mark.parametrize(
    ("pixels", "came"),
    [(np.zeros((64, 64), np.uint8), "1 channels of uint8"), (np.zeros((64, 64, 3), np.uint16), "3 channels of uint16")],
)
def test_a_slide_of_other_pixels_is_refused(tmp_path, pixels, came):
    tifffile.imwrite(tmp_path / "a.svs", pixels, tile=(16, 16))
    with pytest.raises(PhotographError, match=f"this kind of slide is not supported: got .*{came}"):
        open_slide(tmp_path / "a.svs")


def test_a_missing_library_is_named_with_what_installs_it(slide, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(PhotographError, match=r"needs a library that is not installed: .*'hemolens\[slides\]'"):
        open_slide(slide)
    (slide.parent / "b.mrxs").write_bytes(b"")
    with pytest.raises(PhotographError, match=r"no openslide; .*openslide-bin"):
        open_slide(slide.parent / "b.mrxs")


def test_a_missing_or_damaged_slide_fails_in_one_line(tmp_path, slide):
    with pytest.raises(PhotographError, match="there is no such slide"):
        open_slide(tmp_path / "missing.svs")
    (tmp_path / "cut.svs").write_bytes(slide.read_bytes()[:200])
    with pytest.raises(PhotographError, match="the slide cannot be read with tiffslide") as caught:
        open_slide(tmp_path / "cut.svs")
    assert "\n" not in str(caught.value)


def claim(path, **numbers):
    """Change numbers in the header of a TIFF."""
    data = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as tiff:
        for name, number in numbers.items():
            at = tiff.pages.first.tags[name].offset
            data[at + 2 : at + 12] = struct.pack("<HII", 4, 1, number)
    path.write_bytes(data)
    return path


def test_a_slide_that_lacks_tiles_is_refused(tmp_path):
    wide = write_pyramid(tmp_path / "a.tif", np.zeros((120, 160, 3), np.uint8), (1,))
    with pytest.raises(PhotographError, match=r"damaged or cut short: got .*a\.tif' with 6 tiles in an image of 42949"):
        open_image(claim(wide, ImageWidth=2**32 - 1, ImageLength=2**32 - 1))


def test_a_slide_that_its_file_cannot_hold_is_refused(tmp_path, monkeypatch, slide):
    monkeypatch.setattr("hemolens.images.formats.stored_picture.ALWAYS_READ_PX", 1000)
    monkeypatch.setattr("hemolens.images.slides.slide.MAX_PIXELS_PER_BYTE", 1)
    flat = write_pyramid(tmp_path / "flat.svs", np.zeros((400, 560, 3), np.uint8), (1,))
    with pytest.raises(PhotographError, match=r"too small for an image of this size: .*flat\.svs' \(560 × 400 pixels"):
        open_slide(flat)
    assert open_slide(slide).shape == (400, 560)


def test_pages_without_end_are_not_followed(tmp_path, monkeypatch):
    monkeypatch.setattr("hemolens.images.slides.openslide_like.MAX_PAGES", 2)
    with tifffile.TiffWriter(tmp_path / "a.svs") as tiff:
        for _ in range(3):
            tiff.write(np.zeros((64, 64, 3), np.uint8), tile=(64, 64), photometric="rgb", metadata=None)
    with pytest.raises(PhotographError, match="with more than 2 pages; allowed: at most 2"):
        open_slide(tmp_path / "a.svs")


@pytest.mark.parametrize("compression", ["zlib", "zstd", "jpeg", "lzw"])
def test_a_damaged_tile_names_the_slide_and_the_place(tmp_path, smear, compression):
    path = tmp_path / "a.svs"
    tifffile.imwrite(path, smear.pixels, tile=(64, 64), photometric="rgb", compression=compression)
    with tifffile.TiffFile(path) as tiff:
        page = tiff.pages.first
        at, size = page.dataoffsets[20], page.databytecounts[20]
    data = bytearray(path.read_bytes())
    data[at : at + size] = b"\xff" * size
    path.write_bytes(data)
    with pytest.raises(PhotographError, match=r"got '.*a\.svs' at x 100 to 200, y 100 to 200 of level 0 \(.*copy or"):
        open_slide(path).read(Box(100, 100, 200, 200))


@pytest.mark.posix("colons in names")
@pytest.mark.parametrize("name", ["zip::x.svs", "simplecache::a.svs"])
def test_a_name_is_no_address(tmp_path, monkeypatch, smear, slide, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.svs").write_bytes(b"another file")
    (tmp_path / name).write_bytes(slide.read_bytes())
    assert (open_slide(name).read(Box(0, 0, 400, 560)) == smear.pixels).all()


def test_a_slide_is_counted_in_blocks_and_saved(tmp_path, monkeypatch, smear, slide):
    """Small blocks, small fields and a small overview stand for a large slide."""
    monkeypatch.setattr("hemolens.plan.plan.plan_blocks", partial(plan_blocks, block_diameters=6))
    monkeypatch.setattr("hemolens.plan.fields.LARGEST_FIELD_PX", 1000)
    monkeypatch.setattr("hemolens.plan.fields.FIELD_SIDE_PX", 200)
    monkeypatch.setattr("hemolens.images.slides.slide.OVERVIEW_SIDE_PX", 280)
    result = hemolens.count(slide, region="0,0,300,400")
    assert result.red_cell_diameter.origin == "file"
    assert abs(result.counts.rbc - sum(cell.col < 300 and cell.type == "rbc" for cell in smear.cells)) <= 3
    result.save(tmp_path / "out", export=["coco", "geojson"], report=True)
    with Image.open(tmp_path / "out" / "overlay" / "a.png") as overlay:
        assert overlay.size == (280, 200)
    rows = list(csv.DictReader((tmp_path / "out" / "cells.csv").read_text("utf-8").splitlines()))
    assert len(rows) == len(result.cells)
    (row,) = csv.DictReader((tmp_path / "out" / "counts.csv").read_text("utf-8").splitlines())
    assert (row["width"], row["height"], row["frame_area_px"]) == ("560", "400", str(299 * 399))


@pytest.mark.parametrize("name", ["labels", "omezarr"])
def test_formats_that_draw_every_pixel_of_a_slide_are_refused(tmp_path, slide, name):
    with pytest.raises(UsageError, match=rf"{name} writes every pixel.*'a.svs'.*leave that format out"):
        hemolens.count(slide).save(tmp_path, export=[name])
