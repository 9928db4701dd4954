"""What reads each kind of file, as the commands do: each function reads or raises a HemolensError."""

import numpy as np

from hemolens.evaluation.site_factor import read_site_factors, site_table
from hemolens.evaluation.study.files import write_study
from hemolens.evaluation.study.pairs import read_study
from hemolens.evaluation.study.records import make_records
from hemolens.images.box import Box
from hemolens.images.region import read_region
from hemolens.images.slides import open_image
from hemolens.labels import read_labels
from hemolens.labels.truth import fit_to_frame, in_pixels
from hemolens.statistics.site import read_site, site_text

SHAPE = (120, 160)
"""Of the photograph that labels belong to."""
SIDE_PX = 300
"""Of what is read of a slide."""


def read_image(path):
    """Open a photograph or a slide, and read three places of each level."""
    image = open_image(path)
    for level, (n_rows, n_cols) in enumerate(image.levels):
        for row, col in ((0, 0), (n_rows // 2, n_cols // 2), (max(0, n_rows - SIDE_PX), max(0, n_cols - SIDE_PX))):
            box = Box(row, col, min(n_rows, row + SIDE_PX), min(n_cols, col + SIDE_PX))
            pixels = image.read(box, level)
            assert pixels.shape == (box.row1 - row, box.col1 - col, 3)
            assert pixels.dtype == np.uint8


def read_truths(path):
    """Read labels, fit them to their photograph and paint what can be painted."""
    labels = read_labels(path)
    for name, truths in labels.truths.items():
        placed = in_pixels(truths, SHAPE) if labels.in_parts else truths
        for truth in fit_to_frame(name, placed, SHAPE, labels.sizes.get(name)).values():
            if truth.paint is not None:
                assert truth.paint(SHAPE).shape == SHAPE


def read_words(path):
    """Read a region that is written into the command line."""
    read_region(path.read_text("utf-8", "replace")).mask(SHAPE)


def read_outline(path):
    """Read a region from a file."""
    read_region(str(path)).mask(SHAPE)


def read_factors(path):
    """Read the factors of a microscope, and write them."""
    site_text(read_site(path))


def calibrate(path):
    """Measure factors, and show them."""
    factors = read_site_factors(path)
    site_text(factors)
    site_table(factors)


def validate(path):
    """Compare two tables of counts, and write the page."""
    study = read_study(path / "counts.csv", path / "reference.csv")
    write_study(study, make_records(study), path / "out")


OTHERWISE = {"images": read_image, "labels": read_truths, "slides": read_image}
"""Kind → what reads its files."""

READERS = {
    "region.geojson": read_outline,
    "region.txt": read_words,
    "site.toml": read_factors,
    "calibrate.csv": calibrate,
    "validate": validate,
}
"""Name of a seed → what reads it in place of that."""


def read(kind, path):
    """Read a file of a kind, as it is called like its seed."""
    READERS.get(path.name, OTHERWISE[kind])(path)
