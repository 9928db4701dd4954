import pytest

from hemolens.images.formats.pixel_size import um_per_unit


@pytest.mark.parametrize(
    ("spellings", "um"),
    [
        (("µm", "μm", "um", "UM", " micron ", "Microns", "micrometre", "\\u00B5m", "\\u00b5m", "Âµm"), 1),
        (("nm", "nanometers"), 1e-3),
        (("mm", "Millimeter"), 1e3),
        (("cm", "centimetres"), 1e4),
        (("inch", "inches", "in"), 25_400),
        (("pixel", "pixels", "", "s", "parsec", None), 0),
    ],
)
def test_every_spelling_of_a_unit(spellings, um):
    assert {um_per_unit(spelling) for spelling in spellings} == {um}
