"""Nothing that is kept of a person is forgotten in their own file: it is in it, or there is a reason why not."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import models

from classroom.models import Membership, User
from privacy.person_rows import NO_COLUMN, NO_SECTION, SECTIONS, UNRELATED

pytestmark = pytest.mark.pure

# Of nobody: classes, content, what is computed, what may be done.
NOBODYS = {
    "auth.Group",
    "auth.Group_permissions",
    "auth.Permission",
    "badges.RevokedNumber",
    "classroom.Cohort",
    "classroom.CohortVersion",
    "classroom.Rehearsal",
    "contenttypes.ContentType",
    "experiments.Run",
    "experiments.WorkerSign",
    "lessons.Stage",
}


def every_model() -> list[type[models.Model]]:
    return list(apps.get_models(include_auto_created=True))


def related() -> dict[str, type[models.Model]]:
    """Every relation that leads to a person, over however many others, with the model that has it."""
    of_people: set[Any] = {User, Membership, *(section.model for section in SECTIONS)}
    found: dict[str, type[models.Model]] = {}
    while True:
        before = len(found)
        for model in every_model():
            for field in model._meta.fields:
                if field.is_relation and field.related_model in of_people:
                    found[f"{model._meta.label}.{field.name}"] = model
                    of_people.add(model)
        if len(found) == before:
            return found


def test_every_relation_to_a_person_is_in_their_file_or_has_a_reason() -> None:
    told = {f"{section.model._meta.label}.{path.split('__')[0]}" for section in SECTIONS for path in section.paths}

    assert len(related()) > 30
    assert set(related()) - told == set(NO_SECTION)


def test_every_other_model_is_nobodys_or_is_told_by_name() -> None:
    others = {model._meta.label for model in every_model()} - {model._meta.label for model in related().values()}

    assert others == NOBODYS | set(UNRELATED) | {"classroom.User", "axes.AccessAttempt"}
    assert {User, apps.get_model("axes.AccessAttempt")} <= {section.model for section in SECTIONS}


def test_every_column_of_what_is_in_the_file_is_in_it_or_has_a_reason() -> None:
    told: set[str] = set()
    for section in SECTIONS:
        paths = (*section.paths, *(column.path for column in section.columns))
        told |= {f"{section.model._meta.label}.{path.split('__')[0]}" for path in paths}
    columns = {
        f"{section.model._meta.label}.{field.name}"
        for section in SECTIONS
        for field in section.model._meta.fields
        if not field.primary_key and section.model is not User.groups.through
    }

    assert columns - told - set(NO_SECTION) == set(NO_COLUMN)


def test_names_are_told_apart_and_every_exception_says_why() -> None:
    names = [section.name for section in SECTIONS]

    assert len(set(names)) == len(names)
    for section in SECTIONS:
        assert len({column.name for column in section.columns}) == len(section.columns), section.name
    assert all(NO_SECTION.values())
    assert all(NO_COLUMN.values())
