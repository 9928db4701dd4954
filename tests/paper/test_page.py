import pytest

from hemolens.models.store import read_model
from hemolens.output.report.html_page import html_page
from hemolens.paper.page import markdown_page
from hemolens.paper.records import PaperRecord


def record(**changes):
    values = {
        "table": "counting", "cell": "wbc", "network": "unet", "counter": "watershed", "output": None, "images": "all",
        "n_images": 108, "protocol": "paper", "metric": "counting accuracy", "value": 0.9, "low": 0.85, "high": 0.95,
        "paper_value": 0.9564, "seed": 1, "commit": "abc",
    }  # fmt: skip
    return PaperRecord.model_validate(values | changes)


def page(*records):
    return markdown_page(records, [read_model("wbc-unet").card], seconds=120)


def line_with(text, *words):
    (line,) = [line for line in text.splitlines() if all(word in line for word in words)]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_a_row_shows_the_paper_the_released_weights_and_both_protocols():
    text = page(record(), record(protocol="honest", n_images=25, value=0.8, low=None, high=None))
    assert line_with(text, "U-Net", "watershed", "all") == [
        "U-Net", "watershed", "all", "108 / 25", "95.6 %", "87.4 %", "90.0 % [85.0, 95.0]", "80.0 %",
    ]  # fmt: skip


def test_what_is_missing_is_a_dash():
    text = page(record(counter="circle-hough", paper_value=None))
    assert line_with(text, "circle-hough", "all")[-1] == "–"


def test_the_honest_protocol_has_the_other_measures_too():
    honest = {"protocol": "honest", "n_images": 25, "paper_value": None, "low": None, "high": None}
    text = page(
        record(**honest),
        record(**honest, metric="mean absolute error", value=0.5),
        record(**honest, metric="bias", value=-0.02),
    )
    assert line_with(text, "0.50", "-2.0 %") == ["U-Net", "watershed", "0.50", "-2.0 %", "–", "–", "–"]


def test_table_i_sets_tiles_side_by_side():
    tiles = {
        "table": "I",
        "network": None,
        "counter": None,
        "protocol": None,
        "cell": "plt",
        "images": "test",
        "n_images": 30,
    }
    text = page(
        record(**tiles, metric="test images", value=30, paper_value=31),
        record(**tiles, metric="test tiles", value=14410, paper_value=14410),
    )
    assert line_with(text, "14410 | 14410") == ["platelets", "test", "31", "30", "14410", "14410"]


def test_table_ii_says_that_masks_are_stand_ins():
    assert "stand-ins" in page()


def test_table_ii_has_a_line_for_each_seed():
    phases = {"table": "II", "network": "do-unet-b", "counter": None, "cell": "rbc", "output": "edge", "metric": "dice"}
    text = page(record(**phases, seed=1, paper_value=0.4127), record(**phases, seed=2, paper_value=0.4127))
    assert line_with(text, "model B", "| 2 |")[7] == "0.4127 · 0.900 [0.850, 0.950]"


def test_models_are_listed_with_what_they_were_trained_on():
    card = read_model("wbc-unet").card
    assert line_with(page(), "wbc-unet")[:4] == ["wbc-unet", "unet", str(len(card.trained_on)), str(card.trained_steps)]


def test_research_use_only():
    assert "Research use only" in page()


@pytest.mark.parametrize("text", ["<table>", "<h1>The paper", "95.6 %", "<meta charset"])
def test_the_html_page_holds_the_tables(text):
    assert text in html_page(page(record()))


def test_the_html_page_needs_nothing_else():
    text = html_page(page(record()))
    assert "://" not in text
    assert "<script" not in text


def test_ways_to_join_mask_and_edge_are_compared():
    joined = {"table": "joins", "cell": "rbc", "network": "do-unet", "counter": "connected-components"}
    honest = {"output": "product", "images": "13", "n_images": 13, "protocol": "honest", "paper_value": None}
    text = page(record(**joined, **honest), record(**joined, **honest, metric="bias", value=-0.01, low=None, high=None))
    assert line_with(text, "| product |") == ["DO-U-Net", "product", "90.0 % [85.0, 95.0]", "-1.0 %", "–"]


def phase(model, seed, value):
    edge = {"table": "II", "counter": None, "cell": "rbc", "output": "edge", "metric": "plain_dice", "low": None}
    return record(**edge, network=f"do-unet-{model}", protocol="honest", seed=seed, value=value, high=None)


def test_the_page_says_whether_the_first_phase_helps_the_edge():
    text = page(phase("a", 1, 0.5), phase("a", 2, 0.7), phase("b", 1, 0.4), phase("b", 2, 0.4))
    assert "model A: 0.600 (standard deviation 0.141 over 2 seeds); DO-U-Net, model B: 0.400" in text


def test_one_seed_says_nothing_about_phases():
    assert "help the edge?" not in page(phase("a", 1, 0.5), phase("b", 1, 0.4))
