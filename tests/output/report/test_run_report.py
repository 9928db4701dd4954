"""The report of a run, as both of its readers find it: a strict reader of HTML and one of PDF."""

import base64
import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pypdfium2
import pytest

from hemolens.cells.cell import cells_from_labels
from hemolens.cells.red_cell_shape import RedCellShape
from hemolens.counted_image import CellOrigin, Review
from hemolens.images.region import rectangle
from hemolens.measurements.field_of_view import FieldOfView
from hemolens.measurements.quality import Finding, Quality
from hemolens.measurements.scale import RedCellDiameter
from hemolens.models.store import read_model
from hemolens.options import CountOptions
from hemolens.output.entries import Place
from hemolens.output.options import OutputOptions
from hemolens.output.report.page import FailedPhotograph, KeptReport
from hemolens.output.report.run_report import MOST_PICTURES, RunReport, longest_side_px, reported
from hemolens.output.run_record import MethodRecord, PhotographRecord, RunRecord
from hemolens.statistics.red_cells import MEASURES
from hemolens.statistics.site import SiteFactor
from hemolens.statistics.summary import summarise

from .page_reader import Page

HOSTILE = [
    "<script>alert(1)</script>.jpg",
    '"><img src=x onerror=alert(1)>.jpg',
    "</title><b>.jpg",
    "a|b](javascript:alert(1)) `![x](http://example.org/x.png).jpg",
    "&lt;b&gt;.jpg",
    "</svg></span>.jpg",
    "--><!--.jpg",
    "<https://example.org>.jpg",
]


def report_of(*results, names=None, failed=(), site=None, command=None, models=None):
    names = names or [f"{n}.jpg" for n in range(len(results))]
    report = RunReport({kind: method for result in results for kind, method in result.methods.items()})
    output = OutputOptions(site=site or {}).model_dump(mode="json")
    started = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    record = RunRecord.begin(started, command=command, options=CountOptions(), output=output)
    for number, (name, result) in enumerate(zip(names, results, strict=True), start=1):
        report.add(reported(name, result, Place(number, len(names) + len(failed))))
        record.methods |= {kind: MethodRecord.of(method) for kind, method in result.methods.items()}
        own = {kind: method.card.digest for kind, method in result.methods.items()}
        record.photographs.append(PhotographRecord(image=name, path=None, models=(models or {}).get(name, own)))
    for name, error in failed:
        report.add(FailedPhotograph(name, error))
    return report.contents(summarise([result.numbers for result in results], site), record)


def html_of(*results, **options):
    return report_of(*results, **options)["report.html"].decode()


def pdf_texts(content):
    document = pypdfium2.PdfDocument(content)
    try:
        texts = [document[n].get_textpage().get_text_range() for n in range(len(document))]
    finally:
        document.close()
    return [" ".join(text.split()) for text in texts]


# ------------------------------------------------------------------ one file that needs nothing else


@pytest.mark.parametrize("n", [1, 3])
def test_the_html_closes_what_it_opens_and_no_id_is_there_twice(n, drawn):
    assert Page(html_of(*[drawn] * n)).faults == []


def test_the_html_refers_to_nothing_elsewhere(drawn):
    page = html_of(drawn, drawn)
    for name in ("src", "href", "data", "action", "poster", "srcset"):
        assert all(value.startswith(("data:image/jpeg;base64,", "#")) for value in Page(page).values(name))
    assert not {tag for tag, _ in Page(page).elements} & {"link", "iframe", "object", "embed", "base", "form"}
    without_namespaces = page.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?://|@import|url\(", re.sub(r"base64,[\w+/=]+", "", without_namespaces))


def test_the_policy_forbids_all_but_the_style_and_the_script_of_the_page(drawn):
    text = html_of(drawn)
    page = Page(text)
    (policy,) = [a["content"] for _, a in page.elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    for tag in ("style", "script"):
        (content,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert page.values("style") == []  # such attributes are not let in
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_shown_and_does_nothing(name, drawn):
    for names in ([name], [name, "b.jpg"]):
        page = Page(html_of(*[drawn] * len(names), names=names, failed=[(name, name)] if len(names) > 1 else []))
        assert page.faults == []
        assert name in page.text
        assert not {"b", "base"} & {tag for tag, _ in page.elements}
        assert len([tag for tag, _ in page.elements if tag == "script"]) == 1
        assert all(value.startswith("#") for tag, a in page.elements if tag == "a" for value in [a["href"]])


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_text_in_the_pdf(name, drawn):
    assert name.replace(" ", "") in "".join(pdf_texts(report_of(drawn, names=[name])["report.pdf"])).replace(" ", "")


def test_each_link_leads_to_a_photograph(drawn):
    page = Page(html_of(drawn, drawn))
    links = [attributes["href"] for tag, attributes in page.elements if tag == "a"]
    assert links == ["#p1", "#p2"]
    assert {link.removeprefix("#") for link in links} <= set(page.values("id"))


# ------------------------------------------------------------------ what it says


@pytest.mark.parametrize("n", [1, 2])
def test_both_say_what_they_are_not_for(n, drawn):
    files = report_of(*[drawn] * n)
    assert "Research use only, not for diagnosis." in Page(files["report.html"].decode()).text
    assert all("Research use only, not for diagnosis." in text for text in pdf_texts(files["report.pdf"]))


def test_the_pdf_has_the_summary_first_and_then_a_sheet_for_each_photograph(drawn):
    texts = pdf_texts(report_of(drawn, drawn, names=["a.jpg", "b.jpg"])["report.pdf"])
    assert "Blood smear report: 2 photographs" in texts[0]
    starts = [next(n for n, text in enumerate(texts) if f" {heading} " in text and "Outlines" in text) for heading in (
        "1. a.jpg", "2. b.jpg")]  # fmt: skip
    assert starts[0] > 0
    assert starts[1] == starts[0] + 1
    assert "How it was counted" in texts[-1]


def test_photographs_that_other_models_counted_are_named(drawn):
    said = "Counted with other models, which run.json names: b.jpg."
    assert said in Page(html_of(drawn, drawn, names=["a.jpg", "b.jpg"], models={"b.jpg": {"rbc": "0" * 64}})).text
    assert "other models" not in Page(html_of(drawn)).text


def test_the_verdict_is_there_with_its_reasons(drawn):
    rejected = replace(drawn, quality=Quality((Finding("focus", "reject", "out of focus, very"),), {}))
    text = Page(html_of(drawn, rejected)).text
    assert "1 accepted, 1 rejected" in text
    assert "Out of focus, very (reject)." in text
    assert "Left out of the means: 1 rejected photograph." in text


def test_a_failed_photograph_is_named_with_its_error(drawn):
    text = Page(html_of(drawn, failed=[("broken.png", "it is <broken>")])).text
    assert "2. broken.png" in text
    assert "not counted: it is <broken>" in text


def test_a_run_in_which_nothing_was_counted_has_a_report():
    files = report_of(failed=[("a.jpg", "missing")])
    assert Page(files["report.html"].decode()).faults == []
    assert "not counted: missing" in pdf_texts(files["report.pdf"])[0]


@pytest.mark.parametrize(
    ("ruler", "words"),
    [
        (RedCellDiameter(50.0, 0.9), "µm per pixel (assumed: a red cell is 7.5 µm wide)"),
        (RedCellDiameter(50.0, 1.0, "um_per_px"), "µm per pixel (given)"),
        (RedCellDiameter(50.0, 0.1), "µm per pixel unknown"),
    ],
)
def test_micrometres_come_with_what_they_rest_on(ruler, words, drawn):
    text = Page(html_of(replace(drawn, red_cell_diameter=ruler))).text
    assert words in text
    assert ("diameter, µm" in text) == (ruler.um_per_px is not None)
    assert ("diameter, px" in text) == (ruler.um_per_px is None)


def test_sizes_are_those_of_whole_cells(smear, drawn):
    (circle, *_) = cells_from_labels(smear.labels("rbc"), cell_type="rbc")
    cells = [replace(circle, diameter_px=d, touches_frame=False) for d in (40.0, 60.0)]
    cut = replace(circle, diameter_px=400.0, touches_frame=True)
    result = replace(drawn, cells=[*cells, cut], red_cell_diameter=RedCellDiameter(75.0, 1.0, "um_per_px"))
    assert re.search(r"red cells\s+2\s+5\.0 µm\s+1\.4 µm\s+28 %", Page(html_of(result)).text)


def test_estimates_per_microlitre_need_a_factor(drawn):
    assert "per µl" not in Page(html_of(drawn)).text
    text = Page(html_of(drawn, site={"plt": SiteFactor(factor=15000.0)})).text
    assert "per µl (95 %)" in text
    assert "factor 15000 for one cell per field" in text


def test_the_cards_of_the_models_are_there(drawn):
    card = read_model("rbc-do-unet").card
    text = Page(html_of(drawn)).text
    for words in (card.terms, *(each.terms for each in card.sources), card.figures[0].photographs):
        assert words in text


def test_folders_of_the_user_stay_out(drawn):
    command = {"name": "count", "paths": ["/home/me/a.jpg"], "region": "/home/me/r.geojson", "counter": "auto"}
    text = html_of(drawn, command=command)
    assert "/home/me" not in text
    assert "region r.geojson" in Page(text).text


# ------------------------------------------------------------------ sets of any size


def test_pictures_of_a_large_set_are_smaller_but_never_tiny():
    sides = [longest_side_px(n) for n in (0, 1, 20, 21, 50, 100, 10_000)]
    assert sides == sorted(sides, reverse=True)
    assert (sides[0], sides[-1]) == (1600, 715)


def test_a_very_large_set_has_pictures_of_the_first_photographs_only(make_result, make_cell):
    result = make_result("a.jpg", make_cell())
    page = Page(html_of(*[result] * (MOST_PICTURES + 2)))
    assert page.faults == []
    assert len(page.classes("cells")) == MOST_PICTURES
    assert f"{MOST_PICTURES + 2}. {MOST_PICTURES + 1}.jpg" in page.text


def test_nothing_of_the_photograph_is_kept_but_the_small_picture(make_result):
    result = make_result()
    large = replace(result, image=replace(result.image, pixels=np.zeros((900, 3000, 3), np.uint8)))
    kept = reported("a.jpg", large, Place(1, 1))
    assert (kept.picture.width, kept.picture.height) == (1600, 480)
    assert not any(isinstance(value, np.ndarray) for value in vars(kept).values())


def test_a_field_of_view_is_told(drawn):
    field = FieldOfView(rectangle(0, 0, 200, 300), (), 0.5)
    text = Page(html_of(replace(drawn, field_of_view=field, region=field.region))).text
    assert "Only the field of view was counted, 50% of the image: it is outlined." in text
    assert "Only the field of view" not in Page(html_of(drawn)).text


def reviewed(result, by="Ada", **signature):
    origins = (CellOrigin(by, checked=True),) * len(result.cells)
    return replace(result, review=Review(2, 1, 3, (by,), origins, **signature))


def test_both_say_what_people_changed_and_who_signed(drawn):
    signed = reviewed(drawn, signed_by="Ben", signed_at=datetime(2026, 1, 2, tzinfo=UTC), comment="clear")
    n = len(drawn.cells)
    words = f"Corrected by Ada: 2 cells added, 1 taken out, 3 changed; {n} of {n} cells checked."
    files = report_of(signed)
    for text in (Page(files["report.html"].decode()).text, " ".join(pdf_texts(files["report.pdf"]))):
        assert f"{words} Signed by Ben on 2026-01-02: clear" in text
        assert "Reviewed by people: 1 of 1, signed: 1." in text


def test_a_review_without_a_signature_says_so(drawn):
    assert "cells checked. Not signed." in Page(html_of(reviewed(drawn))).text
    assert "igned" not in Page(html_of(drawn)).text


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_of_a_person_is_shown_and_does_nothing(name, drawn):
    signed = reviewed(drawn, name, signed_by=name, signed_at=datetime(2026, 1, 2, tzinfo=UTC), comment=name)
    page = Page(html_of(signed))
    assert page.faults == []
    assert page.text.count(name) == 3
    assert len([tag for tag, _ in page.elements if tag == "script"]) == 1


# ------------------------------------------------------------------ the shape of red cells


def with_shapes(result, n=12):
    """Give red cells a shape, the first of them a long one."""
    shape = RedCellShape(elongation=1.05, circularity=0.99, crenation=0.01, pallor_depth=0.4, pallor_size=0.4)
    shapes = [shape._replace(elongation=1.6), *[shape] * (n - 1)]
    red = [cell for cell in result.cells if cell.type == "rbc"][:n]
    cells = [replace(cell, shape=each) for cell, each in zip(red, shapes, strict=True)]
    return replace(result, cells=cells, options=CountOptions(red_cell_shapes=True))


def test_every_measure_of_shape_is_plotted_and_the_cells_beyond_a_limit_are_shown(drawn):
    page = html_of(with_shapes(drawn))
    assert all(f">{measure.replace('_', ' ')}</text>" in page for measure in MEASURES)
    assert '<img alt="elongated red cells"' in page
    assert '<img alt="crenated red cells"' not in page
    assert "<strong>Elongated</strong>: 1 of 12." in page


def test_the_shapes_of_a_few_cells_are_not_plotted(drawn):
    assert ">elongation</text>" not in html_of(with_shapes(drawn, n=9))


def test_shapes_of_a_rejected_photograph_are_not_shown(drawn):
    rejected = Quality((Finding("blur", "reject", "blurred"),), {})
    page = html_of(with_shapes(drawn), replace(with_shapes(drawn), quality=rejected))
    assert "<strong>Elongated</strong>: 1 of 12." in page


def test_what_the_report_keeps_of_shapes_survives_json(drawn):
    kept = KeptReport(reported=reported("a.jpg", with_shapes(drawn), Place(1, 1)))
    again = KeptReport.model_validate_json(kept.model_dump_json())
    assert again.reported.beyond_limits == kept.reported.beyond_limits
    assert len(again.reported.beyond_limits["elongated"]) == 1
