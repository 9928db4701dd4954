"""A pack: every photograph that may be trained on, at the working scale and with its labels, in one file.

A training then needs this file alone, reads it in seconds and decodes no large photograph. It is a zip archive whose
members are compressed already: ``pack.json`` says what is in it; of each photograph there is a WebP picture, and its
numbers, flags and cut-outs (:class:`~.smears.NumberedSmear`) as LZMA-compressed differences from one row to the next,
of which pictures of cells have few.
"""

from __future__ import annotations

import json
import lzma
import os
import zipfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hemolens.errors import TrainingError, quoted
from hemolens.measurements.colours import MeasuredColours
from hemolens.training.smears import NumberedSmear

PICTURE_QUALITY = 80
"""Of the WebP pictures, 1 … 100."""

FORMAT = 1
PLANES = ("numbers", "known", "lent")


def write_pack(path: Path, smears: Iterable[NumberedSmear], red_cell_diameter_px: float) -> None:
    """Write photographs into one file, whole or not at all.

    Parameters
    ----------
    path : Path
    smears : iterable of NumberedSmear
        Taken one at a time: they need not be in memory together.
    red_cell_diameter_px : float
        The working scale that they are at.

    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    entries = []
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_STORED) as archive:
        for n, smear in enumerate(smears):
            entries.append(_describe(smear))
            archive.writestr(f"{n}.webp", _encode(smear.pixels))
            for plane in PLANES:
                archive.writestr(f"{n}.{plane}", _squeeze(getattr(smear, plane)))
        index = {"format": FORMAT, "red_cell_diameter_px": red_cell_diameter_px, "smears": entries}
        archive.writestr("pack.json", json.dumps(index))
    unfinished.replace(path)


def read_pack(path: Path, red_cell_diameter_px: float) -> list[NumberedSmear]:
    """Read the photographs of a pack.

    Raises
    ------
    TrainingError
        If the file is no pack, or one of another working scale.

    """
    try:
        with zipfile.ZipFile(path) as archive:
            index = json.loads(archive.read("pack.json"))
            _refuse_another(index["format"], index["red_cell_diameter_px"], red_cell_diameter_px)
            blobs = [
                [archive.read(f"{n}.{member}") for member in ("webp", *PLANES)] for n in range(len(index["smears"]))
            ]
    except (OSError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise TrainingError(
            "not a pack of labelled photographs",
            came=f"{quoted(path.name)} ({type(error).__name__})",
            allowed="a pack that hemolens train wrote, or the folder of the photographs",
            do="write it again, or name the folder",
            option="data",
        ) from error
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(_restore, index["smears"], blobs))


def _refuse_another(its_format: int, its_diameter_px: float, red_cell_diameter_px: float) -> None:
    if (its_format, its_diameter_px) != (FORMAT, red_cell_diameter_px):
        raise TrainingError(
            "the pack does not fit the training configuration",
            came=f"format {its_format}, red cells of {its_diameter_px:g} px",
            allowed=f"format {FORMAT}, red cells of {red_cell_diameter_px:g} px",
            do="write the pack again for this configuration",
        )


def _describe(smear: NumberedSmear) -> dict[str, Any]:
    measured = smear.colours.red_cell_absorbance
    return {
        "name": smear.name,
        "source": smear.source,
        "background": [float(value) for value in smear.colours.background],
        "red_cell_absorbance": None if measured is None else [float(value) for value in measured],
        "shape": smear.pixels.shape[:2],
    }


def _restore(entry: dict[str, Any], blobs: Sequence[bytes]) -> NumberedSmear:
    height, width = entry["shape"]
    picture = np.asarray(cv2.imdecode(np.frombuffer(blobs[0], np.uint8), cv2.IMREAD_COLOR))[..., ::-1]
    measured = entry["red_cell_absorbance"]
    return NumberedSmear(
        entry["name"],
        entry["source"],
        np.ascontiguousarray(picture),
        _unfold(blobs[1], np.dtype(np.uint16), (height, width, 3)),
        _unfold(blobs[2], np.dtype(np.uint8), (height, width, 3)),
        _unfold(blobs[3], np.dtype(np.uint16), (height, width, 2)),
        MeasuredColours(np.array(entry["background"]), None if measured is None else np.array(measured)),
    )


def _encode(pixels: NDArray[np.uint8]) -> bytes:
    bgr = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    return bytes(cv2.imencode(".webp", bgr, [cv2.IMWRITE_WEBP_QUALITY, PICTURE_QUALITY])[1])


def _squeeze(planes: NDArray[Any]) -> bytes:
    """Compress the differences of each row from the one above; they wrap around, so nothing is lost."""
    rows = np.moveaxis(planes, -1, 0)
    return lzma.compress(np.diff(rows, axis=1, prepend=rows.dtype.type(0)).tobytes(), preset=6)


def _unfold(data: bytes, dtype: np.dtype[Any], shape: tuple[int, int, int]) -> NDArray[Any]:
    height, width, n_planes = shape
    steps = np.frombuffer(lzma.decompress(data), dtype).reshape(n_planes, height, width)
    return np.ascontiguousarray(np.moveaxis(np.cumsum(steps, axis=1, dtype=dtype), 0, -1))
