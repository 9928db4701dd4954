"""The photographs that pages look at."""

from PIL import Image

from hemolens.images import open_images
from hemolens.images.open_images import OpenImages
from hemolens.images.slides import open_image


def test_a_photograph_is_opened_once(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    Image.new("RGB", (40, 30)).save(path)
    opened = []
    monkeypatch.setattr(open_images, "open_image", lambda path: opened.append(path) or open_image(path))
    images = OpenImages()
    assert images.get(path) is images.get(path)
    assert opened == [path]


def test_no_more_stays_open_than_fits(tmp_path, monkeypatch):
    monkeypatch.setattr(open_images, "MAX_OPEN_PX", 40 * 30 + 1)
    paths = [tmp_path / "a.png", tmp_path / "b.png"]
    for path in paths:
        Image.new("RGB", (40, 30)).save(path)
    images = OpenImages()
    first = images.get(paths[0])
    images.get(paths[1])
    assert images.get(paths[0]) is not first
