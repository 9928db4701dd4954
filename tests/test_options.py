import pickle
from pathlib import Path

import numpy as np
import pytest

from hemolens.errors import ModelError, UsageError
from hemolens.images.region import rectangle
from hemolens.options import CountOptions


@pytest.mark.parametrize(
    ("given", "said", "option"),
    [
        ({"diameter_px": 3}, "red-cell diameter in pixels is out of range: got 3; allowed: 10 to 500", "diameter_px"),
        ({"um_per_px": 9}, "µm per pixel is out of range: got 9; allowed: 0.015 to 0.75", "um_per_px"),
        ({"diameter_px": 80, "um_per_px": 0.1}, "the scale is given twice", "diameter_px"),
        ({"diameter_px": "wide"}, "an option is malformed: got diameter_px = 'wide'", "diameter_px"),
        ({"diameter_px": float("nan")}, "an option is malformed: got diameter_px = 'nan'", "diameter_px"),
        ({"counter": "guess"}, "unknown counter: got 'guess'; allowed: auto, watershed", "counter"),
        ({"region": "9,9,1,1"}, "the region is not a rectangle", "region"),
        ({"region": (9, 9, 1, 1)}, "the region is not a rectangle", "region"),
        ({"region": (1, 2, 3)}, "an option is malformed: got region = .*four numbers x0, y0, x1, y1", "region"),
        ({"region": 7}, "an option is malformed: got region = '7'", "region"),
        ({"region": []}, "an option is malformed: got region = ", "region"),
        ({"region": [[[[0, 0], [float("nan"), 1], [1, 0]]]]}, "an option is malformed: got region = ", "region"),
        ({"region": b"0,0,5,5"}, "an option is malformed: got region = ", "region"),
        ({"models": 5}, "an option is malformed: got models.0 = '5'", "models"),
        ({"counter": None}, "an option is malformed: got counter = 'None'", "counter"),
        ({"plane": 0}, "an option is malformed: got plane = '0'", "plane"),
        ({"treshold": 1}, "an option is malformed: got treshold = '1'", "treshold"),
    ],
)
def test_what_cannot_be_is_refused_in_words_with_the_name_of_the_option(given, said, option):
    with pytest.raises(UsageError, match=said) as error:
        CountOptions(**given)
    assert error.value.option == option


def test_a_model_that_is_not_there_is_refused():
    with pytest.raises(ModelError, match="there is no such model"):
        CountOptions(models=("nonesuch",))


def test_options_are_frozen():
    with pytest.raises(Exception, match="frozen"):
        CountOptions().counter = "watershed"


def test_a_region_is_taken_as_text_as_a_region_and_as_its_corners():
    bounds = (1.0, 2.0, 30.0, 40.0)
    for given in ("1,2,30,40", (1, 2, 30, 40), np.array(bounds), rectangle(*bounds), rectangle(*bounds).corners()):
        assert CountOptions(region=given).region.bounds == bounds


def test_a_region_is_taken_from_a_path(tmp_path):
    path = tmp_path / "region.geojson"
    path.write_text('{"type": "Polygon", "coordinates": [[[1, 2], [30, 2], [30, 40], [1, 40]]]}')
    assert CountOptions(region=path).region.bounds == (1.0, 2.0, 30.0, 40.0)


def test_a_model_is_taken_by_itself_and_from_a_path():
    assert CountOptions(models="wbc-unet").models == ("wbc-unet",)
    assert CountOptions(models=[Path("wbc-unet")]).models == ("wbc-unet",)


def test_options_go_through_json_and_through_pickle():
    options = CountOptions(diameter_px=80, region="1,2,30,40", models=("wbc-unet",))
    again = CountOptions(**options.model_dump(mode="json"))
    assert again.model_dump() == pickle.loads(pickle.dumps(options)).model_dump() == options.model_dump()  # noqa: S301
    np.testing.assert_array_equal(again.region.mask((50, 50)), options.region.mask((50, 50)))
