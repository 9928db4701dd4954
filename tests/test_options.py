import pickle

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
    for given in ("1,2,30,40", rectangle(*bounds), rectangle(*bounds).corners()):
        assert CountOptions(region=given).region.bounds == bounds


def test_options_go_through_json_and_through_pickle():
    options = CountOptions(diameter_px=80, region="1,2,30,40", models=("wbc-unet",))
    again = CountOptions(**options.model_dump(mode="json"))
    assert again.model_dump() == pickle.loads(pickle.dumps(options)).model_dump() == options.model_dump()  # noqa: S301
    np.testing.assert_array_equal(again.region.mask((50, 50)), options.region.mask((50, 50)))
