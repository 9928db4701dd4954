"""The paper's eight augmentation steps (Section IV-D), one function each, deterministic from a seed.

1 pick a photograph · 2 pick a place · 3 lose quality · 4 take a slice · 5 skip it without an object of interest ·
6 resize to the network's input · 7 rotate and flip · 8 change the colours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from hemolens.training.all_idb1 import PhotographWithTargets
from hemolens.training.config import Augmentation
from hemolens.training.microscopes import change_microscope

Rng = np.random.Generator


class Sample(NamedTuple):
    """A slice: pixels uint8 (N, N, 3); targets and weights float32 (K, n, n), the part the network writes."""

    pixels: NDArray[np.uint8]
    targets: NDArray[np.float32]
    weights: NDArray[np.float32]


def draw_sample(
    photographs: Sequence[PhotographWithTargets],
    rng: Rng,
    settings: Augmentation,
    *,
    input_px: int,
    margin_px: int,
    piles: float = 0.0,
) -> Sample:
    """Draw one augmented sample.

    Parameters
    ----------
    photographs : sequence of Labelled
        Not empty.
    rng : numpy.random.Generator
        The same state draws the same sample.
    input_px, margin_px : int
        Side of the network's input, and how much of it on each side has no output.
    piles : float
        Share of slices on which piles of red cells are laid, after step 4.

    """
    while True:
        photograph = pick_photograph(photographs, rng)
        side = round(input_px * rng.uniform(*settings.zoom))
        row, col = pick_place(photograph.pixels.shape[:2], side, margin_px, rng)
        pixels, targets, weights = photograph.take_slice(row, col, side, rng, piles)
        inner = round(margin_px * side / input_px)
        if (
            not has_object(targets[:, inner : side - inner, inner : side - inner])
            and rng.random() >= settings.keep_empty
        ):
            continue
        pixels = lose_quality(pixels, rng.uniform(*settings.quality))
        pixels, targets, weights = resize_to_input(pixels, targets, weights, input_px)
        pixels, targets, weights = rotate_and_flip(pixels, targets, weights, rng)
        pixels = change_microscope(change_colours(pixels, rng, settings), rng, settings)
        cut = slice(margin_px, input_px - margin_px)
        return Sample(
            pixels,
            targets[:, cut, cut].astype(np.float32) / np.float32(255),
            weights[:, cut, cut].astype(np.float32),
        )


def pick_photograph(photographs: Sequence[PhotographWithTargets], rng: Rng) -> PhotographWithTargets:
    """Step 1: any photograph, each as likely as the others."""
    return photographs[int(rng.random() * len(photographs))]


def pick_place(shape: tuple[int, ...], side: int, margin_px: int, rng: Rng) -> tuple[int, int]:
    """Step 2: the first row and column of a slice; it may reach over the frame by the margin."""
    row, col = (
        int(rng.integers(-margin_px, max(1 - margin_px, length + margin_px - side + 1))) for length in shape[:2]
    )
    return row, col


def lose_quality(pixels: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    """Step 3: scale down by ``factor`` and back, which takes away fine detail.

    The paper does it to the whole photograph before slicing; on the slice it is the same and much cheaper.
    """
    if factor >= 1:
        return pixels
    height, width = pixels.shape[:2]
    small = cv2.resize(
        pixels, (max(1, round(width * factor)), max(1, round(height * factor))), interpolation=cv2.INTER_AREA
    )
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.uint8)


def has_object(targets: NDArray[np.uint8]) -> bool:
    """Step 5: whether any output has something to find in this slice."""
    return bool(targets.any())


def resize_to_input(
    pixels: NDArray[np.uint8], targets: NDArray[np.uint8], weights: NDArray[np.uint8], input_px: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """Step 6: bring the slice to the side that the network takes."""
    if pixels.shape[0] == input_px:
        return pixels, targets, weights
    size = (input_px, input_px)
    way = cv2.INTER_AREA if pixels.shape[0] > input_px else cv2.INTER_LINEAR
    return (
        cv2.resize(pixels, size, interpolation=way).astype(np.uint8),
        np.stack([cv2.resize(plane, size, interpolation=way) for plane in targets]).astype(np.uint8),
        np.stack([cv2.resize(plane, size, interpolation=cv2.INTER_NEAREST) for plane in weights]).astype(np.uint8),
    )


def rotate_and_flip(
    pixels: NDArray[np.uint8], targets: NDArray[np.uint8], weights: NDArray[np.uint8], rng: Rng
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """Step 7: turn by a multiple of 90° and mirror in half of the cases."""
    turns, mirrored = int(rng.integers(4)), bool(rng.integers(2))

    def turn(planes: NDArray[np.uint8], axes: tuple[int, int]) -> NDArray[np.uint8]:
        turned = np.rot90(planes, turns, axes)
        return np.ascontiguousarray(np.flip(turned, axes[1]) if mirrored else turned)

    return turn(pixels, (0, 1)), turn(targets, (1, 2)), turn(weights, (1, 2))


def change_colours(pixels: NDArray[np.uint8], rng: Rng, settings: Augmentation) -> NDArray[np.uint8]:
    """Step 8: shift the hue, scale saturation and value."""
    shift = rng.uniform(-settings.hue, settings.hue) * 180
    hsv = cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV).astype(np.float32)
    hsv[..., 0] = np.mod(hsv[..., 0] + shift, 180)
    hsv[..., 1] = np.clip(hsv[..., 1] * rng.uniform(*settings.saturation), 0, 255)
    hsv[..., 2] = np.clip(hsv[..., 2] * rng.uniform(*settings.value), 0, 255)
    return cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB).astype(np.uint8)
