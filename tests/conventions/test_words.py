"""Every visible sentence goes through gettext; nothing inline; no other host."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from django.conf import settings

from tests.conventions import words

pytestmark = pytest.mark.pure

ROOT = settings.BASE_DIR
TEMPLATES = words.files(ROOT, "templates/**/*.html")
APPS = ("downhill", "office", "dashboard", "privacy", "badges", "rehearsal", "lessons", "experiments", "classroom")
# The cells of notebooks are code for students to read, in the language of the notebook.
NOT_PAGES = {"migrations", "cells"}
MODULES = [file for app in APPS for file in words.files(ROOT / app, "**/*.py") if not NOT_PAGES & set(file.parts)]
ASSETS = [
    file
    for app in APPS
    for file in words.files(ROOT / app, *(f"**/static/**/*.{kind}" for kind in ("css", "js", "svg")))
]
# This machine, and the names of XML namespaces, which nobody fetches.
# That of purl.imsglobal.org and www.w3.org are names in credentials and drawings; nobody asks them anything.
OUR_HOSTS = {"127.0.0.1", "localhost", "www.w3.org", "purl.imsglobal.org"}
# Where a link leads. Only a student who follows it asks there; the page itself does not.
LINKED_HOSTS = {"lessons/activities/predict/schema.py": {"doi.org"}}


def found_in(files: Iterable[Path], scan: Callable[[str], Iterable[str]]) -> dict[str, list[str]]:
    """What a scanner finds, by the name of the file."""
    found = {str(file.relative_to(ROOT)): list(scan(file.read_text(encoding="utf-8"))) for file in files}
    return {name: texts for name, texts in found.items() if texts}


def test_there_is_something_to_scan() -> None:
    assert len(TEMPLATES) > 15
    assert len(MODULES) > 30
    assert len(ASSETS) > 5


def test_every_sentence_of_a_template_goes_through_gettext() -> None:
    assert found_in(TEMPLATES, words.untranslated) == {}


def test_a_template_holds_no_script_and_no_style() -> None:
    assert found_in(TEMPLATES, words.inline_code) == {}


def test_every_refusal_label_and_kept_sentence_goes_through_gettext() -> None:
    assert found_in(MODULES, words.bare_sentences) == {}


def test_no_file_names_another_host() -> None:
    found = found_in(TEMPLATES + MODULES + ASSETS, lambda text: words.other_hosts(text, OUR_HOSTS))

    assert {name: set(hosts) for name, hosts in found.items()} == LINKED_HOSTS


def test_what_is_found_is_told_with_the_name_of_its_file(tmp_path: Path) -> None:
    planted = ROOT / "manage.py"

    assert found_in([planted], lambda text: text.splitlines()[:1]) == {"manage.py": ["#!/usr/bin/env python"]}


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("<p>Well done</p>", ["Well", "done"]),
        ("<p>{% if ready %}Ready{% endif %}</p>", ["Ready"]),
        ('<p class="lead">{{ name }}, gut gemacht</p>', ["gut", "gemacht"]),
        ('<button aria-label="Close">×</button>', ["Close"]),
        ('<input placeholder="{{ hint }} or so">', ["or", "so"]),
        ('<img alt="A slope" src="x.svg">', ["slope"]),
        ("<p>{% translate 'Well done' %}</p>", []),
        ("<p>{% blocktranslate count n=n %}{{ n }} try{% plural %}{{ n }} tries{% endblocktranslate %}</p>", []),
        ("<p>{# Well done #}{% comment %}Well done{% endcomment %}</p>", []),
        ('<a class="button" href="{% url "home" %}" title="{% translate \'Home\' %}">Downhill · w = 4 → x</a>', []),
    ],
)
def test_the_scanner_finds_a_planted_sentence(template: str, found: list[str]) -> None:
    assert words.untranslated(template) == found


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("<script>alert(1)</script>", ["<script>"]),
        ("<style>p {}</style>", ["<style>"]),
        ('<p style="color: red">', ["<p style>"]),
        ('<p onclick="go()">', ["<p onclick>"]),
        ('<p hx-on:click="go()">', ["<p hx-on:click>"]),
        ('<script type="module" src="{% static \'a.js\' %}"></script>', []),
    ],
)
def test_the_scanner_finds_planted_inline_code(template: str, found: list[str]) -> None:
    assert words.inline_code(template) == found


@pytest.mark.parametrize(
    ("module", "found"),
    [
        ("raise NotFound('No such class.')", ["'No such class.'"]),
        ("raise refusals.Conflict(f'{n} are too many')", ["f'{n} are too many'"]),
        ("forms.CharField(label='Name')", ["'Name'"]),
        ("raise NotFound(_('No such class.'))", []),
        ("TAKEN_BACK = 'It was taken back.'", ["'It was taken back.'"]),
        ("SAID = {'yes': ('Well done, you!', _('Not yet.'))}", ["'Well done, you!'"]),
        ("SAID: str = gettext_noop('Well done, you!')", []),
        ("COLUMNS = ('entered from paper', 'as it is.')", []),
        ("def said():\n    kept = 'It was taken back.'", []),
    ],
)
def test_the_scanner_finds_a_planted_refusal_or_kept_sentence(module: str, found: list[str]) -> None:
    assert list(words.bare_sentences(module)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('<script src="https://cdn.example.com/a.js">', ["cdn.example.com"]),
        ('<link href="//fonts.example.com/f.css">', ["fonts.example.com"]),
        ("fetch(`http://127.0.0.1:8000/`)", []),
        ('f"http://{host}:{port}"', []),
    ],
)
def test_the_scanner_finds_a_planted_host(text: str, found: list[str]) -> None:
    assert words.other_hosts(text, OUR_HOSTS) == found
