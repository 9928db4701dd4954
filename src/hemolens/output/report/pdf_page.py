"""A page in Markdown, with its pictures → the same page as PDF, on A4.

Headings, paragraphs, lists, tables, links within the page and pictures are laid out by ReportLab; a thematic break
(``---``) begins a new sheet. Plots and outlines of cells stay lines, so that they are sharp at any size.
"""

from __future__ import annotations

import html
import io
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.output.report.cell_picture import CellPicture, hex_colour
from hemolens.output.report.plot import BLUE, FONT_SIZE, INK, Dot, Line, Plot, Rectangle, Stroke, Words

if TYPE_CHECKING:
    from markdown_it.token import Token

Picture = bytes | Plot | CellPicture
"""What a page shows: a JPEG, a plot, or a photograph with its cells."""

_MARGIN, _WIDTH = 48.0, 595.28 - 2 * 48.0
_PICTURE_HEIGHT = 330.0
_LEAST_BESIDE = 3  # a single plot is as wide as one of so many
_THUMBNAIL_WIDTH = 60.0
_HEADINGS = {"h1": 18, "h2": 14, "h3": 11.5}
_BODY = 9.0
"""Points; 72 of them are an inch."""


def pdf_page(markdown: str, pictures: Mapping[str, Picture], footer: str) -> bytes:
    """Lay a page out as PDF.

    Parameters
    ----------
    markdown : str
        As in :func:`~hemolens.output.report.html_page.html_page`; of its links only those to ``#anchor`` of a
        :class:`~hemolens.output.report.cell_picture.CellPicture` on the page lead anywhere.
    pictures : mapping
        By the names that the page calls them.
    footer : str
        At the bottom of each sheet, beside its number.

    Returns
    -------
    bytes

    Raises
    ------
    KeyError
        The page shows a picture that is not among them.

    """
    from markdown_it import MarkdownIt
    from reportlab.lib.pagesizes import A4
    from reportlab.platypus import SimpleDocTemplate

    tokens = MarkdownIt("commonmark", {"html": False}).enable("table").parse(markdown)

    def write_footer(canvas: Any, document: Any) -> None:
        canvas.setFont("Helvetica", 8)
        canvas.drawString(_MARGIN, 28, pdf_text(footer))
        canvas.drawRightString(A4[0] - _MARGIN, 28, str(document.page))

    buffer = io.BytesIO()
    title = pdf_text(_plain(tokens[1])) if len(tokens) > 1 else ""
    document = SimpleDocTemplate(
        buffer, pagesize=A4, leftMargin=_MARGIN - 6, rightMargin=_MARGIN - 6, topMargin=_MARGIN, bottomMargin=_MARGIN,
        title=title, author="hemolens", lang="en", pageCompression=1,
    )  # fmt: skip
    document.build(_Layout(tokens, pictures).flowables(), onFirstPage=write_footer, onLaterPages=write_footer)
    return buffer.getvalue()


def pdf_text(text: str) -> str:
    r"""Write text with the letters that each PDF reader has (Windows-1252); others become escapes.

    >>> print(pdf_text("7 µm – 血.jpg"))
    7 µm – \u8840.jpg
    """
    return text.replace("−", "–").encode("cp1252", "backslashreplace").decode("cp1252")


class _Layout:
    """Tokens of Markdown → what ReportLab lays out."""

    def __init__(self, tokens: Sequence[Token], pictures: Mapping[str, Picture]) -> None:
        from reportlab.lib.styles import ParagraphStyle

        self._tokens, self._pictures = list(tokens), pictures
        self._anchors = {each.anchor for each in pictures.values() if isinstance(each, CellPicture)}
        self._body = ParagraphStyle("body", fontName="Helvetica", fontSize=_BODY, leading=1.35 * _BODY, spaceAfter=5)
        self._cell = ParagraphStyle("cell", self._body, fontSize=8, leading=10, spaceAfter=0)
        self._item = ParagraphStyle("item", self._body, leftIndent=10, spaceAfter=2)
        self._headings = {
            tag: ParagraphStyle(
                tag, self._body, fontName="Helvetica-Bold", fontSize=size, leading=1.25 * size, spaceBefore=size / 2,
                spaceAfter=size / 3, keepWithNext=1,
            )
            for tag, size in _HEADINGS.items()
        }  # fmt: skip

    def flowables(self) -> list[Any]:
        """Lay out one token after the other; each kind of block takes its own."""
        from reportlab.platypus import PageBreak, Paragraph

        done: list[Any] = []
        tokens = iter(self._tokens)
        for token in tokens:
            if token.type == "heading_open":
                done.append(Paragraph(self._markup(next(tokens)), self._headings[token.tag]))
            elif token.type == "list_item_open":
                next(tokens)
                done.append(Paragraph(self._markup(next(tokens)), self._item, bulletText="•"))
            elif token.type == "inline":
                done += self._paragraph(token)
            elif token.type == "hr":
                done.append(PageBreak())
            elif token.type == "table_open":
                done.append(self._table(tokens))
        return done

    def _paragraph(self, inline: Token) -> list[Any]:
        """Lay out words, or pictures beside each other."""
        from reportlab.platypus import Paragraph, Table

        names = _pictures_in(inline)
        if not names:
            return [Paragraph(self._markup(inline), self._body)]
        if isinstance(self._pictures[names[0]], CellPicture):
            return [self._picture(names[0], _WIDTH)]
        width = _WIDTH / max(_LEAST_BESIDE, len(names))
        drawn = [self._picture(name, width) for name in names]
        return [
            Table(
                [drawn],
                colWidths=[width] * len(names),
                hAlign="LEFT",
                style=[("VALIGN", (0, 0), (-1, -1), "TOP"), *_NO_PADDING],
            )
        ]

    def _table(self, tokens: Any) -> Any:
        from reportlab.lib.colors import HexColor
        from reportlab.platypus import Paragraph, Table

        rows: list[list[Token]] = []
        for token in tokens:
            if token.type == "table_close":
                break
            if token.type == "tr_open":
                rows.append([])
            elif token.type == "inline":
                rows[-1].append(token)
        content = [
            [
                self._picture(names[0], _THUMBNAIL_WIDTH) if (names := _pictures_in(cell))
                else Paragraph(f"<b>{self._markup(cell)}</b>" if n == 0 else self._markup(cell), self._cell)
                for cell in row
            ]
            for n, row in enumerate(rows)
        ]  # fmt: skip
        style = [
            ("GRID", (0, 0), (-1, -1), 0.4, HexColor("#cccccc")),
            ("BACKGROUND", (0, 0), (-1, 0), HexColor("#f3f3f3")),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            *((f"{side}PADDING", (0, 0), (-1, -1), 3) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")),
        ]
        return Table(
            content, _column_widths(rows), repeatRows=1, style=style, hAlign="LEFT", spaceAfter=8, spaceBefore=2
        )

    def _markup(self, inline: Token) -> str:
        """Write a line of Markdown as ReportLab's paragraphs have it."""
        parts = []
        for token in inline.children or []:
            if token.type == "link_open":
                target = str(token.attrs["href"])
                is_here = target.removeprefix("#") in self._anchors
                parts.append(f'<a href="{html.escape(target)}" color="{BLUE}">' if is_here else "<a>")
            elif token.type in _MARKUP:
                parts.append(_MARKUP[token.type])
            else:
                parts.append(html.escape(pdf_text(token.content)))
        return "".join(parts)

    def _picture(self, name: str, width: float) -> Any:
        content = self._pictures[name]
        if isinstance(content, Plot):
            return _plot_drawing(content, width)
        return _jpeg_drawing(content, width)


_MARKUP = {
    "link_close": "</a>",
    "strong_open": "<b>",
    "strong_close": "</b>",
    "em_open": "<i>",
    "em_close": "</i>",
    "softbreak": " ",
}
_NO_PADDING = [(f"{side}PADDING", (0, 0), (-1, -1), 0) for side in ("LEFT", "RIGHT", "TOP")]


def _pictures_in(inline: Token) -> list[str]:
    return [str(each.attrs["src"]) for each in inline.children or [] if each.type == "image"]


def _plain(inline: Token) -> str:
    return "".join(each.content for each in inline.children or [])


def _column_widths(rows: Sequence[Sequence[Token]]) -> list[float]:
    """Give each column of a table what its longest text needs, all of them less where the sheet is too narrow."""
    from reportlab.pdfbase.pdfmetrics import stringWidth

    columns = list(zip(*rows, strict=True))
    fixed = [_THUMBNAIL_WIDTH + 7 if any(map(_pictures_in, column)) else 0.0 for column in columns]
    wanted = [
        max(min(stringWidth(pdf_text(_plain(cell)), "Helvetica-Bold", 8), 190) for cell in c) + 8 for c in columns
    ]
    words = sum(width for width, held in zip(wanted, fixed, strict=True) if not held)
    narrow = min(1.0, (_WIDTH - sum(fixed)) / words)
    return [held or width * narrow for width, held in zip(wanted, fixed, strict=True)]


def _jpeg_drawing(content: bytes | CellPicture, width: float) -> Any:
    """Draw a JPEG, with its cells where it has some, not wider than `width`."""
    from reportlab.lib.colors import HexColor
    from reportlab.lib.utils import ImageReader
    from reportlab.platypus import Flowable

    picture = ImageReader(io.BytesIO(content if isinstance(content, bytes) else content.jpeg))
    n_cols, n_rows = picture.getSize()
    scale = min(width / n_cols, _PICTURE_HEIGHT / n_rows)

    class Drawing(Flowable):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.width, self.height = n_cols * scale, n_rows * scale

        def wrap(self, *_: float) -> tuple[float, float]:
            return self.width, self.height + 4

        def draw(self) -> None:
            self.canv.drawImage(picture, 0, 4, self.width, self.height)
            if isinstance(content, bytes):
                return
            self.canv.bookmarkHorizontal(content.anchor, 0, self.height + 60)
            self.canv.translate(0, 4 + self.height)
            self.canv.scale(scale, -scale)
            for kind in CELL_TYPES:
                self._outline(content, kind, unsure=False)
                self._outline(content, kind, unsure=True)
            self.canv.setStrokeColor(HexColor("#000000"))
            self._lines(content.borders, 1.2)

        def _outline(self, cells: CellPicture, kind: CellType, *, unsure: bool) -> None:
            self.canv.setStrokeColor(HexColor(hex_colour(kind)))
            self.canv.setDash(3 / scale, 2 / scale) if unsure else self.canv.setDash()
            chosen = [each.points for each in cells.outlines if each.type == kind and each.is_unsure == unsure]
            self._lines(chosen, 1.4 if unsure else 0.7)
            self.canv.setDash()

        def _lines(self, polygons: Sequence[Any], points_wide: float) -> None:
            self.canv.setLineWidth(points_wide / scale)
            path = self.canv.beginPath()
            for polygon in polygons:
                (x, y), *others = polygon.round(1).tolist()
                path.moveTo(x, y)
                for x, y in others:
                    path.lineTo(x, y)
                path.close()
            self.canv.drawPath(path, stroke=1, fill=0)

    return Drawing()


def _plot_drawing(plot: Plot, width: float) -> Any:
    from reportlab.graphics.shapes import Drawing

    scale = min(1.0, width / plot.width)
    drawing = Drawing(plot.width * scale, plot.height * scale)
    drawing.transform = (scale, 0, 0, scale, 0, plot.height * scale)  # shapes are below the upper left corner
    for shape in plot.shapes:
        drawing.add(_SHAPES[type(shape)](shape))
    return drawing


def _line(line: Line) -> Any:
    from reportlab.graphics import shapes

    (x0, y0), (x1, y1) = line.start, line.end
    dash = [float(part) for part in line.dash.split()] or None
    colour = _colour(line.colour)
    return shapes.Line(x0, -y0, x1, -y1, strokeColor=colour, strokeWidth=1.5, strokeDashArray=dash)


def _stroke(stroke: Stroke) -> Any:
    from reportlab.graphics import shapes

    points = [part for x, y in stroke.points for part in (x, -y)]
    return shapes.PolyLine(points, strokeColor=_colour(INK), strokeWidth=1)


def _box(box: Rectangle) -> Any:
    from reportlab.graphics import shapes

    (x, y), colour = box.corner, _colour(box.colour)
    bottom = -y - box.height
    return shapes.Rect(
        x, bottom, box.width, box.height, fillColor=colour, fillOpacity=box.opacity, strokeColor=None, strokeWidth=0
    )


def _dot(dot: Dot) -> Any:
    from reportlab.graphics import shapes

    (x, y), colour = dot.centre, _colour(BLUE)
    return shapes.Circle(x, -y, Dot.RADIUS, fillColor=colour, fillOpacity=Dot.OPACITY, strokeColor=None)


def _words(words: Words) -> Any:
    from reportlab.graphics import shapes

    text = shapes.String(
        0, 0, pdf_text(words.text), fontName="Helvetica", fontSize=FONT_SIZE, fillColor=_colour(INK),
        textAnchor=words.anchor,
    )  # fmt: skip
    x, y = words.place
    group = shapes.Group(text)
    group.translate(x, -y)
    if words.upward:
        group.rotate(90)
    return group


_SHAPES: dict[type, Callable[[Any], Any]] = {Line: _line, Stroke: _stroke, Rectangle: _box, Dot: _dot, Words: _words}


def _colour(text: str) -> Any:
    from reportlab.lib.colors import HexColor

    return HexColor(text)
