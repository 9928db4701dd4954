"""Data that may be missing, an untrained network, and results made by hand."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image

from hemolens.cell_types import CellType
from hemolens.cells.cell import Cell
from hemolens.cells.counters.source import CounterSettings
from hemolens.images.box import Box
from hemolens.images.photograph import Photograph, read_photograph
from hemolens.images.region import Region
from hemolens.measurements.colours import MeasuredColours
from hemolens.measurements.quality import Quality
from hemolens.measurements.scale import RedCellDiameter
from hemolens.models.card import CountersOfType, ModelCard
from hemolens.models.method import Method, Methods
from hemolens.models.store import PAPER_MODELS, read_card, write_card
from hemolens.options import CountOptions
from hemolens.result import Result
from hemolens.statistics.counts import count_cells

from .synthetic_all_idb1 import write_synthetic_all_idb1

MakeCell = Callable[..., Cell]
MakeResult = Callable[..., Result]
WritePhotograph = Callable[..., Path]
ReadBytes = Callable[..., Photograph]

settings.register_profile("hemolens", deadline=None)  # how long an example takes depends on the machine
settings.load_profile("hemolens")

NO_DATA = "needs photographs that cannot be redistributed: set HEMOLENS_DATA to their folder"
NO_TORCH = "needs torch: pip install 'hemolens[train]'"


def data_folder() -> Path | None:
    """Photographs and labels that cannot be redistributed, in the folder that HEMOLENS_DATA names."""
    folder = os.environ.get("HEMOLENS_DATA")
    return Path(folder) if folder and (Path(folder) / "all-idb1" / "images.csv").exists() else None


def pytest_configure() -> None:
    """Have a processor for each process of the tests, and let Ctrl-C be Ctrl-C.

    Threads of side by side processes wait for each other: training tests take five times as long. A shell that starts
    the tests in the background has Ctrl-C ignored.
    """
    if "PYTEST_XDIST_WORKER" in os.environ:
        os.environ.setdefault("OMP_NUM_THREADS", "1")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "data" in item.keywords and data_folder() is None:
            item.add_marker(pytest.mark.skip(reason=NO_DATA))
        if "train" in item.keywords and importlib.util.find_spec("torch") is None:
            item.add_marker(pytest.mark.skip(reason=NO_TORCH))
        for marker in item.iter_markers("posix"):
            if os.name == "nt":
                item.add_marker(pytest.mark.skip(reason=f"needs {marker.args[0]}, which Windows lacks or reserves"))


@pytest.fixture(scope="session", autouse=True)
def no_user_models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Models that somebody has imported on this machine change nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEMOLENS_MODELS", str(tmp_path_factory.mktemp("models")))
        yield


@pytest.fixture(scope="session")
def data() -> Path:
    folder = data_folder()
    if folder is None:
        pytest.skip(NO_DATA)
    return folder


@pytest.fixture(scope="session")
def synthetic_all_idb1(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like ALL-IDB1's with three drawn smears; not to be changed."""
    return write_synthetic_all_idb1(tmp_path_factory.mktemp("drawn") / "all-idb1")


@pytest.fixture(scope="session")
def exported_do_unet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DO-U-Net with random weights, exported with its card."""
    import torch

    from hemolens.training.config import read_config
    from hemolens.training.networks import create_network
    from hemolens.training.onnx_export import write_model

    torch.manual_seed(0)
    network = create_network("do-unet").train()
    with torch.no_grad():
        network(torch.rand(2, 3, 92, 92) * 2 - 1)
    return write_model(network.eval(), read_config("rbc"), tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="session")
def density_model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model that draws densities: red cells where it is dark, a tenth as many white cells, no platelets."""
    pytest.importorskip("onnx", reason="needs onnx: pip install 'hemolens[train]'")
    from onnx import TensorProto, helper, save

    def constant(name: str, value: float) -> Any:
        return helper.make_tensor(name, TensorProto.FLOAT, [], [value])

    outputs = ("rbc.density", "wbc.density", "plt.density")
    shares = {"rbc.density": 2.0, "wbc.density": 0.2, "plt.density": 0.0}
    nodes = [
        helper.make_node("Cast", ["pixels"], ["light"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["light", "channels"], ["grey"], keepdims=0),
        helper.make_node("Sub", ["ground", "grey"], ["dark"]),
        helper.make_node("Relu", ["dark"], ["stain"]),
        *(helper.make_node("Mul", ["stain", f"{name}.share"], [name]) for name in outputs),
    ]
    graph = helper.make_graph(
        nodes,
        "density",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["n", "height", "width", 3])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", "h", "w"]) for name in outputs],
        [
            helper.make_tensor("channels", TensorProto.INT64, [1], [3]),
            constant("ground", 180.0),
            *(constant(f"{name}.share", share / 100) for name, share in shares.items()),
        ],
    )
    path = tmp_path_factory.mktemp("density") / "dark.onnx"
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), path)
    counters = CountersOfType(default="density-sum", settings={"density-sum": {"min_density": 0.0}})
    card = ModelCard(
        name="dark", network="dark", outputs=outputs, red_cell_diameter_px=16, margin_px=0, grid_px=1, extra_px=0,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(), terms="free", trained_steps=0, trained_on=(), sources=(),
        counters={"rbc": counters, "wbc": counters, "plt": counters},
    )  # fmt: skip
    write_card(str(path), card)
    return str(path)


@pytest.fixture
def make_cell() -> MakeCell:
    """A square cell of side 2 * half + 1 around (row, col)."""

    def make(
        cell_type: CellType = "rbc", row: int = 5, col: int = 7, half: int = 2, *, touches_frame: bool = False
    ) -> Cell:
        corners = [(-half, -half), (-half, half), (half, half), (half, -half)]
        outline = np.array([(row + r, col + c) for r, c in corners], np.float32)
        box = Box(row - half, col - half, row + half + 1, col + half + 1)
        side = 2 * half + 1
        return Cell(cell_type, row, col, box, outline, side**2, side * 1.128, 0.75, touches_frame)

    return make


def plain_methods() -> Methods:
    """How the cells of made results were counted: with models whose scores and counts nobody has measured."""
    methods: dict[CellType, Method] = {}
    for kind, counter, digit in (("rbc", "watershed", "a"), ("wbc", "watershed", "b"), ("plt", "watershed", "c")):
        card = read_card(PAPER_MODELS[kind]).model_copy(update={"count_error": {}, "sha256": digit * 64})
        methods[kind] = Method(card.name, card, kind, counter, CounterSettings())
    return methods


@pytest.fixture
def make_result() -> MakeResult:
    """A counted grey photograph of 40 × 60 pixels; the keyword arguments are those that tests look at."""

    def make(
        name: str = "a.png",
        *cells: Cell,
        path: Path | None = None,
        grey: int = 200,
        diameter: RedCellDiameter | None = None,
        quality: Quality | None = None,
        methods: Methods | None = None,
        region: Region | None = None,
    ) -> Result:
        pixels = np.full((40, 60, 3), grey, np.uint8)
        return Result(
            image=Photograph(pixels, name=name, path=path, sha256="f" * 64, um_per_px=None),
            cells=list(cells),
            counts=count_cells(cells),
            red_cell_diameter=diameter or RedCellDiameter(px=12.345, confidence=0.5),
            quality=quality or Quality((), {"edge_width": 0.05}),
            options=CountOptions(),
            methods=methods or plain_methods(),
            field_of_view=None,
            region=region,
            colours=MeasuredColours(np.full(3, 200.0), None),
            seconds=0.25,
        )

    return make


@pytest.fixture
def write_photograph(tmp_path: Path) -> WritePhotograph:
    """A grey photograph of 40 × 60 pixels under ``tmp_path``; the stubbed pipeline reads its grey value."""

    def write(name: str, grey: int = 1) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((40, 60, 3), grey, np.uint8)).save(path)
        return path

    return write


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ReadBytes:
    """Write bytes to a file and read them as a photograph."""
    monkeypatch.chdir(tmp_path)

    def write_and_read(data: bytes, name: str = "smear", plane: int | None = None) -> Photograph:
        Path(name).write_bytes(data)
        return read_photograph(name, plane=plane)

    return write_and_read


@pytest.fixture
def stub_pipeline(
    make_result: MakeResult, make_cell: MakeCell, monkeypatch: pytest.MonkeyPatch
) -> dict[int, type[BaseException]]:
    """Counts as many red cells as the photograph's grey value says; raises what the returned dict holds."""
    raising: dict[int, type[BaseException]] = {}

    def count_image(photograph: Photograph, options: CountOptions, *_: object) -> Result:
        grey = int(photograph.pixels[0, 0, 0])
        if grey in raising:
            raise raising[grey]("from the stub")
        return make_result(photograph.name, *[make_cell()] * grey, path=photograph.path, grey=grey)

    monkeypatch.setattr("hemolens.batch.photograph_task.count_image", count_image)
    monkeypatch.setattr("hemolens.batch.workers.usable_processors", lambda: 1)  # no other process has the stub
    return raising
