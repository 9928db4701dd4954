import io

import numpy as np
import pypdfium2
import pytest

from hemolens.output.report.cell_picture import jpeg_bytes, make_cell_picture
from hemolens.output.report.charts import size_plot
from hemolens.output.report.html_page import markdown_table, markdown_text
from hemolens.output.report.pdf_page import pdf_page


def sheets(markdown, pictures=None):
    document = pypdfium2.PdfDocument(pdf_page(markdown, pictures or {}, "the footer"))
    try:
        return [document[n].get_textpage().get_text_range() for n in range(len(document))]
    finally:
        document.close()


def drawn_pixels(markdown, pictures):
    document = pypdfium2.PdfDocument(pdf_page(markdown, pictures, ""))
    try:
        return np.asarray(document[0].render(scale=1).to_pil().convert("RGB"))
    finally:
        document.close()


def test_words_lists_and_tables_are_there_in_order():
    (text,) = sheets("# Title\n\nSome **bold** words.\n\n- an item\n\n" + markdown_table(["a", "b"], [["1", "2"]]))
    words = text.split()
    assert words[words.index("Title") :][:4] == ["Title", "Some", "bold", "words."]
    assert words[words.index("an") : words.index("an") + 6] == ["an", "item", "a", "b", "1", "2"]


def test_each_sheet_has_the_footer_and_its_number():
    for number, text in enumerate(sheets("# One\n\n---\n\n# Two"), start=1):
        assert "the footer" in text
        assert str(number) in text


def test_a_long_table_goes_on_with_its_heading():
    texts = sheets("# T\n\n" + markdown_table(["number"], [[str(n)] for n in range(200)]))
    assert len(texts) > 2
    assert all("number" in text for text in texts)


@pytest.mark.parametrize("name", ["<b>a</b>.jpg", "&amp;.jpg", "</para><img src='x'/>.jpg", "a" * 300 + ".jpg"])
def test_a_hostile_name_is_text(name):
    assert name in "".join(
        sheets(f"# {markdown_text(name)}\n\n{markdown_table(['n'], [[markdown_text(name)]])}")
    ).replace("\r\n", "").replace("\ufffe", "")


def test_letters_that_a_reader_may_lack_are_escapes():
    assert "\\u8840.jpg" in sheets(f"# {markdown_text('血.jpg')}")[0]


def test_a_link_leads_to_the_picture_of_its_anchor_only(drawn):
    page = "# T\n\n[there](#p1) [nowhere](#p2) [away](https://example.org)\n\n![cells](p1.html)"
    content = pdf_page(page, {"p1.html": make_cell_picture(drawn, "p1", 400)}, "")
    assert b"example.org" not in content
    assert content.count(b"/Subtype /Link") == 1


def test_a_photograph_shows_its_outlines(drawn):
    picture = make_cell_picture(drawn, "p1", 400)
    pixels = drawn_pixels("![cells](p1.html)", {"p1.html": picture}).astype(int)
    assert (np.abs(pixels - (255, 221, 0)).max(axis=2) < 60).sum() > 20


def test_a_jpeg_in_a_table_and_a_plot_are_drawn():
    red = jpeg_bytes(np.full((40, 60, 3), (200, 0, 0), np.uint8))
    page = "# T\n\n" + markdown_table(["", "b"], [["![small](a.jpg)", "words"]]) + "\n\n![plot](b.svg)"
    pixels = drawn_pixels(page, {"a.jpg": red, "b.svg": size_plot([6.0, 7.0, 8.0], "µm", "rbc")}).astype(int)
    assert (np.abs(pixels - (200, 0, 0)).max(axis=2) < 20).sum() > 500
    assert (np.abs(pixels - (102, 150, 198)).max(axis=2) < 20).sum() > 100


def test_a_picture_that_is_not_given_is_an_error():
    with pytest.raises(KeyError, match="cell"):
        pdf_page("# Page\n\n![cell](cell.jpg)", {}, "")


def test_it_is_pdf():
    assert io.BytesIO(pdf_page("# Page", {}, "")).read(5) == b"%PDF-"
