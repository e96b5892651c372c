"""Completeness of pictures: a kind of run that has none is named by `manage.py check`, before a run is to be drawn."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.checks import CheckMessage, Error
from django.template import TemplateDoesNotExist
from django.template.loader import get_template

import experiments.registry
from lessons.activities.experiment.pictures import registry

HINT = (
    "The picture of a kind is a module in lessons/activities/experiment/pictures/, its template, and a row in "
    "registry.py there: see CONTRIBUTING.md."
)


def check(**kwargs: object) -> list[CheckMessage]:
    """Django's check: each kind of run has a picture with a template, and each picture a kind."""
    return [Error(problem, hint=HINT, id="lessons.E002") for problem in _problems()]


def _problems() -> Iterator[str]:
    for kind in experiments.registry.names():
        if kind not in registry.types():
            yield f"kind of run “{kind}” has no picture"
    for kind, pictures in registry.types().items():
        if kind not in experiments.registry.names():
            yield f"there is a picture of runs of kind “{kind}”, and no such kind"
        try:
            get_template(pictures.template)
        except TemplateDoesNotExist:
            yield f"the picture of kind of run “{kind}” names a template that is not there: {pictures.template}"
