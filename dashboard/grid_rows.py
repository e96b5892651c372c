"""Rows of the grid as HTML. Many cells of a class look alike: each look is drawn once, for all who have it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from django.template.loader import get_template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from dashboard.grid import SHAPES, GridRow

# Whose row it is, in what is drawn for all: characters that have no meaning and are on no keyboard.
WHO, NAMED = "\ue000", "\ue001"


def as_html(rows: Sequence[GridRow], *, base: str, lesson: str) -> SafeString:
    """Draw the rows of a grid.

    Parameters
    ----------
    base : what the addresses of the students' pages begin with
    """
    about = {"who": WHO, "named": NAMED, "base": base, "lesson": lesson}
    head, cell = get_template("dashboard/_row_head.html"), get_template("dashboard/_cell.html")

    @cache
    def head_of(is_here: bool) -> str:
        return head.render({**about, "is_here": is_here})

    @cache
    def cell_like(part: str, shape: str, note: str) -> str:
        return cell.render({**about, "part": part, "shape": shape, "label": SHAPES[shape], "note": note})

    def row_of(row: GridRow) -> str:
        looks = "".join(cell_like(each.part, each.shape, each.note) for each in row.cells)
        drawn = f'<tr id="row-{WHO}">{head_of(row.is_here)}{looks}</tr>\n'.replace(WHO, str(row.id))
        return drawn.replace(NAMED, escape(row.name), 1)

    return mark_safe("".join(map(row_of, rows)))  # noqa: S308 - drawn by templates, and the names are escaped
