"""Markdown to safe HTML. Authors are trusted with words, not with scripts."""

from __future__ import annotations

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
