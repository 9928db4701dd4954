"""A model as a package of bioimage.io: one file with weights, card, and all that other programs need to run it.

The format is that of bioimageio.spec 0.5 (Ouyang et al., bioRxiv, 2022). The description is written as JSON, which is
YAML, too. It has the sha256 of every other file, so that a package that was altered is refused.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hemolens import RESEARCH_USE_ONLY
from hemolens.errors import ModelError, quoted
from hemolens.models.card import ModelCard, card_text, parse_card
from hemolens.models.store import ModelFile
from hemolens.segmentation.network_maps import open_model
from hemolens.synthetic import draw_smear

FORMAT_VERSION = "0.5.4"
DESCRIPTION = "bioimageio.yaml"
MAX_BYTES = 200_000_000
"""Of a file in a package."""

_OPSET = 18
_TEST_DIAMETERS = 6  # side of the smear that is drawn as a test
_INPUT = "pixels"
_FILE_TIME = (1980, 1, 1, 0, 0, 0)  # the same model gives the same package


def package_bytes(file: ModelFile) -> bytes:
    """Pack a model.

    Parameters
    ----------
    file : ModelFile

    Returns
    -------
    bytes
        A ZIP file.

    Raises
    ------
    ModelError
        The weights cannot be loaded.

    """
    card = file.card
    pixels, maps = _tried_out(file)
    contents = {
        f"{card.name}.onnx": file.onnx,
        f"{card.name}.toml": card_text(card).encode(),
        "README.md": _readme(card).encode(),
        f"{_INPUT}.npy": _npy(pixels),
        **{f"{_tensor(name)}.npy": _npy(each) for name, each in maps.items()},
    }
    described = json.dumps(_description(card, contents), indent=1, ensure_ascii=False)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {DESCRIPTION: described.encode(), **contents}.items():
            archive.writestr(zipfile.ZipInfo(name, _FILE_TIME), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def read_package(path: Path) -> ModelFile:
    """Read a package that hemolens has written.

    Raises
    ------
    ModelError
        It cannot be read, is no such package, or one of its files was altered.

    """
    try:
        with zipfile.ZipFile(path) as archive:
            described = json.loads(_member(archive, DESCRIPTION))
            weights = described["weights"]["onnx"]
            wanted = [weights, *described["attachments"], described["documentation"]]
            contents = {each["source"]: (_member(archive, each["source"]), each["sha256"]) for each in wanted}
            (card_name,) = (each["source"] for each in described["attachments"])
            weights_name = weights["source"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError, zipfile.BadZipFile, NotImplementedError) as error:
        raise ModelError(
            "the package of a model cannot be read",
            came=f"{quoted(path)} ({type(error).__name__})",
            allowed="a file that hemolens models export wrote",
            do="export the model again",
        ) from error
    for name, (content, digest) in contents.items():
        if hashlib.sha256(content).hexdigest() != digest:
            raise ModelError(
                "a file in the package of a model was altered",
                came=f"{quoted(name)} in {quoted(path)} with another sha256 than the package says",
                allowed="a package as hemolens models export wrote it",
                do="ask for the package again",
            )
    card = parse_card(contents[card_name][0].decode("utf-8", "replace"), card_name)
    file = ModelFile(card, contents[weights_name][0])
    if hashlib.sha256(file.onnx).hexdigest() != card.sha256:
        raise ModelError(
            "weights and card in the package of a model do not belong together",
            came=quoted(path),
            allowed=f"weights with sha256 {card.sha256[:12]}…",
            do="export the model again",
        )
    return file


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as member:
        content = member.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ValueError(f"{name} is too large")
    return content


def _tried_out(file: ModelFile) -> tuple[NDArray[np.uint8], dict[str, NDArray[np.float32]]]:
    """A drawn smear, and what the network makes of it: the test that every package brings along."""
    card = file.card
    n_steps = math.ceil(_TEST_DIAMETERS * card.red_cell_diameter_px / card.grid_px)
    side = _smallest(card) + n_steps * card.grid_px
    smear = draw_smear(
        0, height=side, width=side, n_rbc=4, n_wbc=1, n_plt=2, red_cell_diameter_px=card.red_cell_diameter_px
    )
    pixels = smear.pixels[None]
    maps = open_model(file, card.name).session.run(None, {_INPUT: pixels})
    return pixels, dict(zip(card.outputs, maps, strict=True))


def _smallest(card: ModelCard) -> int:
    """Side of the smallest input that leaves a map of one step of the grid or more."""
    least = 2 * card.margin_px + card.grid_px - card.extra_px
    return -(-least // card.grid_px) * card.grid_px + card.extra_px


def _tensor(output: str) -> str:
    return output.replace(".", "_")


def _npy(values: NDArray[Any]) -> bytes:
    file = io.BytesIO()
    np.save(file, values, allow_pickle=False)
    return file.getvalue()


def _description(card: ModelCard, contents: dict[str, bytes]) -> dict[str, Any]:
    def described(name: str) -> dict[str, str]:
        return {"source": name, "sha256": hashlib.sha256(contents[name]).hexdigest()}

    size = {"min": _smallest(card), "step": card.grid_px}
    batch, channels = {"type": "batch"}, {"type": "channel", "id": "channel", "channel_names": ["red", "green", "blue"]}
    space = [{"type": "space", "id": axis, "size": size} for axis in ("y", "x")]
    pixels = {
        "id": _INPUT,
        "description": f"RGB, red cells {card.red_cell_diameter_px:g} px wide",
        "axes": [batch, *space, channels],
        "data": {"type": "uint8"},
        "test_tensor": described(f"{_INPUT}.npy"),
    }
    written = [
        {"type": "space", "id": axis, "size": {"tensor_id": _INPUT, "axis_id": axis, "offset": -2 * card.margin_px}}
        for axis in ("y", "x")
    ]
    outputs = [
        {
            "id": _tensor(name),
            "description": f"{name}, 0 to 1",
            "axes": [batch, *written],
            "data": {"type": "float32", "range": [0.0, 1.0]},
            "test_tensor": described(f"{_tensor(name)}.npy"),
        }
        for name in card.outputs
    ]
    return {
        "format_version": FORMAT_VERSION,
        "type": "model",
        "name": card.name,
        "description": "Draws maps of blood cells on photographs of stained smears, which hemolens counts",
        "authors": [{"name": "The hemolens developers"}],
        "cite": [],
        "tags": ["blood smear", "segmentation", "red cells", "white cells", "platelets"],
        "documentation": described("README.md"),
        "attachments": [described(f"{card.name}.toml")],
        "inputs": [pixels],
        "outputs": outputs,
        "weights": {"onnx": {**described(f"{card.name}.onnx"), "opset_version": _OPSET}},
    }


def _readme(card: ModelCard) -> str:
    standard = "The colours stay as they are."
    if card.colours is not None:
        absorbance = ", ".join(f"{each:g}" for each in card.colours.red_cell_absorbance)
        standard = (
            f"The background is brought to the grey level {card.colours.background_level:g}, and the absorbance of the "
            f"median red cell to {absorbance} in red, green and blue light (−log10 of the share of light that comes "
            "through)."
        )
    sources = "\n".join(f"- {each.name}: {each.what}. Terms: {each.terms}" for each in card.sources)
    figures = "\n".join(f"- {each.metric}: {each.value:g} ({each.photographs})" for each in card.figures)
    return f"""# {card.name}

A network that draws {", ".join(card.outputs)} for each pixel of a photograph of a stained blood smear.
{RESEARCH_USE_ONLY}

Before, the photograph is resized so that its red cells are {card.red_cell_diameter_px:g} px wide. {standard}
hemolens does both, and counts the cells: `hemolens models import {card.name}.zip`.

## Terms

{card.terms}

{sources}

## Validation

{figures or "None were measured."}
"""
