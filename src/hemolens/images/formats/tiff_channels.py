"""Colours that lie in pages of their own: which page of a TIFF is red, which green and which blue, plane by plane.

Fiji calls such a file a composite; OME-TIFF names its channels or gives them colours.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element

RGB = ("red", "green", "blue")

_BY_NAME = {**{colour: colour for colour in RGB}, **{colour[0]: colour for colour in RGB}}
_BY_LIGHT: dict[tuple[bool, ...], str] = {
    (True, False, False): "red",
    (False, True, False): "green",
    (False, False, True): "blue",
}


class ChannelsInPages(NamedTuple):
    """Where the channels of a stack lie; a picture by itself is a stack of one plane.

    Attributes
    ----------
    colours : list of str
        ``"red"``, ``"green"`` or ``"blue"`` for each channel, or ``""`` where that is not stated.
    planes : list of list of int
        For each plane, the page of each of its channels.

    """

    colours: list[str]
    planes: list[list[int]]


def channels_in_pages(imagej: Mapping[str, Any], ome: Element | None, n_pages: int) -> ChannelsInPages | None:
    """Find the channels that lie in pages of their own.

    Parameters
    ----------
    imagej : mapping
        ImageJ's metadata; empty where there are none.
    ome : Element or None
        ``Pixels`` of OME's metadata.
    n_pages : int
        Pages of the file.

    Returns
    -------
    ChannelsInPages or None
        None where a page is more than a channel, or the file has other pages than its metadata say.

    Examples
    --------
    >>> channels_in_pages({"images": 6, "channels": 3, "slices": 2, "mode": "composite"}, None, 6)
    ChannelsInPages(colours=['red', 'green', 'blue'], planes=[[0, 1, 2], [3, 4, 5]])
    >>> channels_in_pages({"images": 3, "slices": 3}, None, 3)

    """
    return _by_imagej(imagej, n_pages) or (None if ome is None else _by_ome(ome, n_pages))


def _by_imagej(imagej: Mapping[str, Any], n_pages: int) -> ChannelsInPages | None:
    n_channels = imagej.get("channels", 1)
    if imagej.get("images") != n_pages or n_channels not in range(2, n_pages + 1) or n_pages % n_channels:
        return None
    n = int(n_channels)
    colours = [""] * n
    tables: Sequence[Any] = imagej.get("LUTs", ())
    if len(tables) == n:
        colours = [_BY_LIGHT.get(tuple(bool(light) for light in table[:, -1]), "") for table in tables]
    elif n == len(RGB) and imagej.get("mode") in {"composite", "color"}:
        colours = [*RGB]  # the colours that ImageJ gives to channels without a table
    return ChannelsInPages(colours, [[*range(first, first + n)] for first in range(0, n_pages, n)])


def _by_ome(pixels: Element, n_pages: int) -> ChannelsInPages | None:
    channels = pixels.findall("{*}Channel")
    sizes = {axis: _integer(pixels.get(f"Size{axis}", "1")) for axis in "ZT"} | {"C": len(channels)}
    if len(channels) < 2 or min(sizes.values()) < 1 or math.prod(sizes.values()) != n_pages:
        return None
    stated = {
        tuple(_integer(each.get(f"First{axis}")) for axis in "TZC"): _integer(each.get("IFD"))
        for each in pixels.findall("{*}TiffData")
    }
    places = [*product(*(range(sizes[axis]) for axis in "TZC"))]
    if set(stated) != set(places) or set(stated.values()) != set(range(n_pages)):
        slowest_first = pixels.get("DimensionOrder", "XYCZT")[:1:-1]
        if sorted(slowest_first) != ["C", "T", "Z"]:
            return None
        in_file = product(*(range(sizes[axis]) for axis in slowest_first))
        at = [slowest_first.index(axis) for axis in "TZC"]
        stated = {tuple(place[axis] for axis in at): page for page, place in enumerate(in_file)}
    pages = [stated[place] for place in places]
    n = len(channels)
    return ChannelsInPages([_colour_of(each) for each in channels], [pages[at : at + n] for at in range(0, n_pages, n)])


def _colour_of(channel: Element) -> str:
    """Colour as the channel's name says it, else as its colour on the screen (RGBA, 8 bits each)."""
    name = channel.get("Name", "").strip().lower()
    if name in _BY_NAME or "Color" not in channel.attrib:
        return _BY_NAME.get(name, "")
    number = _integer(channel.get("Color"))
    return _BY_LIGHT.get((bool(number >> 24 & 255), bool(number >> 16 & 255), bool(number >> 8 & 255)), "")


def _integer(text: str | None) -> int:
    try:
        return int(text or 0)
    except ValueError:
        return 0
