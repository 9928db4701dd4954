"""Cells that are counted without being located, through the whole program."""

import csv
import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image

from hemolens.block_count import count_block
from hemolens.cli import main
from hemolens.errors import ReviewError
from hemolens.images.photograph import photograph_from_array
from hemolens.images.region import rectangle
from hemolens.options import CountOptions
from hemolens.output.export.registry import FORMATS
from hemolens.output.report.terminal import interval_text, summary_lines
from hemolens.pipeline import conclude, count_image
from hemolens.plan.blocks import plan_blocks
from hemolens.plan.plan import make_plan
from hemolens.review.edits import Edits
from hemolens.review.kept_result import read_result, result_bytes
from hemolens.review.proposal import plan_of, propose_cell
from hemolens.review.reviewed import reviewed_result
from hemolens.statistics.counts import Counts
from hemolens.statistics.summary import summarise
from hemolens.synthetic import draw_smear

DIAMETER_PX = 40


@pytest.fixture(scope="module")
def smear():
    return draw_smear(seed=3, height=300, width=410, n_rbc=14, n_wbc=1, n_plt=3, red_cell_diameter_px=DIAMETER_PX)


@pytest.fixture(scope="module")
def plan(smear, density_model):
    options = CountOptions(models=(density_model,), diameter_px=DIAMETER_PX)
    return make_plan(photograph_from_array(smear.pixels), options)


@pytest.fixture(scope="module")
def result(plan):
    return count_image(plan.image, plan.options)


def total(plan, blocks):
    return sum(count_block(plan, block).unlocated["rbc"] for block in blocks)


def test_there_are_counts_and_no_cells(result):
    assert (result.cells, result.counts.plt) == ([], 0)
    assert result.counts.rbc > result.counts.wbc > 0
    assert result.unlocated == {"rbc": result.counts.rbc, "wbc": result.counts.wbc, "plt": 0}


@pytest.mark.parametrize("block_diameters", [1.5, 2.7, 6])
def test_the_blocks_of_a_smear_add_up_to_the_whole(plan, block_diameters):
    shape = plan.image.shape
    (whole,) = plan_blocks(shape, DIAMETER_PX)
    blocks = plan_blocks(shape, DIAMETER_PX, block_diameters=block_diameters)
    assert len(blocks) > 1
    assert total(plan, blocks) == pytest.approx(total(plan, [whole]), rel=1e-9)


def test_parts_of_a_smear_add_up_to_the_whole(plan):
    n_rows, n_cols = plan.image.shape
    parts = [rectangle(0, 0, 151.5, n_rows), rectangle(151.5, 0, n_cols, n_rows)]
    sums = [total(replace(plan, region=part), plan_blocks((n_rows, n_cols), DIAMETER_PX, part)) for part in parts]
    assert min(sums) > 0
    assert sum(sums) == pytest.approx(total(plan, plan.blocks), rel=1e-9)


def test_a_number_is_rounded_once_for_all_blocks(plan):
    blocks = plan_blocks(plan.image.shape, DIAMETER_PX, block_diameters=1.5)
    counted = [count_block(plan, block) for block in blocks]
    concluded = conclude(replace(plan, blocks=tuple(blocks)), counted, started=0.0)
    assert concluded.counts == count_image(plan.image, plan.options).counts
    assert concluded.counts.rbc == round(total(plan, blocks))


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (300, 400)])
def test_an_empty_field_has_none(shape, density_model):
    options = CountOptions(models=(density_model,))
    assert count_image(photograph_from_array(np.full((*shape, 3), 225, np.uint8)), options).counts == Counts(0, 0, 0)


def test_a_photograph_is_not_rejected_for_cells_that_nobody_looked_for(result):
    assert result.quality.verdict == "warn"
    assert "red cells were counted without being located" in result.quality.reason
    assert "no red cells" not in result.quality.reason


def test_what_needs_cells_is_not_known(result):
    for each in (result.summary["rbc"], summarise([result.numbers] * 2)["rbc"]):
        assert (each.in_frame, each.per_mm2, each.per_1000_rbc, each.per_ul) == (None, None, None, None)
        assert not np.isfinite([each.per_field, *each.expected]).any()
    assert summarise([result.numbers] * 2)["rbc"].total == 2 * result.counts.rbc


def test_types_that_another_model_locates_are_known_as_ever(plan, density_model):
    options = CountOptions(models=(density_model, "wbc-unet"), diameter_px=DIAMETER_PX)
    result = count_image(plan.image, options)
    assert tuple(result.unlocated) == ("rbc", "plt")
    assert result.counts.wbc == len(result.cells) == 1
    white = result.summary["wbc"]
    assert (white.in_frame, white.per_1000_rbc) == (1, None)
    lines = summary_lines(result.summary)
    assert lines[0].startswith("Red cells, platelets: counted without being located")
    assert lines[1].endswith(f": white cells {interval_text(white.expected)}")


def test_a_kept_result_keeps_the_counts(result):
    assert read_result(result_bytes(result), result.image).counts == result.counts


def test_a_review_leaves_the_count_and_vouches_for_none_of_it(result):
    signed = reviewed_result(result, (), signed_by="Ada", signed_at=datetime(2026, 1, 2, tzinfo=UTC))
    assert signed.counts == result.counts
    assert signed.vouched_for == ()


def test_no_cell_can_be_added_to_them(result):
    square = [(99.5, 99.5), (99.5, 119.5), (119.5, 119.5), (119.5, 99.5)]
    with pytest.raises(ReviewError, match="red cells were counted without being located, so none can be added"):
        Edits(result, {}, "Ada", "c").add(square, "rbc")


def test_a_click_still_has_an_outline(result):
    assert propose_cell(plan_of(result), 100, 100, "rbc").type == "rbc"


def test_the_service_tells_what_is_known(result):
    pytest.importorskip("sqlalchemy", reason="needs sqlalchemy: pip install 'hemolens[web]'")
    from hemolens.web.telling import tell_numbers

    told = tell_numbers(result.summary, result.unsure, result.corrected)["rbc"]
    assert told.total == result.counts.rbc
    assert (told.in_frame, told.expected, told.per_mm2, told.unsure) == (None, None, None, None)


def test_every_export_is_written_without_cells(result, tmp_path):
    result.save(tmp_path, export=sorted(FORMATS), report=True)
    assert (tmp_path / "report.html").is_file()


@pytest.fixture
def counted(smear, density_model, tmp_path, capsys):
    """A folder with what the command has written, and what it has said."""
    Image.fromarray(smear.pixels).save(tmp_path / "a.png")
    command = ["count", str(tmp_path / "a.png"), "--model", density_model, "--report", "--out", str(tmp_path / "out")]
    with pytest.raises(SystemExit) as left:
        main(command)
    assert left.value.code == 0
    return tmp_path / "out", " ".join(capsys.readouterr().out.split())


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_files_say_what_is_known(counted):
    folder, _ = counted
    (row,) = rows(folder / "counts.csv")
    assert int(row["rbc"]) > 0
    assert row["not_located"] == "rbc; wbc; plt"
    unknown = ("rbc_frame", "rbc_expected", "rbc_expected_high", "rbc_per_mm2", "rbc_unsure", "wbc_per_1000_rbc")
    assert {row[name] for name in unknown} == {""}
    assert rows(folder / "cells.csv") == []
    assert {row["frame_total"] for row in rows(folder / "summary.csv")} == {""}
    assert not json.loads((folder / "run.json").read_text("utf-8"))["methods"]["rbc"]["locates_cells"]


def test_people_are_told(counted):
    folder, said = counted
    assert "Red cells, white cells, platelets: counted without being located" in said
    assert "counted without being located" in (folder / "report.html").read_text("utf-8")
    assert "nan" not in said
