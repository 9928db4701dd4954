import pytest

from hemolens.errors import UsageError
from hemolens.paper.tiles import TileCount, count_tiles, n_tiles


@pytest.mark.parametrize(
    ("height", "width", "n"),
    [(1944, 2592, 494), (1368, 1712, 238), (652, 1226, 84)],
)
def test_tiles_of_the_three_sizes_in_the_data_set(height, width, n):
    assert n_tiles(height, width) == n


def test_tiles_do_not_depend_on_how_the_camera_was_held():
    assert n_tiles(2592, 1944) == n_tiles(1944, 2592)


@pytest.mark.parametrize(("width", "n"), [(0, 0), (44, 0), (45, 1), (144, 1), (145, 2), (244, 2), (245, 3)])
def test_another_tile_begins_every_100_pixels(width, n):
    assert n_tiles(100, width) == n


def test_tiles_add_up_over_the_photographs_of_a_split(tmp_path):
    (tmp_path / "images.csv").write_text("image,width,height\na,2592,1944\nb,1712,1368\nc,1226,652\n")
    (tmp_path / "splits.csv").write_text("image,cell_type,split\na,rbc,train\nb,rbc,train\nc,rbc,test\na,plt,test\n")
    assert count_tiles(tmp_path) == [
        TileCount("rbc", "train", 2, 732),
        TileCount("rbc", "test", 1, 84),
        TileCount("wbc", "train", 0, 0),
        TileCount("wbc", "test", 0, 0),
        TileCount("plt", "train", 0, 0),
        TileCount("plt", "test", 1, 494),
    ]


def test_a_folder_without_the_tables_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match=r"is not that of ALL-IDB1: got .*without images\.csv .*; name the folder of"):
        count_tiles(tmp_path)


@pytest.mark.data
def test_table_i_of_the_paper(data):
    """Exactly as printed, but for the platelets' 31 test photographs: there are 30, and they give the 14410 tiles."""
    assert count_tiles(data / "all-idb1") == [
        TileCount("rbc", "train", 10, 3916),
        TileCount("rbc", "test", 3, 1072),
        TileCount("wbc", "train", 73, 28126),
        TileCount("wbc", "test", 33, 15892),
        TileCount("plt", "train", 71, 27650),
        TileCount("plt", "test", 30, 14410),
    ]
