"""Looks: every class in a template has a rule, and every rule is for something that is there."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.conf import settings

pytestmark = pytest.mark.pure

# A browser's test finds an element by them.
HOOKS = {"misclassified__images--before", "station--*", "u-curve__mark", "wall__head", "words__state", "actions"}
# What Django's admin and its Select2 write into their own markup.
DJANGOS = ("action-", "field-", "select2-")
APPS = ("badges", "classroom", "dashboard", "downhill", "lessons", "office", "privacy")


def sources(ending: str) -> Iterator[str]:
    for folder in ("templates", *APPS):
        for path in sorted((settings.BASE_DIR / folder).rglob(f"*.{ending}")):
            yield path.read_text()


def with_a_rule() -> set[str]:
    css = (re.sub(r"/\*.*?\*/|\{[^{}]*\}", " ", text, flags=re.DOTALL) for text in sources("css"))
    return {name for text in css for name in re.findall(r"\.([a-z][\w-]*)", text)}


def worn() -> set[str]:
    """The classes in templates; of one that ends in a value, what stands before it."""
    found: set[str] = set()
    for text in sources("html"):
        for names in re.findall(r'class="((?:\{[{%].*?[}%]\}|[^"])*)"', text, re.DOTALL):
            named = re.sub(r"\{\{.*?\}\}", "*", re.sub(r"\{%.*?%\}", " ", names, flags=re.DOTALL), flags=re.DOTALL)
            found.update(re.sub(r"\*.*", "*", name) for name in named.split())
    return found - {"*"}


def is_for(rule: str, name: str) -> bool:
    """Tell whether a rule is for a class: its own, one of its variants or parts, or one of its values."""
    return (
        rule.startswith(name[:-1])
        if name.endswith("*")
        else rule == name or rule.startswith((f"{name}--", f"{name}__"))
    )


def test_every_class_has_a_rule() -> None:
    rules = with_a_rule()
    names = worn()
    assert len(names) > 400

    assert [name for name in sorted(names - HOOKS) if not any(is_for(rule, name) for rule in rules)] == []
    assert names >= HOOKS


def test_every_rule_is_for_something() -> None:
    rules = with_a_rule()
    values = tuple(name[:-1] for name in worn() if name.endswith("*"))
    written = {
        name for kind in ("html", "js", "py", "svg") for text in sources(kind) for name in re.findall(r"[\w-]+", text)
    }
    assert len(rules) > 400

    assert sorted(rule for rule in rules - written if not rule.startswith((*values, *DJANGOS))) == []
