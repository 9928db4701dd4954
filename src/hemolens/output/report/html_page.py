"""A page in Markdown → the same page in HTML, as one file that needs nothing else and is not let near any network."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hemolens.errors import quoted
from hemolens.output.entries import readable

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; display: block;
        overflow-x: auto; }
th, td { border: 1px solid #ccc; padding: .3rem .6rem; text-align: left; white-space: nowrap; }
th { background: #f3f3f3; }
img, svg { max-width: 100%; height: auto; }
"""

MOST_NAMES = 20
"""Of longer lists of photographs only so many names are printed."""

_ESCAPED = r"\\([!-/:-@\[-`{-~])"
"""In Markdown: punctuation that a backslash makes mean nothing but itself."""


def html_page(markdown: str, pictures: Mapping[str, bytes] | None = None, *, style: str = "", script: str = "") -> str:
    r"""Turn a page into one HTML file.

    Parameters
    ----------
    markdown : str
        CommonMark with tables; its first line is the title. HTML in it is shown as text.
    pictures : mapping of str to bytes, optional
        The files that the page shows, by the name that it calls them: ``.svg`` and ``.html`` files are put into the
        page as they are, others as JPEG.
    style, script : str, optional
        CSS and JavaScript of its own. No other styles and scripts are let in (Content Security Policy).

    Returns
    -------
    str

    Raises
    ------
    KeyError
        The page shows a picture that is not among them.

    Examples
    --------
    >>> "<h1>Counts</h1>" in html_page("# Counts")
    True
    >>> "<circle/>" in html_page("# Plot\n\n![dots](dots.svg)", {"dots.svg": b"<svg><circle/></svg>"})
    True

    """
    from markdown_it import MarkdownIt

    def picture(self: Any, tokens: Sequence[Any], index: int, options: Any, env: Any) -> str:
        name = str(tokens[index].attrs["src"])
        content = (pictures or {})[name]
        if name.endswith((".svg", ".html")):
            return content.decode()
        alt = html.escape(self.renderInlineAsText(tokens[index].children, options, env))
        data = base64.b64encode(content).decode()
        return f'<img alt="{alt}" src="data:image/jpeg;base64,{data}">'

    renderer = MarkdownIt("commonmark", {"html": False}).enable("table")
    renderer.add_render_rule("image", picture)
    body = renderer.render(markdown)
    title = html.escape(re.sub(_ESCAPED, r"\1", markdown.partition("\n")[0].lstrip("# ")))
    style = STYLE + style
    policy = (
        f"default-src 'none'; img-src data:; style-src {_source(style)}; script-src {_source(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f'<meta name="viewport" content="width=device-width">\n<title>{title}</title>\n<style>{style}</style>\n'
        f"</head>\n<body>\n{body}{f'<script>{script}</script>' if script else ''}</body>\n</html>\n"
    )


def _source(text: str) -> str:
    """Name a text of the page by its hash, as the policy wants it.

    >>> _source("")
    "'none'"
    """
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'" if text else "'none'"


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table in Markdown.

    Examples
    --------
    >>> print(markdown_table(["cell", "count"], [["red", "3"]]))
    | cell | count |
    | --- | --- |
    | red | 3 |

    """
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def markdown_text(text: str) -> str:
    r"""Write any text, such as a file name, so that Markdown shows it and does nothing else with it within a line.

    Control characters become escapes.

    Examples
    --------
    >>> print(markdown_text("a|b_<i>.jpg"))
    a\|b\_\<i\>.jpg

    """
    return re.sub(r"([\\`*_{}\[\]<>()#!|&~$^])", r"\\\1", readable(text))


def names_text(names: Sequence[str]) -> str:
    """List names, not more than :data:`MOST_NAMES`; control characters become escapes.

    Examples
    --------
    >>> names_text(["a.jpg", "b.jpg"])
    'a.jpg, b.jpg'
    >>> names_text(["a.jpg"] * 22)[-16:]
    'a.jpg and 2 more'

    """
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(quoted(name)[1:-1] for name in names[:MOST_NAMES]) + more
