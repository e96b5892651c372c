"""Pictures of a lesson: small drawings beside lesson.yaml, as SVG that takes its colours from the page.

A page holds a picture as it is, so that it changes with the theme. What it may be made of is therefore short: shapes,
text, and classes that the house's stylesheet knows.
"""

from __future__ import annotations

from xml.etree import ElementTree

SVG = "{http://www.w3.org/2000/svg}"
ELEMENTS = frozenset({"svg", "g", "path", "line", "circle", "rect", "text"})
ATTRIBUTES = frozenset(
    {"viewBox", "class", "transform", "d", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "width", "height"}
)
LARGEST = 40_000  # characters: it is sent with the page


class BadPicture(ValueError):
    """A picture that a page does not take; the message says why."""


def as_html(text: str, says: str) -> str:
    """Picture as HTML, with its words for whoever does not see it.

    Raises
    ------
    BadPicture
        If it is no SVG, is too large, or holds more than shapes, text and classes.
    """
    if len(text) > LARGEST:
        raise BadPicture(f"has {len(text)} characters; a page takes {LARGEST}")
    if "<!" in text:
        raise BadPicture("holds a declaration or a comment; leave these out")
    try:
        tree = ElementTree.fromstring(text)  # noqa: S314  # the author's, and no declarations
    except ElementTree.ParseError as error:
        raise BadPicture(f"is not SVG: {error}") from error
    if (name := tree.tag.removeprefix(SVG)) != "svg":
        raise BadPicture(f"is a <{name}>; a page takes an <svg>")
    for element in tree.iter():
        name = element.tag.removeprefix(SVG)
        if name not in ELEMENTS:
            raise BadPicture(f"holds <{name}>; a page takes {', '.join(sorted(ELEMENTS))}")
        if unknown := sorted(set(element.attrib) - ATTRIBUTES):
            raise BadPicture(f"<{name}> has {unknown[0]}; a page takes {', '.join(sorted(ATTRIBUTES))}")
        element.tag = name
    tree.set("class", "picture")
    tree.set("role", "img")
    tree.set("aria-label", says)
    return ElementTree.tostring(tree, encoding="unicode")
