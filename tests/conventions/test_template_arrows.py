"""An app's templates include, extend, load and link what is theirs or below them, as its modules import.

So do the addresses that its modules name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.conf import settings

pytestmark = pytest.mark.pure

ROOT = settings.BASE_DIR
TEMPLATES = ROOT / "templates"
FLOORS = {
    "classroom": 0,
    "experiments": 1,
    "lessons": 2,
    "rehearsal": 3,
    "badges": 3,
    "privacy": 4,
    "dashboard": 5,
    "office": 6,
    "downhill": 7,
}
# Everybody's ground, which stands on nothing else: the frame, the components, and the pages of accounts and refusals.
SHARED = ""
FOLDERS = {
    **{app: app for app in FLOORS},
    "activities": "lessons",
    "admin": "office",
    "components": SHARED,
    "account": SHARED,
    "mfa": SHARED,
}
LIBRARIES = {file.stem: app for app in FLOORS for file in (ROOT / app).glob("templatetags/*.py")}

_COMMENT = re.compile(r"{#.*?#}|{%-?\s*comment\b.*?endcomment\s*%}", re.DOTALL)
_NAMED = re.compile(r"""{%-?\s*(include|extends|url)\s+["']([^"']+)["']""")
_ADDRESS = re.compile(r"""["'](\w+):[\w-]*["']""")
_LOADED = re.compile(r"{%-?\s*load\s+([\w\s]+?)\s*-?%}")


def app_of(template: str) -> str:
    """The app that a template belongs to, by its folder; one that stands in none is everybody's."""
    folder, slash, __ = template.partition("/")
    return FOLDERS[folder] if slash else SHARED


def targets(text: str) -> Iterator[tuple[str, str]]:
    """What a template names that belongs to an app or to everybody: (what, app)."""
    text = _COMMENT.sub("", text)
    for tag, name in _NAMED.findall(text):
        if tag != "url":
            yield name, app_of(name)
        elif name.partition(":")[0] in FLOORS:
            yield name, name.partition(":")[0]
    for libraries in _LOADED.findall(text):
        yield from ((name, LIBRARIES[name]) for name in libraries.split() if name in LIBRARIES)


def arrows_up(template: str, text: str) -> list[str]:
    """What a template names that stands above it, or beside it in another app."""
    own = app_of(template)
    floor = FLOORS.get(own, -1)
    return [name for name, app in targets(text) if app not in (own, SHARED) and FLOORS[app] >= floor]


def test_templates_name_what_is_their_own_or_below() -> None:
    files = {str(file.relative_to(TEMPLATES)): file for file in sorted(TEMPLATES.rglob("*.html"))}
    assert len(files) > 80

    found = {name: arrows_up(name, file.read_text(encoding="utf-8")) for name, file in files.items()}

    assert {name: up for name, up in found.items() if up} == {}


@pytest.mark.parametrize(
    ("template", "text", "found"),
    [
        ("lessons/arc.html", '{% include "badges/_seal.html" with title=title %}', ["badges/_seal.html"]),
        ("lessons/arc.html", "{% url 'dashboard:student' slug pk %}", ["dashboard:student"]),
        ("lessons/arc.html", "{% load badges i18n %}", ["badges"]),
        ("components/rail.html", "{% url 'lessons:part' slug %}", ["lessons:part"]),
        ("base.html", '{% extends "lessons/frame.html" %}', ["lessons/frame.html"]),
        ("badges/part.html", '{% include "rehearsal/x.html" %}', ["rehearsal/x.html"]),
        ("activities/reading/page.html", "{% url 'lessons:check' slug %}", []),
        ("badges/part.html", '{% extends "base.html" %}{% include "lessons/_rail.html" %}{% url "home" %}', []),
        ("downhill/classes.html", "{% load badges i18n %}", []),
        ("lessons/arc.html", "{# {% url 'dashboard:student' slug pk %} #}", []),
    ],
)
def test_a_planted_arrow_is_found(template: str, text: str, found: list[str]) -> None:
    assert arrows_up(template, text) == found


def addresses_up(app: str, text: str) -> list[str]:
    """The apps above a module, or beside it, whose addresses it names."""
    return [name for name in _ADDRESS.findall(text) if name != app and FLOORS.get(name, -1) >= FLOORS[app]]


def test_modules_name_addresses_of_their_own_or_below() -> None:
    files = [(app, file) for app in FLOORS for file in sorted((ROOT / app).rglob("*.py"))]
    assert len(files) > 200

    found = {str(file.relative_to(ROOT)): addresses_up(app, file.read_text(encoding="utf-8")) for app, file in files}

    # A member is at their lessons, unless whoever makes the value says otherwise.
    assert {name: up for name, up in found.items() if up} == {"classroom/acting.py": ["lessons"]}


@pytest.mark.parametrize(
    ("app", "text", "found"),
    [
        ("badges", 'reverse("dashboard:student", args=[1])', ["dashboard"]),
        ("lessons", "redirect('badges:part', 1)", ["badges"]),
        ("badges", 'reverse("lessons:part", args=[1])', []),
        ("badges", 'reverse("badges:credential", args=[1])', []),
        ("downhill", 'STUDENT_URL = "dashboard:student"', []),
    ],
)
def test_a_planted_address_is_found(app: str, text: str, found: list[str]) -> None:
    assert addresses_up(app, text) == found
