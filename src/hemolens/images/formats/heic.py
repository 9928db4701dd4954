"""HEIC, the photographs of phones, read with pi-heif where it is installed.

pi-heif holds libheif and libde265, which have the LGPL, and no encoder. pillow-heif would read the same, but its wheels
hold x265, which has the GPL.
"""

from __future__ import annotations

import io
from importlib.util import find_spec

import numpy as np

from hemolens.errors import PhotographError
from hemolens.images.formats.stored_picture import SizeLimit, StoredPicture, damaged, index_of_plane, unsupported

SUFFIXES = frozenset({".heic", ".heif", ".hif"})

BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")
"""One of these stands behind ``ftyp`` in the first bytes of a file."""

_MOST_ZEROS = 32
"""No file ends with more of them: what is compressed has no three in a row."""


def can_read_heic() -> bool:
    """Whether pi-heif is installed."""
    return find_spec("pi_heif") is not None


def read_heic(data: bytes, limit: SizeLimit, plane: int | None = None) -> StoredPicture:
    """Read a HEIC; of several pictures the one that the file calls its primary.

    libheif turns the picture itself as the file says, and makes 8 bits of 10 or 12.
    """
    if not can_read_heic():
        raise PhotographError(
            "HEIC photographs need a package that is not installed",
            came="no pi_heif",
            allowed="an environment with hemolens[heic]",
            do="run: pip install 'hemolens[heic]'; or export it as JPEG, "
            "which an iPhone takes with Settings > Camera > Formats > Most Compatible",
        )
    import pi_heif

    index_of_plane(1, plane)
    if data.endswith(bytes(_MOST_ZEROS + 1)):  # a copy that broke off into zeros would be decoded, grey from there on
        raise damaged("the end of the image is missing")
    file = pi_heif.open_heif(io.BytesIO(data))
    image = file[file.primary_index]
    limit.check(*image.size)
    if image.mode not in {"L", "LA", "RGB", "RGBA"}:
        raise unsupported(f"colour model {image.mode}")
    samples = np.atleast_3d(np.array(image))  # a copy: what libheif has decoded goes with the image
    return StoredPicture(samples, image.mode, profile=image.info.get("icc_profile"))
