"""Two tables, written row by row."""

import pytest

from hemolens.evaluation.study.pairs import read_study


@pytest.fixture
def tables(tmp_path):
    """Write counts and reference, given as rows; a first row without a digit is a header."""

    def write(counts, reference, counts_header="image,width,height,rbc,wbc,plt,error", header="image,rbc"):
        paths = tmp_path / "counts.csv", tmp_path / "ours.csv"
        for path, head, rows in zip(paths, (counts_header, header), (counts, reference), strict=True):
            path.write_text("\n".join([head, *rows]) + "\n", "utf-8")
        return paths

    return write


@pytest.fixture
def study(tables):
    """Read the study of two tables given as rows."""
    return lambda *rows, **headers: read_study(*tables(*rows, **headers))


@pytest.fixture
def six(study):
    """Six photographs with red cells, platelets on two of them."""
    red = [(12, 10), (19, 20), (33, 30), (41, 40), (55, 50), (61, 60)]
    counts = [f"{n}.jpg,9,9,{count},0,{n}," for n, (count, _) in enumerate(red)]
    reference = [f"{n}.jpg,{truth},{n if n in (1, 2) else ''}" for n, (_, truth) in enumerate(red)]
    return study(counts, reference, header="image,rbc,plt")
