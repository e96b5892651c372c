"""What an archived class shows in the place of what would be new in it."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.loader import render_to_string

register = template.Library()


@register.simple_block_tag(takes_context=True)
def unless_archived(context: dict[str, Any], content: str, *, quiet: bool = False) -> str:
    """What brings something new into a class; in an archived one the sentence in its place, or if `quiet` nothing."""
    membership = context["membership"]
    if not membership.cohort.archived:
        return content
    return "" if quiet else render_to_string("components/archived.html", {"membership": membership})
