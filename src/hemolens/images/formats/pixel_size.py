"""What a file says of the size of a pixel, and when that is believed."""

from __future__ import annotations

PLAUSIBLE_UM_PER_PX = (0.01, 2.0)
"""Scales outside this range do not come from a microscope that shows blood cells: 72 or 300 dpi are a printer's."""

UM_PER_INCH = 25400.0

_LARGEST_DIFFERENCE = 0.01  # of width and height of a pixel; more is not square
_UM_PER_UNIT = {
    **dict.fromkeys(("nm", "nanometer", "nanometre"), 1e-3),
    **dict.fromkeys(("µm", "um", "micron", "micrometer", "micrometre"), 1.0),
    **dict.fromkeys(("mm", "millimeter", "millimetre"), 1e3),
    **dict.fromkeys(("cm", "centimeter", "centimetre"), 1e4),
    **dict.fromkeys(("m", "meter", "metre"), 1e6),
    **dict.fromkeys(("in", "inch", "inche"), UM_PER_INCH),
}


def um_per_unit(unit: object) -> float:
    r"""Length of a unit in µm, as ImageJ and OME spell it; 0 for what is no length, such as "pixel".

    >>> [um_per_unit(unit) for unit in ("µm", "um", "\\u00B5m", "Microns", "micrometer", "inches", "pixel", None)]
    [1.0, 1.0, 1.0, 1.0, 1.0, 25400.0, 0.0, 0.0]
    """
    text = str(unit).strip().lower()
    for micro in ("\\u00b5", "âµ", "μ"):  # ImageJ's escape, UTF-8 taken for Latin-1, the Greek letter for the sign
        text = text.replace(micro, "µ")
    return _UM_PER_UNIT.get(text) or _UM_PER_UNIT.get(text.removesuffix("s"), 0.0)


def plausible_um_per_px(x: float, y: float) -> float | None:
    """Believe the width and height of a pixel where they are plausible for a microscope, and the pixel is square.

    >>> plausible_um_per_px(0.25, 0.25), plausible_um_per_px(0.25, 0.5), plausible_um_per_px(25.4, 25.4)
    (0.25, None, None)
    """
    smallest, largest = PLAUSIBLE_UM_PER_PX
    return x if smallest <= x <= largest and abs(x - y) <= _LARGEST_DIFFERENCE * x else None
