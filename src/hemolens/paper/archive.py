"""The models of the paper's tables in one file, without their cards: those lie beside it, and say what it must hold.

::

    benchmarks/weights/paper-weights.zip            benchmarks/weights/
        plt-segnet.onnx   ── sha256 as said in ──►      plt-segnet.toml
        rbc-do-unet.onnx  ── or, if it is shipped, ──►  hemolens/models/shipped/rbc-do-unet.toml
"""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from hemolens.errors import ModelError, UsageError, quoted
from hemolens.files.whole_file import write_whole
from hemolens.models.card import ModelCard
from hemolens.models.store import PAPER_MODELS, read_card, read_model, write_card
from hemolens.paper.systems import read_systems
from hemolens.paper.weights import Weights

SUFFIX = ".zip"
_MOST_BYTES = 100_000_000
"""Of one model; the largest has a tenth of it."""


def pack_weights(weights: Weights, path: Path) -> None:
    """Write the models of all systems into one archive; the same models always give the same bytes.

    Parameters
    ----------
    weights : Weights
    path : Path
        Of the archive.

    Raises
    ------
    ModelError
        One of the models is missing, or its weights are not those of its card.
    UsageError, OutputError
        The archive cannot be written.

    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, place in sorted(_places(weights).items()):
            entry = zipfile.ZipInfo(f"{name}.onnx")  # of the first day that the format knows
            archive.writestr(entry, read_model(place).onnx, zipfile.ZIP_DEFLATED)
    write_whole(path, content.getvalue())


@contextmanager
def open_weights(path: Path) -> Iterator[Weights]:
    """Open a folder of models as it is, or an archive, whose models lie in a folder of their own meanwhile.

    Parameters
    ----------
    path : Path
        A folder, existing or new, or an archive (``.zip``) that :func:`pack_weights` wrote, beside its cards.

    Raises
    ------
    UsageError
        There is no such archive.
    ModelError
        It is damaged, holds something else, or other weights than the cards say.

    """
    if path.suffix.lower() != SUFFIX:
        yield Weights(path)
        return
    with TemporaryDirectory(prefix="hemolens-") as folder:
        _unpack(path, Path(folder))
        yield Weights(Path(folder))


def _unpack(path: Path, folder: Path) -> None:
    """Put the models of an archive into a folder, each with its card; the weights must be those that it says."""
    if not path.is_file():
        raise UsageError(
            "there is no such archive of weights",
            came=quoted(path),
            allowed="a folder of models, or the archive paper-weights.zip beside the cards",
            do="check the name, or give a folder and let the models be trained",
            option="weights",
        )
    known = {f"{name}.onnx" for name in _places(Weights(folder))}
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if entry.filename not in known:
                    raise _bad(path, f"a file {quoted(entry.filename)}")
                with archive.open(entry) as file:
                    data = file.read(_MOST_BYTES + 1)
                _place(data, _card_beside(path, entry.filename), folder / entry.filename, path)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise _bad(path, str(error) or type(error).__name__) from error


def _place(data: bytes, card: ModelCard, to: Path, archive: Path) -> None:
    found = hashlib.sha256(data).hexdigest()
    if found != card.sha256:
        raise _bad(archive, f"{to.name} with sha256 {found[:12]}…, where its card says {card.sha256[:12]}…")
    to.write_bytes(data)
    write_card(str(to), card)


def _card_beside(archive: Path, name: str) -> ModelCard:
    beside = archive.with_name(name).with_suffix(".toml")
    shipped = beside.stem in PAPER_MODELS.values()
    return read_card(beside.stem if shipped else str(beside))


def _places(weights: Weights) -> dict[str, str]:
    """Name of every model of the systems → where it is."""
    configs = [config for system in read_systems() for config in system.members()]
    return {config.name: weights.place(config) for config in configs}


def _bad(path: Path, came: str) -> ModelError:
    return ModelError(
        f"{quoted(path)} is not an archive of the paper's weights",
        came=came,
        allowed="the weights that the cards beside it describe, as NAME.onnx",
        do="take the archive of this version, or give a folder and let the models be trained",
        option="weights",
    )
