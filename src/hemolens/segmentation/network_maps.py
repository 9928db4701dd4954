"""Photograph and model to probability maps: what the networks hand to the counters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.errors import ModelError, quoted
from hemolens.images.box import Box
from hemolens.images.resampling import ScaledImage, resize
from hemolens.images.tiles import Part, Tile, cut, cut_within, reach, stitch, tile_grid
from hemolens.measurements.colours import MeasuredColours, StandardColours, measure_colours, standardise
from hemolens.models.card import ModelCard
from hemolens.models.store import ModelFile, read_card, read_model, sent_model
from hemolens.probability_maps import CellMaps, DensityMap, ProbabilityMaps
from hemolens.segmentation.onnx_runtime import onnx_runtime, start_session

if TYPE_CHECKING:
    import onnxruntime


@dataclass(frozen=True, eq=False)
class Model:
    """A loaded network and its card."""

    card: ModelCard
    session: onnxruntime.InferenceSession


def load_model(name_or_path: str, sha256: str | None = None) -> Model:
    """Load a model once and keep it.

    Parameters
    ----------
    name_or_path : str
        As in :func:`hemolens.models.store.read_card`.
    sha256 : str, optional
        Of the weights, as its card says; without it, the card is read. A model that has been replaced in its file is
        loaded anew.

    Raises
    ------
    ModelError
        If the weights or their card are missing, damaged, or do not belong together.

    """
    return _load(name_or_path, sha256 or read_card(name_or_path).sha256)


def forget_models() -> None:
    """Let go of every loaded model: each keeps the memory that its largest photograph took."""
    _load.cache_clear()


@cache
def _load(name_or_path: str, sha256: str) -> Model:
    file = sent_model(sha256) or read_model(name_or_path)
    if file.card.sha256 != sha256:
        raise ModelError(
            f"model {name_or_path!r} was replaced while it was in use",
            came=f"sha256 {file.card.sha256[:12]}…",
            allowed=f"sha256 {sha256[:12]}…",
            do="count again",
        )
    return open_model(file, name_or_path)


def open_model(file: ModelFile, name: str) -> Model:
    """Make a model that was read ready to be applied.

    Parameters
    ----------
    file : ModelFile
    name : str
        What the model is called in a message.

    Raises
    ------
    ModelError
        If the weights cannot be loaded, or write other maps than the card says.

    """
    session = start_session(file.onnx, name)
    written = tuple(output.name for output in session.get_outputs())
    if written != file.card.outputs:
        raise ModelError(
            f"the weights of model {name!r} write other maps than its card says",
            came=quoted(", ".join(written)),
            allowed=quoted(", ".join(file.card.outputs)),
            do="export the model again",
        )
    return Model(file.card, session)


def compute_probability_maps(
    pixels: NDArray[np.uint8], red_cell_diameter_px: float, model: Model, *, tile_px: int | None = None
) -> dict[CellType, ProbabilityMaps]:
    """Apply a network to a whole photograph at the scale the network works at.

    The photograph is resized so that its red cells have the diameter that the network was trained with, then
    goes through it in large tiles. The maps are of the resized photograph.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
        RGB.
    red_cell_diameter_px : float
        Usual red-cell diameter in pixels of the photograph, > 0.
    tile_px : int, optional
        Largest side of a tile's block; rounded down to the pooling grid. Without it, the card's. It never changes the
        maps: where it would, the model's card fixes the side, and this one is not used.

    Returns
    -------
    dict of CellType to ProbabilityMaps
        One for each cell type that the network draws; none for one of which it draws a density.

    """
    card = model.card
    resized = prepare(pixels, red_cell_diameter_px, card.red_cell_diameter_px, card.colours)
    frame = Box(0, 0, resized.shape[0], resized.shape[1])
    tiles = _tiles_of(frame, card, tile_px)
    whole = Part(0, 0, (frame.row1, frame.col1))
    outputs = _draw(resized, whole, frame, tiles, model)
    maps = to_maps(outputs, card, red_cell_diameter_px * frame.row1 / pixels.shape[0])
    return {kind: each for kind, each in maps.items() if isinstance(each, ProbabilityMaps)}


def compute_window_maps(
    scaled: ScaledImage,
    window: Box,
    model: Model,
    *,
    red_cell_diameter_px: float,
    measured: MeasuredColours | None = None,
) -> dict[CellType, CellMaps]:
    """Apply a network to a window of a smear; the maps are those of the whole image, cut.

    Parameters
    ----------
    scaled : ScaledImage
        The smear at the scale of the model.
    window : Box
        In pixels of the scaled smear; its first row and column are multiples of :func:`window_step`.
    red_cell_diameter_px : float
        Usual red-cell diameter at full resolution, > 0.
    measured : MeasuredColours, optional
        Colours of the image, for models that have them standardised; without them, those of the window.

    Returns
    -------
    dict of CellType to ProbabilityMaps or DensityMap
        One for each cell type that the network counts, in pixels of the window.

    """
    card = model.card
    tiles = _tiles_of(window, card)
    read = reach(tiles, scaled.shape, margin_px=card.reach_px or card.margin_px, extra_px=card.extra_px)
    pixels = read_standardised(scaled, read, card, measured)
    ruler = red_cell_diameter_px * scaled.shape[0] / scaled.image.shape[0]
    outputs = _draw(pixels, Part(read.row0, read.col0, scaled.shape), window, tiles, model)
    return to_maps(outputs, card, ruler, Part(window.row0, window.col0, scaled.shape))


def read_standardised(
    scaled: ScaledImage, box: Box, card: ModelCard, measured: MeasuredColours | None
) -> NDArray[np.uint8]:
    """Read a part of a smear, with the colours that the card of a model asks for.

    Parameters
    ----------
    scaled : ScaledImage
        The smear at the scale of the model.
    box : Box
        In pixels of the scaled smear.
    card : ModelCard
    measured : MeasuredColours or None
        Colours of the smear; None for those of the part.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
        RGB.

    """
    pixels = scaled.read(box)
    if card.colours is None:
        return pixels
    return standardise(pixels, card.colours, measured or measure_colours(pixels, card.red_cell_diameter_px))


def window_step(card: ModelCard) -> int:
    """Windows of a model begin at multiples of so many pixels, or its maps would depend on where they begin."""
    return card.tile_px or card.grid_px


def _tiles_of(window: Box, card: ModelCard, tile_px: int | None = None) -> list[Tile]:
    """Cover a window with tiles, in pixels of the whole scaled picture."""
    largest_px = card.tile_px or max(card.grid_px, (tile_px or card.largest_tile_px) // card.grid_px * card.grid_px)
    shape = (window.row1 - window.row0, window.col1 - window.col0)
    tiles = tile_grid(shape, largest_px=largest_px, grid_px=window_step(card))
    return [replace(tile, row=tile.row + window.row0, col=tile.col + window.col0) for tile in tiles]


def _draw(
    pixels: NDArray[np.uint8], part: Part, window: Box, tiles: Sequence[Tile], model: Model
) -> dict[str, NDArray[np.float32]]:
    """Send the tiles of a window through a network; its outputs by their names in the card."""
    card = model.card
    shape = (window.row1 - window.row0, window.col1 - window.col0)
    maps = {name: np.zeros(shape, np.float32) for name in card.outputs}
    for tile in tiles:
        if card.reach_px:
            patch, (row, col) = cut_within(pixels, tile, reach_px=card.reach_px, grid_px=card.grid_px, part=part)
        else:
            patch, (row, col) = cut(pixels, tile, margin_px=card.margin_px, extra_px=card.extra_px, part=part), (0, 0)
        outputs = model.session.run(None, {"pixels": patch[None]}, _letting_go() if tile is tiles[-1] else None)
        written = replace(tile, row=tile.row - window.row0, col=tile.col - window.col0)
        for name, output in zip(card.outputs, outputs, strict=True):
            stitch(maps[name], written, output[0, row:, col:])
    return maps


def to_maps(
    outputs: Mapping[str, NDArray[np.float32]], card: ModelCard, ruler: float, part: Part | None = None
) -> dict[CellType, CellMaps]:
    """Sort the outputs of a model, named as in its card, into the maps of each cell type.

    Parameters
    ----------
    outputs : mapping of str to ndarray of float32, shape (H, W)
        A density is in cells per squared red-cell diameter.
    card : ModelCard
    ruler : float
        Usual red-cell diameter in pixels of the outputs, > 0.
    part : Part, optional
        Where they lie in the whole photograph.

    """
    return {kind: _maps_of(kind, own, ruler, part) for kind, own in by_type(outputs, card).items()}


def _maps_of(kind: CellType, own: Mapping[str, NDArray[np.float32]], ruler: float, part: Part | None) -> CellMaps:
    if "density" in own:
        return DensityMap(kind, own["density"] / np.float32(ruler**2), ruler, part)
    return ProbabilityMaps(kind, own["mask"], own.get("edge"), ruler, own.get("distance"), own.get("centre"), part)


def _letting_go() -> onnxruntime.RunOptions:
    """Let a session give back its working memory, hundreds of megabytes, of which each model would keep its own."""
    options = onnx_runtime().RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    return options


def by_type(maps: Mapping[str, NDArray[np.float32]], card: ModelCard) -> dict[CellType, dict[str, NDArray[np.float32]]]:
    """Sort the outputs of a network by cell type: ``rbc.mask`` is the mask of the red cells.

    The outputs of a network of one type, which its card names, are called ``mask`` and ``edge`` alone.
    """
    sorted_maps: dict[CellType, dict[str, NDArray[np.float32]]] = {}
    for kind in CELL_TYPES if card.cell_type is None else (card.cell_type,):
        prefix = "" if card.cell_type else f"{kind}."
        own = {name.removeprefix(prefix): each for name, each in maps.items() if name.startswith(prefix)}
        if own:
            sorted_maps[kind] = own
    return sorted_maps


def prepare(
    pixels: NDArray[np.uint8], from_px: float, to_px: float, colours: StandardColours | None
) -> NDArray[np.uint8]:
    """Bring an RGB photograph to what a network was trained on: the scale, and the colours where it asks for it.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
    from_px, to_px : float
        As in :func:`resize_to_diameter`.
    colours : StandardColours or None
        As in :func:`hemolens.measurements.colours.standardise`; ``None`` leaves the colours as they are.

    """
    resized = resize_to_diameter(pixels, from_px, to_px)
    return resized if colours is None else standardise(resized, colours, measure_colours(resized, to_px))


def resize_to_diameter(pixels: NDArray[np.uint8], from_px: float, to_px: float) -> NDArray[np.uint8]:
    """Resize an RGB picture so that a length of ``from_px`` becomes ``to_px``; at least one pixel remains.

    Examples
    --------
    >>> resize_to_diameter(np.zeros((60, 90, 3), np.uint8), 80, 40).shape
    (30, 45, 3)

    """
    zoom = to_px / from_px
    n_rows, n_cols = (max(1, round(side * zoom)) for side in pixels.shape[:2])
    return resize(pixels, (n_rows, n_cols))
