"""The data map knows every table, and every column that could say something of a person."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.db import models

from classroom.models import LearningEvent, Membership, User
from privacy import data_map, erasure
from tests.privacy import data_map_table

pytestmark = pytest.mark.pure

BY_MODEL = {each.model: each for each in data_map.MAP}
TABLES = [model for model in apps.get_models(include_auto_created=True) if not model.__module__.startswith("tests.")]
TEXTS = (models.CharField, models.TextField, models.JSONField, models.GenericIPAddressField)


def could_tell(model: type[models.Model]) -> set[str]:
    """Columns in which a person could be named or described: people, texts that are free, addresses."""
    found = set()
    for field in model._meta.concrete_fields:
        is_person = field.is_relation and field.related_model in (User, Membership)
        if is_person or (isinstance(field, TEXTS) and not field.choices):
            found.add(field.name)
    return found


def test_every_table_is_on_the_map_once() -> None:
    labels = {model._meta.label for model in TABLES}

    assert labels - {*BY_MODEL, *data_map.OF_NOBODY} == set()
    assert len(BY_MODEL) == len(data_map.MAP)
    assert not set(BY_MODEL) & data_map.OF_NOBODY
    # What is not there yet belongs to an app that is not.
    installed = {config.label for config in apps.get_app_configs()}
    gone = {label for label in {*BY_MODEL, *data_map.OF_NOBODY} - labels if label.partition(".")[0] in installed}
    assert gone == set()


@pytest.mark.parametrize("model", TABLES, ids=lambda model: model._meta.label)
def test_every_column_that_could_name_somebody_is_named(model: type[models.Model]) -> None:
    if model._meta.label in data_map.OF_NOBODY:
        assert not any(field.related_model in (User, Membership) for field in model._meta.concrete_fields)
        return
    row = BY_MODEL[model._meta.label]

    assert could_tell(model) - {*row.names, *row.plain} == set()
    assert {*row.names, *row.plain} - {field.name for field in model._meta.concrete_fields} == set()


def test_a_column_that_is_missing_would_be_found() -> None:
    assert could_tell(LogEntry) == {"user", "object_id", "object_repr", "change_message"}
    assert could_tell(LearningEvent) == {"membership", "kind", "facts"}


def test_every_link_to_a_person_is_one_that_an_erasure_knows() -> None:
    """What hangs on a person or a place goes with it, or says by number who did something. There is no third way."""
    known = {
        *erasure.pointing_at(User, models.CASCADE),
        *erasure.pointing_at(Membership, models.CASCADE),
        *erasure.pointing_at(Membership, models.SET_NULL),
        *erasure.pointing_at(User, models.SET_NULL),
    }
    links = {
        (model, field.name)
        for model in TABLES
        for field in model._meta.concrete_fields
        if field.is_relation and field.related_model in (User, Membership)
    }

    assert {(model._meta.label, name) for model, name in links - known} == set()


def test_the_paper_shows_the_map() -> None:
    text = data_map_table.FILE.read_text(encoding="utf-8")

    assert text == data_map_table.page(text), "say: make data-map"
