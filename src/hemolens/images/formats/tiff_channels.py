"""Colours that lie in pages of their own: which page of a TIFF is red, which green and which blue.

Fiji calls such a file a composite; OME-TIFF names its channels or gives them colours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element

RGB = ("red", "green", "blue")

_BY_NAME = {**{colour: colour for colour in RGB}, **{colour[0]: colour for colour in RGB}}
_BY_LIGHT: dict[tuple[bool, ...], str] = {
    (True, False, False): "red",
    (False, True, False): "green",
    (False, False, True): "blue",
}


def colours_of_pages(imagej: Mapping[str, Any], ome: Element | None) -> list[str]:
    """Name the colour of each page, where the pages are channels.

    Parameters
    ----------
    imagej : mapping
        ImageJ's metadata; empty where there are none.
    ome : Element or None
        ``Pixels`` of OME's metadata.

    Returns
    -------
    list of str
        ``"red"``, ``"green"`` or ``"blue"``, or ``""`` for a channel whose colour is not stated; empty where the pages
        are no channels or more than these.

    Examples
    --------
    >>> colours_of_pages({"images": 3, "channels": 3, "mode": "composite"}, None)
    ['red', 'green', 'blue']
    >>> colours_of_pages({"images": 3, "slices": 3}, None)
    []

    """
    return _colours_by_imagej(imagej) or ([] if ome is None else _colours_by_ome(ome))


def _colours_by_imagej(imagej: Mapping[str, Any]) -> list[str]:
    n_channels = imagej.get("channels", 1)
    if n_channels == 1 or n_channels != imagej.get("images"):
        return []
    tables: Sequence[Any] = imagej.get("LUTs", ())
    if len(tables) == n_channels:
        return [_BY_LIGHT.get(tuple(bool(light) for light in table[:, -1]), "") for table in tables]
    if n_channels == len(RGB) and imagej.get("mode") in {"composite", "color"}:
        return [*RGB]  # the colours that ImageJ gives to channels without a table
    return [""]


def _colours_by_ome(pixels: Element) -> list[str]:
    sizes = [pixels.get(f"Size{axis}", "1") for axis in "ZT"]
    channels = pixels.findall("{*}Channel")
    if sizes != ["1", "1"] or len(channels) < 2:
        return []
    colours = [_colour_of(channel) for channel in channels]
    pages = {_integer(each.get("IFD")): _integer(each.get("FirstC")) for each in pixels.findall("{*}TiffData")}
    if len(pages) == len(channels) and set(pages) == set(pages.values()) == set(range(len(channels))):
        return [colours[pages[page]] for page in range(len(channels))]
    return colours


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
