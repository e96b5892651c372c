"""Markdown to safe HTML. Authors are trusted with words, not with scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator

import nh3
from markdown_it import MarkdownIt

_parser = MarkdownIt("commonmark", {"html": False, "typographer": False}).enable("table")
_TAGS = {
    *("p", "em", "strong", "code", "pre", "blockquote", "ul", "ol", "li", "hr", "br", "a"),
    *("h2", "h3", "h4", "table", "thead", "tbody", "tr", "th", "td"),
}


def to_html(text: str) -> str:
    """Render a Markdown document."""
    return nh3.clean(_parser.render(text), tags=_TAGS, attributes={"a": {"href"}, "ol": {"start"}})


def to_inline_html(text: str) -> str:
    """Render one line of Markdown without a surrounding paragraph."""
    return nh3.clean(_parser.renderInline(text), tags={"em", "strong", "code"}, attributes={})


def unshown(text: str) -> Iterator[tuple[int, str]]:
    """What of a document no page shows as it was meant, with the line in which its paragraph begins."""
    if not text.strip():
        yield 1, "is empty"
    for block in _parser.parse(text):
        line = (block.map or [0])[0] + 1
        for piece in block.children or ():
            if piece.type == "image":
                yield line, "has a picture, which is left out; a part has room for one, as SVG: its `picture`"
            elif piece.type == "text" and (found := re.search(r"</?[a-z][^>]*>", piece.content)):
                yield line, f"has {found[0]}, which is shown as it is written: texts are Markdown, not HTML"
