"""What pages, help texts and docstrings say of the code holds: limits, lists, defaults, names and paths."""

import inspect
import math
import pkgutil
import re
import runpy
import tomllib
import unicodedata
from pathlib import Path
from typing import get_args

import pytest
import typer

from hemolens import count
from hemolens.batch.watched import SETTLED_S
from hemolens.batch.workers import AHEAD
from hemolens.cells.counters import COUNTERS
from hemolens.cli import app
from hemolens.counted_image import UNSURE_BELOW
from hemolens.evaluation.folder.page import N_WORST
from hemolens.evaluation.record import Record
from hemolens.evaluation.robustness import CHANGES
from hemolens.evaluation.study import pairs
from hemolens.files import text_file
from hemolens.files.remote import TRIES
from hemolens.images.formats import READERS
from hemolens.images.formats.stored_picture import ALWAYS_READ_PX
from hemolens.images.photograph import MAX_PIXELS, MAX_PIXELS_PER_BYTE
from hemolens.images.region import MAX_CORNERS
from hemolens.images.slides import LARGEST_WHOLE_PX, LIBRARIES, slide
from hemolens.images.zarr_array import CODECS
from hemolens.labels import imagej_rois, label_file, mask_folder, table, voc_boxes
from hemolens.labels.mask_folder import SMALLEST_COMPONENT_PX
from hemolens.labels.truth import FRAME_TOLERANCE_PX
from hemolens.measurements import quality, scale
from hemolens.measurements.colours import FACTORS
from hemolens.models.card import LARGEST_TILE_PX
from hemolens.models.store import DEFAULT_MODEL, read_card
from hemolens.output.export.registry import FORMATS
from hemolens.output.report.cell_picture import MOST_OUTLINES
from hemolens.output.report.run_report import FULL_SIZE_PICTURES, LONGEST_SIDE_PX, MOST_PICTURES
from hemolens.paper.records import PaperRecord
from hemolens.plan.blocks import BLOCK_DIAMETERS, HALO_DIAMETERS
from hemolens.plan.fields import FIELD_SIDE_PX, LARGEST_FIELD_PX, N_FIELDS

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
REFERENCE = ROOT / "docs" / "reference.md"
DOCUMENTS = runpy.run_path(str(ROOT / "benchmarks" / "documents.py"))

WORDS = {4: "four", 6: "six", 9: "nine", 11: "eleven", 12: "twelve"}
COUNT_PY, INIT_PY, OPTIONS_PY = (f"src/hemolens/{name}" for name in ("cli/count.py", "__init__.py", "options.py"))
DIAMETERS = "{:g} to {:g}".format(*scale.RANGE_PX)
UM_PER_PX = "{:g} to {:g}".format(*scale.RANGE_UM_PER_PX)
WINDOW = BLOCK_DIAMETERS + 2 * HALO_DIAMETERS


def listed(names, joint="and"):
    *first, last = names
    return f"{', '.join(first)} {joint} {last}"


def millions(number):
    return f"{number / 1e6:g}"


PACKED = listed([{"blosc": "Blosc", "lz4": "LZ4"}.get(codec, codec) for codec in CODECS])

STATED = [
    ("docs/reference.md", f"`--diameter-px`, {DIAMETERS}"),
    ("docs/reference.md", f"{scale.USUAL_RED_CELL_UM} µm, a usual red cell, divided by `--um-per-px`, {UM_PER_PX};"),
    ("docs/reference.md", f"outside {UM_PER_PX} it is ignored with a warning"),
    ("docs/reference.md", f"{scale.FALLBACK_PX:g} pixels, with confidence 0, where no red cell was found"),
    ("docs/reference.md", f"estimate is below {scale.LEAST_TRUSTED};"),
    ("docs/reference.md", f"differ by more than a factor of {scale.LARGEST_DISAGREEMENT} "),
    (
        "docs/reference.md",
        f"confidence {scale.LEAST_SURE} or more differ by more than a factor of {scale.LARGEST_UNEXPLAINED}.",
    ),
    ("docs/reference.md", f"{LONGEST_SIDE_PX} pixels on the long side for up to {FULL_SIZE_PICTURES} photographs"),
    ("docs/reference.md", f"of more than {MOST_PICTURES} photographs the first {MOST_PICTURES} are shown"),
    ("docs/reference.md", f"at most {MAX_CORNERS:,} corners"),
    ("docs/reference.md", f"Both are at most {millions(text_file.MAX_BYTES)} MB"),
    ("docs/reference.md", f"{listed(READERS)}, up to {millions(MAX_PIXELS)} megapixels"),
    (
        "docs/reference.md",
        f"more than {millions(ALWAYS_READ_PX)} megapixels that has over {MAX_PIXELS_PER_BYTE} ",
    ),
    ("docs/reference.md", f"(a slide: over {slide.MAX_PIXELS_PER_BYTE}) is refused"),
    ("docs/reference.md", f"more than {WINDOW**2} squares of a red-cell diameter ({WINDOW} × {WINDOW})"),
    ("docs/reference.md", f"blocks of at most {BLOCK_DIAMETERS} × {BLOCK_DIAMETERS}, with a halo of {HALO_DIAMETERS}"),
    ("docs/how-to-count-slides.md", f"OME-TIFF of more than {millions(LARGEST_WHOLE_PX)} megapixels"),
    ("docs/how-to-count-slides.md", f"reduced to {slide.OVERVIEW_SIDE_PX} pixels on its longer side"),
    ("docs/how-to-count-slides.md", f"With more than {MOST_OUTLINES:,} cells, the outlines are drawn into the image"),
    ("docs/how-to-count-slides.md", f"over up to {WORDS[N_FIELDS]} fields of the slide"),
    ("docs/how-to-count-slides.md", f"more than {WORDS[HALO_DIAMETERS]} red-cell diameters from its centre"),
    ("docs/how-to-compare-with-your-counts.md", f"more than {millions(pairs.MAX_BYTES)} MB"),
    ("docs/how-to-compare-with-your-counts.md", f"more than {pairs.MAX_PHOTOGRAPHS} photographs in common"),
    ("docs/how-to-evaluate.md", f"the {WORDS[N_WORST]} photographs that have most errors"),
    ("docs/how-to-evaluate.md", f"under {WORDS[len(CHANGES)]} changes"),
    ("docs/how-to-evaluate.md", f"It takes {WORDS[len(CHANGES) + 1]} times as long"),
    ("docs/how-to-evaluate.md", f"those under {SMALLEST_COMPONENT_PX} px are specks"),
    ("docs/how-to-evaluate.md", f"more than {FRAME_TOLERANCE_PX} px out of the picture"),
    (
        "docs/how-to-evaluate.md",
        f"more than {millions(label_file.MAX_BYTES)} MB ({millions(label_file.MAX_PHOTOGRAPH_BYTES)} MB for the file "
        f"of one photograph, {millions(imagej_rois.MAX_ARCHIVE_BYTES)} MB for an archive of regions, "
        f"{millions(mask_folder.MAX_PICTURE_BYTES)} MB for a label image), archives with more than "
        f"{imagej_rois.MAX_REGIONS:,} regions, one above {millions(imagej_rois.MAX_REGION_BYTES)} MB or more than "
        f"{millions(imagej_rois.MAX_UNPACKED_BYTES)} MB when unpacked",
    ),
    ("docs/how-to-evaluate.md", f"nested more than {voc_boxes.MAX_DEPTH} deep"),
    ("docs/how-to-evaluate.md", f"folders with more than {label_file.MAX_FILES:,} files"),
    ("docs/how-to-evaluate.md", f"tables of more than {table.MAX_PHOTOGRAPHS:,} photographs"),
    ("docs/how-to-evaluate.md", f"more than {millions(MAX_PIXELS)} million pixels"),
    ("docs/how-to-evaluate.md", f"other codecs than {PACKED}"),
    ("docs/how-to-count-slides.md", f"compressed with {PACKED.replace(' and ', ' or ')}, single or in shards"),
    ("docs/decisions/0009-ome-zarr-of-one-chunk.md", f"in plain chunks or in those of {PACKED}"),
    ("docs/how-to-count-many.md", f"had to wait for them: {AHEAD} for each worker at most"),
    ("docs/how-to-count-many.md", f"stalls on the way is tried {TRIES} times"),
    ("docs/how-to-count-many.md", f"stayed the same for {SETTLED_S:.0f} seconds"),
    ("docs/how-to-make-a-report.md", f"at most {LONGEST_SIDE_PX} pixels (less where there are more than"),
    ("docs/how-to-make-a-report.md", f"more than {FULL_SIZE_PICTURES}; of more than {MOST_PICTURES} photographs"),
    ("docs/how-to-read-the-results.md", f"`scale_confidence` is below {scale.LEAST_TRUSTED}"),
    ("docs/how-to-trust-the-numbers.md", f"have a score below {UNSURE_BELOW}"),
    ("docs/how-to-trust-the-numbers.md", f"its confidence is below {scale.LEAST_TRUSTED}"),
    ("docs/how-to-trust-the-numbers.md", f"(confidence {scale.LEAST_SURE} or more)"),
    ("docs/how-to-trust-the-numbers.md", f"more than a factor of {scale.LARGEST_UNEXPLAINED} is used in its place"),
    ("docs/how-to-trust-the-numbers.md", f"`assumed` from red cells {scale.USUAL_RED_CELL_UM} µm wide"),
    ("docs/decisions/0002-large-tiles.md", f"tiles of up to {LARGEST_TILE_PX} pixels"),
    ("docs/decisions/0010-slides-are-measured-on-fields.md", f"at most {millions(LARGEST_FIELD_PX)} megapixels"),
    ("docs/decisions/0010-slides-are-measured-on-fields.md", f"{FIELD_SIDE_PX} × {FIELD_SIDE_PX} pixels"),
    (
        "docs/decisions/0010-slides-are-measured-on-fields.md",
        f"at most {BLOCK_DIAMETERS} red-cell diameters wide with a halo of {HALO_DIAMETERS}",
    ),
    ("benchmarks/notes/0011-standard-absorbance.md", "Factors stay within {:g} and {:g}".format(*FACTORS)),
    (COUNT_PY, f"Red-cell diameter in pixels, {DIAMETERS};"),
    (COUNT_PY, f"µm per pixel, {UM_PER_PX} (red cells are assumed to be {scale.USUAL_RED_CELL_UM} µm wide)"),
    (COUNT_PY, f'"auto, {listed(COUNTERS, "or")}."'),
    (COUNT_PY, f"Also write {listed(FORMATS, 'or')}."),
    (INIT_PY, f"red cell in pixels, {DIAMETERS},"),
    (INIT_PY, f"µm per pixel, {UM_PER_PX},"),
    (INIT_PY, listed((f'``"{name}"``' for name in COUNTERS), "or")),
    (INIT_PY, f"A {listed(READERS, 'or')} file"),
    (OPTIONS_PY, f"red cell in pixels, {DIAMETERS},"),
    (OPTIONS_PY, f"µm per pixel, {UM_PER_PX},"),
    ("src/hemolens/cli/evaluate.py", f"under {len(CHANGES)} changes"),
    ("src/hemolens/measurements/scale.py", f"in µm per pixel: {UM_PER_PX}."),
]


def words_of(path):
    return " ".join((ROOT / path).read_text("utf-8").split())


@pytest.mark.parametrize(("path", "sentence"), STATED, ids=[f"{path}: {sentence}" for path, sentence in STATED])
def test_a_statement_is_what_the_code_says(path, sentence):
    assert sentence in words_of(path)


def rows(page, heading):
    """The cells of the rows of the tables under a heading."""
    section = page.read_text("utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if not line.startswith("| ---")]


def test_the_table_of_rulers_has_every_origin():
    assert [name for name, *_ in rows(REFERENCE, "Scale")[1:]] == [
        f"`{origin}`" for origin in ("diameter_px", "um_per_px", "file", "estimate", "fallback")
    ]
    assert len(get_args(scale.Origin)) == 5


@pytest.mark.parametrize("limit", quality._LIMITS, ids=lambda limit: limit.check)
def test_the_table_of_quality_has_the_limits_of_the_code(limit):
    (found,) = [row for row in rows(REFERENCE, "Quality") if row[0] == limit.check]
    side = "above" if limit.reject > limit.warn else "below"
    reject = "" if math.isinf(limit.reject) else f"{side} {limit.reject:g}"
    assert found[1].partition(":")[0] == f"`{limit.measure}`"
    assert found[2:] == [f"{side} {limit.warn:g}", reject]


def test_the_table_of_quality_has_every_other_limit():
    text = words_of("docs/reference.md")
    assert "outside {:g} to {:g}".format(*quality._CELL_SIZES) in text
    assert f"less than {quality._DARKER_THAN_RED} times as much light as a red cell" in text


def test_the_page_on_other_programs_has_every_export_format_with_its_files():
    page = ROOT / "docs" / "how-to-open-the-results-elsewhere.md"
    table = page.read_text("utf-8").partition("| `--export` |")[2].partition("\n\n")[0]
    found = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", table, re.MULTILINE))
    assert {name: re.sub(r"` \(a folder\)$", "/`", files) for name, files in found.items()} == {
        name: DOCUMENTS["export_files"](name) for name in FORMATS
    }


def test_the_export_extra_brings_what_the_formats_need():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    brought = {re.match(r"[\w-]+", requirement)[0] for requirement in extras["export"]}
    assert {need for each in FORMATS.values() for need in each.needs} <= brought


def test_the_page_on_slides_has_every_suffix():
    text = words_of("docs/how-to-count-slides.md")
    assert [suffix for suffix in LIBRARIES if f"`{suffix}`" not in text and f"NAME{suffix}`" not in text] == []


@pytest.mark.parametrize(
    ("page", "file", "record"),
    [
        ("docs/how-to-evaluate.md", "evaluate.json", Record),
        ("docs/how-to-compare-with-your-counts.md", "validate.json", Record),
        ("docs/how-to-reproduce-the-paper.md", "paper.json", PaperRecord),
    ],
)
def test_the_fields_of_a_record_are_documented(page, file, record):
    (named,) = re.findall(rf"`{file}`: .*?\((`.*?`)\)", words_of(page))
    fields = list(record.model_fields)
    if file == "validate.json":  # an agreement study changes nothing
        fields.remove("change")
    assert re.findall(r"`(\w+)`", named) == fields


def test_the_columns_of_the_training_log_are_documented():
    pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")
    from hemolens.training.loop import LOG_COLUMNS

    found = [name for name, *_ in rows(ROOT / "docs" / "how-to-train.md", "While it runs")[1:]]
    assert found == [f"`{name}`" for name in LOG_COLUMNS]


def test_the_scores_of_the_default_model_are_calibrated_as_the_page_on_reports_says():
    card = read_card(DEFAULT_MODEL)
    chosen = {kind: card.settings_for(kind, card.default_counter(kind)) for kind in card.cell_types}
    assert all(settings.scores_are_calibrated for settings in chosen.values())
    assert "those of the default model with its default counter are" in words_of("docs/how-to-make-a-report.md")


PYTHON_NAMES = re.findall(r"`(hemolens(?:\.\w+)+)(?:\((.*?)\))?`", REFERENCE.read_text("utf-8"))


@pytest.mark.parametrize(("name", "arguments"), PYTHON_NAMES, ids=[name for name, _ in PYTHON_NAMES])
def test_a_documented_name_exists_with_its_arguments(name, arguments):
    found = pkgutil.resolve_name(name)
    for argument in filter(str.isidentifier, arguments.split(", ")):
        assert argument in inspect.signature(found).parameters
    for argument, default in re.findall(r"(\w+)=([^,]+(?:\(\))?)", arguments):
        assert repr(inspect.signature(found).parameters[argument].default) == default


def test_counting_in_python_has_every_option_of_counting():
    (arguments,) = [arguments for name, arguments in PYTHON_NAMES if name == "hemolens.count"]
    assert re.findall(r"(?:^|, )(\w+)", arguments) == list(inspect.signature(count).parameters)


def test_an_option_that_is_zero_without_it_says_so():
    (seed,) = [each for each in typer.main.get_command(app).commands["demo"].params if each.name == "seed"]
    assert f"| `--seed N` | `{seed.default}` |" in REFERENCE.read_text("utf-8")


def test_every_path_that_a_page_or_the_code_names_exists():
    files = [*PAGES, *(path for folder in ("src", "benchmarks") for path in (ROOT / folder).rglob("*.py"))]
    named = {
        (file.relative_to(ROOT).as_posix(), path)
        for file in files
        for path in re.findall(r"\b(?:src/hemolens|benchmarks|docs|tests)/[\w./-]*\w", file.read_text("utf-8"))
    }
    assert {
        each
        for each in named
        if not re.search(r"NAME|TYPE|paper-weights\.zip", each[1]) and not (ROOT / each[1]).exists()
    } == set()


def anchors(page):
    for heading in re.findall(r"^#+ (.*)", page.read_text("utf-8"), re.MULTILINE):
        kept = (char for char in heading.lower() if char in "-_ 0123456789" or unicodedata.category(char)[0] == "L")
        yield "".join(kept).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_within_the_repository_leads_somewhere(page):
    links = re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)", page.read_text("utf-8"))
    for target, anchor in links:
        path = (page.parent / target) if target else page
        assert path.exists(), target
        assert not anchor or anchor in anchors(path), f"{target}#{anchor}"
