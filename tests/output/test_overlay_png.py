import io

import numpy as np
from PIL import Image

from hemolens.output.overlay_png import png_bytes


def test_a_picture_survives_the_file(tmp_path):
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    again = np.asarray(Image.open(io.BytesIO(png_bytes(pixels))))
    assert np.array_equal(again, pixels)
