"""Completeness of activity types: whatever one lacks is named when Downhill starts, and by `manage.py check`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from django.contrib.staticfiles import finders
from django.core.checks import CheckMessage, Error
from django.template import TemplateDoesNotExist
from django.template.loader import get_template

from lessons import catalogue
from lessons.activities import base

FOLDER = Path(__file__).parent
# What each type says itself: nothing that holds for all would do.
OWN = {"page": "how its page is laid out", "grade": "how an answer is graded", "note": "what the grid's cell says"}
SAMPLER = "sampler"


def check(**kwargs: object) -> list[CheckMessage]:
    """Django's check: every type has all its pieces, and every folder of a type its row."""
    types = base.types()
    wrong = [f"activity type “{key}” {problem}" for key, kind in types.items() for problem in problems(kind)]
    folders = {file.parent.name for file in FOLDER.glob("*/*.py")}
    wrong += [f"activity type “{key}” has a folder, and no row in the registry" for key in sorted(folders - set(types))]
    return [Error(problem, id="lessons.E001") for problem in wrong]


def problems(kind: base.AnyType) -> Iterator[str]:
    """What a type lacks, each as the end of a sentence about it."""
    for name, what in OWN.items():
        if getattr(type(kind), name) is getattr(base.ActivityType, name) and name not in kind.has_none:
            yield f"does not say {what}: `{name}`"
    for name in ("template", "aside_template"):
        template = getattr(kind, name, None)
        if template is None:
            yield f"has no `{name}`"
        elif template and not _is_there(template):
            yield f"names a template that is not there: {template}"
    for name in kind.media.names:
        if finders.find(name) is None:
            yield f"names a static file that is not there: {name}"
    sampler = catalogue.get(SAMPLER)
    if sampler is not None and not any(activity.type == kind.key for activity in sampler.lesson.activities):
        yield "has no example in the sampler"


def _is_there(template: str) -> bool:
    try:
        get_template(template)
    except TemplateDoesNotExist:
        return False
    return True
