"""The house keeps its shape: an import points from a door towards the ground, never up."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "hemolens"

LAYERS = """
    cli
    web
    batch
    paper
    training
    evaluation
    __init__
    review
    pipeline
    block_count
    result
    output
    counted_image
    plan
    labels
    options
    differential
    segmentation
    models
    statistics
    measurements
    synthetic
    cells
    probability_maps
    images
    files
    cell_types
    extras
    errors
"""
"""From the doors down to the ground. A room imports only from lines below its own, or from itself."""

HEIGHTS = {room: -n for n, line in enumerate(LAYERS.split("\n")) for room in line.split()}

ONLY_IN = {
    "torch": {"training"},
    "onnx": {"training"},
    "dask": {"batch/cluster.py"},
    "distributed": {"batch/cluster.py"},
    "fsspec": {"files/remote.py"},
    "typer": {"cli"},
    "fastapi": {"web"},
    "starlette": {"web"},
    "uvicorn": {"web"},
    "sqlalchemy": {"web"},
    "alembic": {"web/database"},
    "psutil": {"web"},
    "argon2": {"web"},
    "zxcvbn": {"web"},
    "pi_heif": {"images/formats/heic.py"},
    "tiffslide": {"images/slides"},
    "openslide": {"images/slides"},
    "zarr": {"output/export/omezarr.py"},
    "numcodecs": {"images/zarr_array.py"},
    "onnxruntime": {"segmentation", "differential", "training/eight_bits.py"},  # it quantises as well as it runs
    "reportlab": {"output/report"},
    "openpyxl": {"output/export/xlsx.py", "labels"},
    "scipy": {"evaluation", "labels", "training"},
    "skimage": set(),
    "yaml": {"labels"},
}
"""What a small installation does not have, or what belongs to one room of the house."""

IMAGE_MATHEMATICS = {"numpy", "scipy", "skimage", "cv2", "PIL", "tifffile"}

MOST_ENTRIES = 30
MOST_LINES = 60
"""Of a function, without its docstring."""


def modules():
    return {path.relative_to(SOURCE).as_posix(): path for path in sorted(SOURCE.rglob("*.py"))}


def room_of(name):
    return name.split("/", maxsplit=1)[0].removesuffix(".py")


def imports(path):
    """Full names that a file imports, wherever in it: when it runs, in a function, or for annotations alone."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: say where it comes from, with the full name"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own_rooms(path):
    """Rooms of hemolens that a file imports from; version and notice are nobody's."""
    for name in imports(path):
        package, _, rest = name.partition(".")
        if package == "hemolens" and rest not in {"__version__", "RESEARCH_USE_ONLY"}:
            first = rest.split(".")[0]
            yield first if first in HEIGHTS else "__init__"


def test_every_room_has_its_place_in_the_drawing():
    assert set(map(room_of, modules())) == set(HEIGHTS)


def test_the_drawing_in_contributing_has_every_room():
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    drawn = re.search(r"```text\n(.*?)```", text, re.DOTALL)
    assert drawn is not None
    named = set(re.findall(r"\b[a-z_]+\b", drawn[1]))
    assert set(HEIGHTS) - {"__init__"} <= named


def test_the_top_floor_is_small():
    assert len([path for path in SOURCE.iterdir() if path.name != "__pycache__"]) <= MOST_ENTRIES


def test_imports_never_point_up():
    wrong = {
        name: sorted(up)
        for name, path in modules().items()
        if (up := {r for r in own_rooms(path) if r != room_of(name) and HEIGHTS[r] >= HEIGHTS[room_of(name)]})
    }
    assert wrong == {}


def test_no_two_files_import_each_other():
    """Nor any longer circle, be it through an import inside a function or for annotations alone."""
    known = {name.removesuffix(".py").replace("/", "."): path for name, path in modules().items()}
    known = {name.removesuffix(".__init__"): path for name, path in known.items() if name != "__init__"}
    needs = {}
    for name, path in known.items():
        found = {each.removeprefix("hemolens.") for each in imports(path) if each.startswith("hemolens.")}
        needs[name] = {each if each in known else each.rpartition(".")[0] for each in found} & set(known) - {name}
    while needs:
        free = {name for name, others in needs.items() if not others & set(needs)}
        assert free, f"circles among {sorted(needs)}"
        needs = {name: others for name, others in needs.items() if name not in free}


def test_what_belongs_to_one_room_stays_there():
    wrong = {
        (name, package)
        for name, path in modules().items()
        for package in {each.partition(".")[0] for each in imports(path)} & set(ONLY_IN)
        if not any(name == place or name.startswith(f"{place}/") for place in ONLY_IN[package])
    }
    assert wrong == set()


def test_doors_do_no_image_mathematics():
    used = {name: {each.partition(".")[0] for each in imports(path)} for name, path in modules().items()}
    assert not {
        name for name, packages in used.items() if room_of(name) in {"cli", "web"} and packages & IMAGE_MATHEMATICS
    }


def test_no_function_is_long():
    long = {
        f"{name}:{node.name}": length
        for name, path in modules().items()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and "/migrations/" not in name  # alembic writes them
        and (length := node.end_lineno - node.lineno + 1 - _docstring_lines(node)) > MOST_LINES
    }
    assert long == {}


def _docstring_lines(node):
    first = node.body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return first.end_lineno - first.lineno + 1 if is_docstring else 0


def test_no_file_has_a_name_that_says_nothing():
    assert not {path.stem for path in modules().values()} & {"utils", "helpers", "common", "misc", "core"}
