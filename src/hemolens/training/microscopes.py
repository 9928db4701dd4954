"""What another microscope, camera and file change in a picture: lamp, focus, grain and compression.

Beyond the paper's eight steps. A configuration that does not name them leaves the pictures as they are.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from hemolens.training.config import Augmentation

Rng = np.random.Generator


def change_microscope(pixels: NDArray[np.uint8], rng: Rng, settings: Augmentation) -> NDArray[np.uint8]:
    """Change an RGB slice (N, N, 3) as another microscope would, from the lamp to the file."""
    if settings.stain != (1.0, 1.0):
        pixels = change_stain(pixels, rng.uniform(*settings.stain))
    if settings.gain:
        pixels = change_lamp(pixels, rng.uniform(1 - settings.gain, 1 + settings.gain, 3))
    if settings.blur_px and rng.random() < 0.5:
        pixels = lose_focus(pixels, rng.uniform(0, settings.blur_px))
    if settings.noise:
        pixels = add_grain(pixels, rng.uniform(0, settings.noise), rng)
    if settings.jpeg_quality is not None and rng.random() < 0.5:
        pixels = compress(pixels, int(rng.integers(settings.jpeg_quality, 96)))
    return pixels


def change_stain(pixels: NDArray[np.uint8], strength: float) -> NDArray[np.uint8]:
    """Multiply the absorbance (Beer-Lambert law; light of 255 passed through nothing).

    Examples
    --------
    >>> change_stain(np.full((1, 1, 3), (255, 128, 64), np.uint8), 2).tolist()
    [[[255, 64, 16]]]

    """
    table = np.round(255 * (np.arange(256) / 255) ** strength).astype(np.uint8)
    return table[pixels]


def change_lamp(pixels: NDArray[np.uint8], gains: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Multiply each colour channel.

    Examples
    --------
    >>> change_lamp(np.full((1, 1, 3), 200, np.uint8), np.array([0.5, 1, 2])).tolist()
    [[[100, 200, 255]]]

    """
    return np.clip(pixels * gains.astype(np.float32), 0, 255).astype(np.uint8)


def lose_focus(pixels: NDArray[np.uint8], sigma_px: float) -> NDArray[np.uint8]:
    """Blur with a Gaussian; below a tenth of a pixel nothing changes."""
    return cv2.GaussianBlur(pixels, (0, 0), sigma_px).astype(np.uint8) if sigma_px > 0.1 else pixels


def add_grain(pixels: NDArray[np.uint8], deviation: float, rng: Rng) -> NDArray[np.uint8]:
    """Add independent Gaussian noise to every value, ``deviation`` in grey levels."""
    grain = rng.standard_normal(pixels.shape, np.float32) * np.float32(deviation)
    return np.clip(pixels + grain, 0, 255).astype(np.uint8)


def compress(pixels: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """Write as JPEG of this quality (1 … 100) and read again."""
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
