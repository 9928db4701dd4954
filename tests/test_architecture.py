"""The house keeps its shape: an import points from a door towards the ground, never up."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "hemolens"

LAYERS = """
    cli web
    batch
    __init__
    evaluation
    training
    labels
    pipeline
    result
    export
    report
    overlay
    summary
    site uncertainty
    sampling
    blocks
    counts
    counters
    probability_maps
    networks
    models
    tiles
    quality
    scale
    region
    colours
    slides
    zarr_array
    zarr_store
    option_file
    photograph
    formats
    resampling
    smear
    synthetic
    cells
    config errors
"""
"""From the doors down to the ground. A part imports only from lines below its own, or from itself."""

HEIGHTS = {part: -n for n, line in enumerate(LAYERS.split("\n")) for part in line.split()}

ONLY_IN = {
    "torch": {"networks", "training", "cli/train.py"},
    "onnx": {"training"},
    "dask": {"batch"},
    "typer": {"cli"},
    "tiffslide": {"slides"},
    "openslide": {"slides"},
    "zarr": {"export/omezarr.py"},
    "numcodecs": {"zarr_array"},
    "onnxruntime": {"probability_maps", "training/eight_bits.py"},  # it quantises as well as it runs
}
"""What a small installation does not have, or what belongs to one part of the house."""

IMAGE_MATHEMATICS = {"numpy", "scipy", "skimage", "cv2", "PIL", "tifffile"}


def modules():
    return sorted(SOURCE.rglob("*.py"))


def name_of(path):
    return path.relative_to(SOURCE).as_posix()


def part_of(path):
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def is_for_types_only(node):
    return isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}


def imports(path):
    """Full names that a file imports when it runs, wherever in it; annotations alone run nothing."""
    waiting = [ast.parse(path.read_text("utf-8"))]
    while waiting:
        node = waiting.pop()
        if is_for_types_only(node):
            continue
        waiting.extend(ast.iter_child_nodes(node))
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: say where it comes from, with the full name"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own_parts(path):
    """Parts of hemolens that a file imports; the version number is nobody's part."""
    for name in imports(path):
        package, _, rest = name.partition(".")
        if package == "hemolens" and rest != "__version__":
            first = rest.split(".")[0]
            yield first if first in HEIGHTS else "__init__"


def test_every_part_has_its_place_in_the_picture():
    assert {part_of(path) for path in modules()} <= set(HEIGHTS)


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_imports_never_point_up(path):
    part = part_of(path)
    wrong = {other for other in own_parts(path) if other != part and HEIGHTS[other] >= HEIGHTS[part]}
    assert not wrong


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_what_belongs_to_one_part_stays_there(path):
    packages = {name.partition(".")[0] for name in imports(path)}
    wrong = {p for p in packages & set(ONLY_IN) if not {part_of(path), name_of(path)} & ONLY_IN[p]}
    assert not wrong


@pytest.mark.parametrize("path", [p for p in modules() if part_of(p) in {"cli", "web"}], ids=name_of)
def test_doors_do_no_image_mathematics(path):
    assert not {name.partition(".")[0] for name in imports(path)} & IMAGE_MATHEMATICS


def test_no_file_has_a_name_that_says_nothing():
    assert not {path.stem for path in modules()} & {"utils", "helpers", "common", "misc", "core"}
