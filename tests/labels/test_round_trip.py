"""What ``hemolens count --export`` writes is what ``hemolens evaluate`` reads: no cell is lost, none moves."""

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image

from hemolens.cell_types import CELL_TYPES
from hemolens.cells.cell import cells_from_labels
from hemolens.cli import main
from hemolens.evaluation.folder.evaluate import evaluate
from hemolens.evaluation.folder.records import make_records
from hemolens.images.photograph import read_photograph
from hemolens.labels import read_labels
from hemolens.labels.truth import in_pixels
from hemolens.synthetic import draw_smear

FORMATS = {
    "coco": "coco.json",
    "geojson": "geojson",
    "imagej": "imagej",
    "labels": "labels",
    "voc": "voc",
    "yolo": "yolo",
    **({"omezarr": "omezarr"} if find_spec("zarr") else {}),
}
"""Formats that hold boxes or outlines, and what of the output folder is named to read them."""

NAMES = ("a.png", "b c.png", "empty.png")


@pytest.fixture(scope="module")
def smears():
    """Two smears and one without a cell."""
    sizes = {"height": 240, "width": 320, "red_cell_diameter_px": 40}
    drawn = [draw_smear(n, n_rbc=9, n_wbc=1, n_plt=2 - n, overlap=0.2, cut_by_frame=True, **sizes) for n in range(2)]
    return dict(zip(NAMES, [*drawn, draw_smear(2, n_rbc=0, n_wbc=0, n_plt=0, **sizes)], strict=True))


@pytest.fixture
def exported(smears, make_result, tmp_path, monkeypatch):
    """An output folder with every format, of a count that finds just what is there; the photographs beside it."""
    results = {}
    (tmp_path / "photos").mkdir()
    for name, smear in smears.items():
        Image.fromarray(smear.pixels).save(tmp_path / "photos" / name)
        cells = [cell for kind in CELL_TYPES for cell in cells_from_labels(smear.labels(kind), cell_type=kind)]
        photograph = read_photograph(tmp_path / "photos" / name)
        results[name] = replace(make_result(name, *cells), image=photograph)

    def count_image(photograph, *_):
        return results[photograph.name]

    monkeypatch.setattr("hemolens.batch.photograph_task.count_image", count_image)
    monkeypatch.setattr("hemolens.evaluation.folder.evaluate.count_image", count_image)
    paths = [str(tmp_path / "photos" / name) for name in NAMES]
    with pytest.raises(SystemExit) as left:
        main(["count", *paths, "--out", str(tmp_path / "out"), "--export", ",".join(FORMATS), "--workers", "1"])
    assert left.value.code == 0
    return tmp_path, results


@pytest.mark.parametrize("name", FORMATS)
def test_an_export_evaluated_is_all_true_positives(exported, name):
    folder, results = exported
    evaluation = evaluate(folder / "out" / FORMATS[name], folder / "photos", types=CELL_TYPES)
    f1 = {record.cell: record.value for record in make_records(evaluation) if record.metric == "F1"}
    assert f1 == {"rbc": 1.0, "wbc": 1.0, "plt": 1.0}
    for each in evaluation.photographs:
        found = results[each.image].counts
        assert {kind: each.compared[kind].truth for kind in CELL_TYPES} == {
            kind: getattr(found, kind) for kind in CELL_TYPES
        }


@pytest.mark.parametrize(
    ("name", "tolerance_px"),
    [("coco", 1), ("geojson", 1), ("imagej", 1), ("labels", 1), ("voc", 0), ("yolo", 1e-3), ("omezarr", 1)],
)
def test_boxes_come_back_where_they_were(exported, name, tolerance_px):
    if name not in FORMATS:
        pytest.skip(f"{name} cannot be written here")
    folder, results = exported
    labels = read_labels(folder / "out" / FORMATS[name], CELL_TYPES)
    for image, truths in labels.truths.items():
        result = next(result for key, result in results.items() if image in {key, key.removesuffix(".png")})
        pixels = in_pixels(truths, (240, 320)) if labels.in_parts else truths
        for kind in CELL_TYPES:
            boxes = np.array([cell.box for cell in result.cells if cell.type == kind], float).reshape(-1, 4)
            np.testing.assert_allclose(pixels[kind].boxes, boxes, atol=tolerance_px)


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in {"voc", "yolo"}])
def test_cells_come_back_to_the_pixel(exported, smears, name):
    folder, _ = exported
    for image, truths in read_labels(folder / "out" / FORMATS[name], CELL_TYPES).truths.items():
        smear = next(smear for key, smear in smears.items() if image in {key, key.removesuffix(".png")})
        for kind in (kind for kind in CELL_TYPES if truths[kind].count):
            painted, true = truths[kind].paint((240, 320)) > 0, smear.labels(kind) > 0
            assert np.count_nonzero(painted & true) / np.count_nonzero(painted | true) > 0.9  # platelets are small


@pytest.mark.parametrize("name", ["voc", "yolo"])
def test_boxes_do_not_say_what_is_cell_to_the_pixel(exported, name):
    folder, _ = exported
    labels = read_labels(folder / "out" / FORMATS[name])
    assert {truth.paint for truths in labels.truths.values() for truth in truths.values()} == {None}


@pytest.mark.parametrize("name", FORMATS)
def test_the_command_reads_them_too(exported, name, capsys):
    folder, _ = exported
    with pytest.raises(SystemExit) as left:
        main(["evaluate", str(folder / "out" / FORMATS[name]), "--images", str(folder / "photos"),
              "--out", str(folder / "evaluation"), "--types", "rbc,wbc,plt"])  # fmt: skip
    assert left.value.code == 0
    assert "counting accuracy 100.0 %" in capsys.readouterr().out
