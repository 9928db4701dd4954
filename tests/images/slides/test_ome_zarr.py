"""OME-Zarr written here by Zarr's own library, read box by box and counted as a user's."""

import json
import os
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

import hemolens
from hemolens.errors import PhotographError
from hemolens.images.box import Box
from hemolens.images.resampling import resize
from hemolens.images.slides import is_slide, ome_zarr, open_image, open_slide
from hemolens.synthetic import draw_smear

zarr = pytest.importorskip("zarr")

FORMATS = {"0.4": 2, "0.5": 3}
SHAPE = (300, 420)


@pytest.fixture(scope="module")
def smear():
    return draw_smear(seed=2, height=SHAPE[0], width=SHAPE[1], n_rbc=20, n_wbc=1, n_plt=3, red_cell_diameter_px=50)


def write_slide(
    folder, pixels, version="0.5", axes="tczyx", um_per_px=0.15, unit="micrometer", group=".", reductions=(1, 3), **how
):
    """Write a picture (H, W, C) and its reductions, in many chunks."""
    root = zarr.open_group(folder, mode="a", zarr_format=FORMATS[version])
    image = root if group == "." else root.require_group(group)
    datasets = []
    for name, reduction in enumerate(reductions):
        small = resize(pixels, (pixels.shape[0] // reduction, pixels.shape[1] // reduction)) if name else pixels
        shape = [dict(zip("yxc", small.shape, strict=True)).get(axis, 1) for axis in axes]
        order = ["yxc".index(axis) for axis in axes if axis in "yxc"]
        chunks = [{"y": 64, "x": 48}.get(axis, 1) for axis in axes]
        options = {"shape": shape, "chunks": chunks, "dtype": small.dtype, "fill_value": 0} | how
        image.create_array(str(name), **options)[:] = small.transpose(order).reshape(shape)
        scale = [um_per_px * reduction if axis in "yx" else 1.0 for axis in axes]
        placed = [{"type": "scale", "scale": scale}]
        datasets.append({"path": str(name), "coordinateTransformations": placed})
    described = [{"name": axis} | ({"type": "space", "unit": unit} if axis in "zyx" else {}) for axis in axes]
    ome = {"multiscales": [{"axes": described, "datasets": datasets}]}
    image.attrs.update(ome if version == "0.4" else {"ome": {"version": version} | ome})
    return folder


@pytest.fixture
def change(tmp_path):
    """Write a slide of OME-Zarr 0.4 whose metadata a test changes."""

    def changed(edit, name=".zattrs"):
        folder = write_slide(tmp_path / "a.zarr", np.full((8, 9, 3), 7, np.uint8), "0.4", reductions=(1, 2))
        metadata = json.loads((folder / name).read_text())
        edit(metadata)
        (folder / name).write_text(json.dumps(metadata))
        return folder

    return changed


@pytest.mark.parametrize("axes", ["tczyx", "cyx", "yxc"])
@pytest.mark.parametrize("version", FORMATS)
def test_every_box_of_every_level_is_read(tmp_path, smear, version, axes):
    slide = open_slide(write_slide(tmp_path / "a.ome.zarr", smear.pixels, version, axes))
    assert slide.levels == [SHAPE, (100, 140)]
    levels = [smear.pixels, resize(smear.pixels, (100, 140))]
    for level, pixels in enumerate(levels):
        rows, cols = pixels.shape[:2]
        for box in [Box(0, 0, rows, cols), Box(63, 47, 65, 49), Box(10, 20, 11, 21), Box(5, 30, rows, 131)]:
            read = slide.read(box, level)
            assert (read == pixels[box.row0 : box.row1, box.col0 : box.col1]).all()
            assert (read.dtype, read.flags.c_contiguous) == (np.uint8, True)


def test_shards_are_read(tmp_path, smear):
    folder = write_slide(tmp_path / "a.zarr", smear.pixels, axes="cyx", chunks=(3, 32, 32), shards=(3, 128, 128))
    assert (open_slide(folder).read(Box(31, 100, 299, 300)) == smear.pixels[31:299, 100:300]).all()


def test_where_there_is_no_chunk_is_the_fill_value(tmp_path, smear):
    folder = write_slide(tmp_path / "a.zarr", smear.pixels, fill_value=250)
    for channel in range(3):
        (folder / "0" / "c" / "0" / str(channel) / "0" / "1" / "2").unlink()
    expected = smear.pixels.copy()
    expected[64:128, 96:144] = 250
    assert (open_slide(folder).read(Box(0, 0, *SHAPE)) == expected).all()


def test_transparent_places_are_white(tmp_path):
    pixels = np.array([[[10, 20, 30, 255], [10, 20, 30, 0]]], np.uint8)
    slide = open_slide(write_slide(tmp_path / "a.zarr", pixels, reductions=(1,)))
    assert slide.read(Box(0, 0, 1, 2)).tolist() == [[[10, 20, 30], [255, 255, 255]]]


@pytest.mark.parametrize(
    ("um_per_px", "unit", "known"),
    [(0.15, "micrometer", 0.15), (150, "nanometer", 0.15), (0.15, None, None), (0.15, "parsec", None),
     (150, "micrometer", None)],
)  # fmt: skip
def test_the_scale_is_known_where_it_is_plausible(tmp_path, um_per_px, unit, known):
    pixels = np.zeros((4, 4, 3), np.uint8)
    folder = write_slide(tmp_path / "a.zarr", pixels, um_per_px=um_per_px, unit=unit, reductions=(1,))
    assert open_slide(folder).um_per_px == (known and pytest.approx(known))


@pytest.mark.parametrize(
    ("placed", "known"),
    [
        ([{"type": "scale", "scale": [1, 1, 1, 0.2, 0.3]}], None),
        ([{"type": "scale", "scale": [1, 1, 0.2]}], None),
        ([{"type": "scale", "path": "elsewhere"}], None),
        ([{"type": "identity"}], None),
        ([], None),
        ([{"type": "scale", "scale": [1, 1, 1, 0.2, 0.2]}, {"type": "translation", "translation": [0] * 5}], 0.2),
    ],
)
def test_pixels_that_are_not_square_or_of_no_size_have_no_scale(change, placed, known):
    folder = change(lambda said: said["multiscales"][0]["datasets"][0].update(coordinateTransformations=placed))
    assert open_slide(folder).um_per_px == known


def test_a_scale_of_all_levels_counts_too(change):
    placed = [{"type": "scale", "scale": [1, 1, 1, 2, 2]}]
    folder = change(lambda said: said["multiscales"][0].update(coordinateTransformations=placed))
    assert open_slide(folder).um_per_px == pytest.approx(0.3)


def test_the_one_picture_of_a_collection_is_the_slide(tmp_path, smear):
    folder = write_slide(tmp_path / "a.zarr", smear.pixels, "0.4", group="0")
    zarr.open_group(folder, mode="a", zarr_format=2).attrs["bioformats2raw.layout"] = 3
    assert (open_slide(folder).read(Box(9, 9, 99, 99)) == smear.pixels[9:99, 9:99]).all()
    write_slide(folder, smear.pixels, "0.4", group="1")
    with pytest.raises(PhotographError, match=r"the OME-Zarr contains several images: .*--series 0"):
        open_slide(folder)


@pytest.mark.parametrize(
    ("shape", "dtype", "axes", "came"),
    [
        ((8, 8, 3), np.uint16, "cyx", "axes cyx of 3 × 8 × 8 of uint16"),
        ((8, 8, 5), np.uint8, "cyx", "axes cyx of 5 × 8 × 8 of uint8"),
        ((8, 8, 1), np.uint8, "yxc", "axes yxc of 8 × 8 × 1 of uint8"),
    ],
)
def test_a_slide_of_other_pixels_is_refused(tmp_path, shape, dtype, axes, came):
    folder = write_slide(tmp_path / "a.zarr", np.zeros(shape, dtype), axes=axes, reductions=(1,))
    with pytest.raises(PhotographError, match=f"slide is not supported: got .*{came}; allowed: slides of 8-"):
        open_slide(folder)


@pytest.mark.parametrize("axis", ["z", "t"])
def test_a_stack_is_refused(tmp_path, axis):
    folder = write_slide(tmp_path / "a.zarr", np.zeros((8, 8, 3), np.uint8), axes=f"{axis}cyx", reductions=(1,))
    zarr.create_array(folder / "0", shape=(7, 3, 8, 8), chunks=(1, 3, 8, 8), dtype="uint8", overwrite=True)
    with pytest.raises(PhotographError, match=f"slide is not supported: got .*axes {axis}cyx of 7 × 3 × 8 × 8"):
        open_slide(folder)


def axes_are(names):
    return lambda said: said["multiscales"][0].update(axes=[{"name": name} for name in names])


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda said: said.pop("multiscales"), r"'\.zattrs: multiscales: Field required'"),
        (lambda said: said["multiscales"].clear(), r"'\.zattrs: multiscales: "),
        (lambda said: said["multiscales"][0].update(axes=["y", "x"]), r"'\.zattrs: multiscales\.0\.axes\.0: "),
        (axes_are("tczyw"), r"'\.zattrs: multiscales\.0\.axes\.4\.name: "),
        (axes_are("tcyx"), "this kind of slide is not supported: got .*axes tcyx of 1 × 3 × 1 × 8 × 9"),
        (axes_are("tcxyx"), "this kind of slide is not supported: got .*axes tcxyx"),
        (lambda said: said["multiscales"][0]["datasets"].reverse(), "got a level of 9 × 8 px under one of 4 × 4 px"),
        (lambda said: said["multiscales"][0]["datasets"].extend([{"path": "7"}]), r"a\.zarr/7' is .*got no '\.zarray'"),
        (lambda said: said["multiscales"][0].update(datasets=[{"path": "0"}] * 33), "at most 32 items"),
    ],
)  # fmt: skip
def test_other_metadata_are_refused(change, edit, message):
    with pytest.raises(PhotographError, match=message):
        open_slide(change(edit))


@pytest.mark.parametrize("path", ["../x", "..", "/etc", "0/../../x", ".", "", "C:\\x", "a//b"])
def test_a_level_that_lies_elsewhere_is_refused(change, path):
    with pytest.raises(PhotographError, match=r"'\.zattrs: multiscales\.0\.datasets\.0\.path: "):
        open_slide(change(lambda said: said["multiscales"][0]["datasets"][0].update(path=path)))


def test_a_level_of_another_form_is_refused(change):
    def widen(said):
        said["shape"][-1] = 90

    with pytest.raises(PhotographError, match="a level of 4 × 4 px under one of 90 × 8 px; allowed: reductions of one"):
        open_slide(change(widen, "0/.zarray"))


def test_an_array_in_too_many_chunks_is_refused(change):
    with pytest.raises(PhotographError, match="an array in 3000000 chunks; allowed: at most 1000000"):
        open_slide(change(lambda said: said.update(shape=[1, 3, 1, 1000, 1000], chunks=[1] * 5), "0/.zarray"))


def test_a_chunk_that_is_damaged_is_named(tmp_path, smear):
    folder = write_slide(tmp_path / "a.zarr", smear.pixels)
    slide = open_slide(folder)
    (folder / "0" / "c" / "0" / "2" / "0" / "1" / "2").write_bytes(b"damaged")
    assert (slide.read(Box(0, 0, 64, 96)) == smear.pixels[:64, :96]).all()
    with pytest.raises(PhotographError, match="a chunk 'c/0/2/0/1/2' that cannot be unpacked"):
        slide.read(Box(0, 0, 65, 97))


def test_a_folder_that_is_no_store_is_refused(tmp_path):
    (tmp_path / "a.zarr").mkdir()
    with pytest.raises(PhotographError, match=r"a\.zarr' is not a part of an OME-Zarr slide .*: got no 'zarr\.json'"):
        open_slide(tmp_path / "a.zarr")


@pytest.mark.posix("symbolic links")
@pytest.mark.parametrize("name", ["zarr.json", "0", "0/zarr.json", "0/c/0/0/0/0/0", "notes"])
def test_a_link_that_leads_elsewhere_is_refused(tmp_path, smear, name):
    folder = write_slide(tmp_path / "a.zarr", smear.pixels)
    if (folder / name).exists():
        (folder / name).rename(tmp_path / "elsewhere")
    (folder / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PhotographError, match=r"a link that leads elsewhere|got no 'zarr\.json'"):
        open_slide(folder)


@pytest.mark.posix("named pipes")
def test_what_is_no_file_is_refused(change):
    folder = change(lambda said: None)
    os.mkfifo(folder / "pipe")
    with pytest.raises(PhotographError, match=r"pipe' is not a part of .*: got neither a file nor a folder"):
        open_slide(folder)


def test_too_many_files_are_refused(change, monkeypatch):
    folder = change(lambda said: None)
    monkeypatch.setattr(ome_zarr, "MAX_FILES", 12)
    with pytest.raises(PhotographError, match="got more files; allowed: at most 12"):
        open_slide(folder)


def test_the_hash_is_of_every_file_and_its_place(tmp_path):
    def hash_after(edit):
        folder = tmp_path / f"{len(list(tmp_path.iterdir()))}.zarr"
        write_slide(folder, np.arange(100 * 100 * 3, dtype=np.uint8).reshape(100, 100, 3), reductions=(1,))
        edit(folder)
        return open_slide(folder).sha256

    chunk = "0/c/0/0/0/0/0"
    hashes = [
        hash_after(lambda folder: None),
        hash_after(lambda folder: (folder / chunk).write_bytes((folder / chunk).read_bytes() + b"0")),
        hash_after(lambda folder: (folder / chunk).rename(folder / "0/c/0/0/0/0/9")),
        hash_after(lambda folder: (folder / "notes").touch()),
    ]
    assert all(a != b for a, b in pairwise(hashes))
    assert hash_after(lambda folder: None) == hashes[0]


def test_a_folder_called_zarr_is_a_slide(tmp_path, smear):
    assert is_slide("a.zarr")
    assert is_slide("A.OME.ZARR")
    folder = write_slide(tmp_path / "a.ome.zarr", smear.pixels)
    assert (open_image(folder).name, open_image(folder).path) == ("a.ome.zarr", folder)


def test_a_slide_that_is_missing_or_a_file_is_refused(tmp_path):
    (tmp_path / "file.zarr").touch()
    for name in ("missing.zarr", "file.zarr"):
        with pytest.raises(PhotographError, match=f"there is no such slide: got .*{name}'; allowed: a folder"):
            open_slide(tmp_path / name)


def test_a_missing_library_is_named_with_what_installs_it(tmp_path, monkeypatch):
    (tmp_path / "a.zarr").mkdir()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(PhotographError, match=r"no numcodecs; .*pip install 'hemolens\[slides\]'"):
        open_slide(tmp_path / "a.zarr")


def test_a_slide_is_counted_as_the_photograph_that_it_holds(tmp_path, smear):
    of_slide = hemolens.count(write_slide(tmp_path / "a.zarr", smear.pixels), diameter_px=50)
    of_pixels = hemolens.count(smear.pixels, diameter_px=50)
    assert [cell.box for cell in of_slide.cells] == [cell.box for cell in of_pixels.cells]
    assert of_slide.quality == of_pixels.quality


def test_what_we_export_is_counted_again(tmp_path, smear):
    Image.fromarray(smear.pixels).save(tmp_path / "a.png")
    of_photograph = hemolens.count(tmp_path / "a.png")
    of_photograph.save(tmp_path / "out", export=["omezarr"])
    of_store = hemolens.count(tmp_path / "out" / "omezarr" / "a.ome.zarr")
    assert of_store.counts == of_photograph.counts
    # The stain is measured on a reduction of the store, and comes out a few per cent otherwise: so may a border.
    boxes = [np.array([cell.box for cell in each.cells]) for each in (of_store, of_photograph)]
    assert np.abs(boxes[0] - boxes[1]).max() <= 2
