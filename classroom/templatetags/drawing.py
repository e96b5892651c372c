"""Pieces of a page that are the same for whoever looks at them."""

from __future__ import annotations

from functools import partial

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from classroom.languages import in_each_language

register = template.Library()


# A kilobyte each: cells, charts, and for each class the stops of the rail, on each of its pages.
@register.simple_tag
@partial(in_each_language, most=4096)
def drawn(name: str, **facts: object) -> SafeString:
    """A template that asks for nothing but these frozen facts: most of a class looks at the same few."""
    return render_to_string(name, facts)
