"""Addresses within a lesson's pages, for whoever is at them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import template
from django.utils.html import format_html

register = template.Library()


@register.simple_tag(takes_context=True)
def address(context: dict[str, Any], name: str, *args: object, **asked: object) -> str:
    """Where a page of the lesson is, with what is asked for there; what is empty is left out."""
    found: str = context["acting"].address(name, *args)
    query = urlencode({key: value for key, value in asked.items() if value})
    return f"{found}?{query}" if query else found


@register.simple_tag(takes_context=True)
def sends_to(context: dict[str, Any], name: str, *args: object) -> str:
    """Where a form sends to, as a page and in place; nowhere, while somebody only looks."""
    if context["acting"].is_looking:
        return ""
    return format_html('action="{0}" hx-post="{0}"', context["acting"].address(name, *args))
