import pytest

from hemolens.output.report.html_page import html_page, markdown_table, markdown_text

NAME = "<script>a|b](x) `_*.jpg"


def test_a_name_is_shown_as_it_is_and_does_nothing():
    page = html_page(f"# Page\n\n{markdown_table(['name', 'n'], [[markdown_text(NAME), '1']])}")
    assert "<td>&lt;script&gt;a|b](x) `_*.jpg</td>\n<td>1</td>" in page


def test_the_title_has_no_backslashes():
    assert "<title>a_b.csv</title>" in html_page(f"# {markdown_text('a_b.csv')}")


def test_line_breaks_in_a_name_do_not_end_the_line():
    assert markdown_text("a\nb") == "a\\\\nb"


def test_html_in_the_page_is_text():
    assert "<b>" not in html_page("# Page\n\n<b>bold</b>")


def test_other_pictures_are_put_in_as_jpeg():
    assert '<img alt="a &lt;cell&gt;" src="data:image/jpeg;base64,YWI=">' in html_page(
        "# Page\n\n![a \\<cell\\>](cell.jpg)", {"cell.jpg": b"ab"}
    )


def test_a_picture_that_is_not_given_is_an_error():
    with pytest.raises(KeyError, match="cell"):
        html_page("# Page\n\n![cell](cell.jpg)")


def test_no_network_style_or_script_is_let_in():
    page = html_page("# Page")
    assert "default-src 'none'; img-src data:; style-src 'sha256-" in page
    assert "script-src 'none'" in page
    assert "<script" not in page


def test_a_script_and_a_style_of_the_page_are_let_in_by_their_hashes():
    plain, own = html_page("# Page"), html_page("# Page", style="b { color: red; }", script="let a = 1;")
    assert "<script>let a = 1;</script>" in own
    assert "script-src 'sha256-" in own
    assert plain.partition("style-src")[2].partition(";")[0] != own.partition("style-src")[2].partition(";")[0]
