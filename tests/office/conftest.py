"""Whoever opens the admin site."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from classroom.models import Cohort, Membership, Role, User
from office import roles
from tests.factories import MembershipFactory, UserFactory


@pytest.fixture
def desk(db: None, client_of: Callable[[User], Client]) -> Client:
    """A superuser's browser."""
    return client_of(UserFactory(username="ada", is_staff=True, is_superuser=True))


@pytest.fixture
def desk_of(db: None, client_of: Callable[[User], Client]) -> Callable[..., Client]:
    """The browser of somebody with a role; a class admin teaches the class that is given."""

    def open_as(role: str, cohort: Cohort | None = None) -> Client:
        user = UserFactory()
        roles.give(user, role)
        if cohort is not None:
            MembershipFactory(user=user, cohort=cohort, role=Role.INSTRUCTOR)
        return client_of(user)

    return open_as


def seen_on(client: Client, address: str) -> str:
    """What the page of a row says that it shows."""
    page = client.get(address).text
    found = re.search(r'name="seen" value="([^"]*)"', page)
    assert found is not None, page
    return unescape(found[1])


def as_shown(client: Client, address: str) -> dict[str, Any]:
    """The form of a row, as a browser would send it back untouched."""
    seen = seen_on(client, address)
    sent = {name: value for name, value in json.loads(seen).items() if value not in (False, "", None)}
    return sent | {"seen": seen}


@pytest.fixture
def admin_of(client_of: Callable[[User], Client], instructor: Membership) -> Client:
    """The browser of somebody who teaches the class and is its admin."""
    roles.give(instructor.user, roles.CLASS_ADMIN.key)
    return client_of(instructor.user)
