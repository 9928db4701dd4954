"""Small pictures, the bytes of their files, and a colour profile whose effect shows."""

import io
import struct

import numpy as np
import tifffile
from PIL import Image, ImageCms

PINK, WHITE, BLACK = (230, 150, 160), (255, 255, 255), (0, 0, 0)


PICTURE = np.array(
    [
        [(250, 10, 20), (30, 240, 40), (50, 60, 230)],
        [(70, 80, 90), (200, 190, 180), (5, 120, 250)],
    ],
    dtype=np.uint8,
)


TURNED = {  # the numbers are the pixels of ABC/DEF as each orientation shows them
    1: ["ABC", "DEF"],
    2: ["CBA", "FED"],
    3: ["FED", "CBA"],
    4: ["DEF", "ABC"],
    5: ["AD", "BE", "CF"],
    6: ["DA", "EB", "FC"],
    7: ["FC", "EB", "DA"],
    8: ["CF", "BE", "AD"],
}


def noise(height=40, width=50):
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)


def lettered(pixels):
    names = {tuple(colour): letter for colour, letter in zip(PICTURE.reshape(-1, 3).tolist(), "ABCDEF", strict=True)}
    return ["".join(names[tuple(colour)] for colour in row) for row in pixels.tolist()]


def encoded(image, file_format, **options):
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def tiff(array, **options):
    file = io.BytesIO()
    tifffile.imwrite(file, array, **options)
    return file.getvalue()


def swapping_profile():
    """Make an RGB profile whose red and green change places on the way to sRGB."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    n_tags = struct.unpack_from(">I", profile, 128)[0]
    entries = {bytes(profile[at : at + 4]): at for at in range(132, 132 + 12 * n_tags, 12)}
    red, green = entries[b"rXYZ"], entries[b"gXYZ"]
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile)
