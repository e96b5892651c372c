"""Ask every address, by every method, as everybody; hold the answers against the table."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from badges import credentials, keys
from badges.models import Award
from classroom import cards, classes, looks, services, tokens
from classroom.models import Cohort, Invitation, LearningEvent, Look, Membership, Role, Token, User
from dashboard import ready
from experiments.models import Run
from lessons.models import Prediction, Reconciliation, Review, Submission
from tests.conventions.permission_table import DOOR, LOG_IN, METHODS, ROLES, Row
from tests.factories import PASSWORD, CohortFactory, MembershipFactory, UserFactory

DOORS = {"/accounts/login/": LOG_IN, "/admin/login/": DOOR}


@dataclass(frozen=True)
class World:
    """Two classes with everybody in them, and a browser for each role."""

    clients: dict[str, Client]
    names: dict[str, Any]


def build_world() -> World:
    ours, other = CohortFactory(slug="ours", join_code="ACDE-3467"), CohortFactory(slug="other")
    student = MembershipFactory(cohort=ours)
    people = {
        "student": student.user,
        "other_student": MembershipFactory(cohort=other).user,
        "instructor": MembershipFactory(cohort=ours, role=Role.INSTRUCTOR).user,
        "other_instructor": MembershipFactory(cohort=other, role=Role.INSTRUCTOR).user,
        "admin": UserFactory(is_staff=True, is_superuser=True),
    }
    clients = {role: Client(raise_request_exception=False) for role in ROLES}
    for role, user in people.items():
        clients[role].force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
    return World(clients, _names(ours, student))


def _names(ours: Cohort, student: Membership) -> dict[str, Any]:
    tokens.make(student.user)
    return {
        "token": Token.objects.get().pk,
        "lesson": "data-rules-everything",
        "part": "by-hand",
        "activity": "by-hand",
        "password": PASSWORD,
        "content_type": ContentType.objects.get_for_model(User).pk,
        "cohort": ours.slug,
        "run": "5f3a1c9e-0000-4000-8000-00000000000a",
        "made_run": Run.objects.create(kind="blame", params={}, seed=0, fingerprint="made").pk,
        "award": awarded(student).uuid,
        "award_id": Award.objects.get().pk,
        "submission": (sent := _sent(student)).pk,
        "review": Review.objects.create(submission=sent, decision=Review.Decision.APPROVED).pk,
        "prediction": _predicted(student).pk,
        "look": _looked(student).pk,
        "entry": _logged(student.user).pk,
        "key": keys.name_of(keys.signing_key().kid),
        "code": ours.join_code,
        "invitation": Invitation.objects.create(cohort=ours, expires_at=timezone.now() + classes.INVITED_FOR).code,
        "card": cards.make([MembershipFactory(cohort=ours).user])[0].key,
        "phone": ready.phone_token(Membership.objects.get(cohort=ours, role=Role.INSTRUCTOR), "a browser"),
        "student": student.pk,
        "removed": _removed(ours).pk,
        "classmate": MembershipFactory(cohort=ours).pk,
        "username": student.user.username,
        "user_id": student.user_id,
        "cohort_id": ours.pk,
        "event_id": LearningEvent.objects.filter(membership=student).values_list("pk", flat=True).get(),
    }


def _removed(ours: Cohort) -> Membership:
    left = MembershipFactory(cohort=ours)
    services.remove(MembershipFactory(cohort=ours, role=Role.INSTRUCTOR), left)
    return left


def awarded(student: Membership) -> Award:
    award = Award(pk=1, membership=student, badge="data-scientist")
    award.token = credentials.signed(award)
    award.save(force_insert=True)
    return award


def _sent(student: Membership) -> Submission:
    return Submission.objects.create(
        membership=student,
        client_id=uuid.uuid4(),
        lesson="data-rules-everything",
        activity="u-curve-explain",
        step=1,
        answer={"text": "Because new dots lie elsewhere."},
        reply={},
        accepted=True,
        is_try=True,
    )


def _predicted(student: Membership) -> Prediction:
    """A prediction whose reveal was seen, in a lesson that is not the class's."""
    place = {"membership": student, "lesson": "gone", "activity": "gone", "item": "gone"}
    Reconciliation.objects.create(**place)
    return Prediction.objects.create(
        **place, client_id=uuid.uuid4(), round=1, choice="a", confidence="guess", counts="own_pace"
    )


def _looked(student: Membership) -> Look:
    looks.at_members(UserFactory(), Look.Kind.PAGE, [student.pk])
    return Look.objects.get()


def _logged(user: User) -> LogEntry:
    about = ContentType.objects.get_for_model(User).pk
    return LogEntry.objects.create(
        user=user, content_type_id=about, object_id=user.pk, object_repr="Sam", action_flag=CHANGE
    )


def addresses(urlconf: str | None = None) -> Iterator[tuple[str, str]]:
    """Give (name, pattern) of every address; the name of one without a name is its pattern."""
    yield from _walk(get_resolver(urlconf), "", "")


def _walk(resolver: URLResolver, prefix: str, space: str) -> Iterator[tuple[str, str]]:
    for item in resolver.url_patterns:
        pattern = prefix + str(item.pattern)
        if isinstance(item, URLPattern):
            yield (f"{space}{item.name}" if item.name else pattern), pattern
        else:
            yield from _walk(item, pattern, f"{space}{item.namespace}:" if item.namespace else space)


def without_row(rows: tuple[Row, ...], urlconf: str | None = None) -> list[str]:
    """Name the addresses that no row speaks of."""
    return sorted({name for name, _pattern in addresses(urlconf)} - {row.name for row in rows})


def without_address(rows: tuple[Row, ...]) -> list[str]:
    """Name the rows that speak of no address."""
    return sorted({row.name for row in rows} - {name for name, _pattern in addresses()})


def answers(world: World, row: Row, method: str) -> tuple[str | int, ...]:
    """Ask one address by one method as everybody; what that changes is undone after each."""
    return tuple(in_short(ask(world, row, method, role)) for role in ROLES)


def meaning(row: Row, body: dict[str, Any] | None) -> Row:
    """Give a row that posts something else."""
    return replace(row, body=body) if body else row


def ask(world: World, row: Row, method: str, role: str) -> Any:
    """Ask one address by one method as somebody; what that changes is undone."""
    sent = {"data": _filled(row.body, world.names)} if method == "POST" and row.body else {}
    if "/api/" in row.path:
        sent["content_type"] = "application/json"
    client = world.clients[role]
    cookies = copy.deepcopy(client.cookies)
    undone = transaction.atomic()
    undone._from_testcase = True  # a password may be hashed in it
    with undone:
        answer = getattr(client, method.lower())(row.path.format(**world.names), **sent)
        transaction.set_rollback(True)
    client.cookies = cookies
    return answer


def _filled(body: dict[str, Any], names: dict[str, Any]) -> dict[str, Any]:
    return {key: value.format(**names) if isinstance(value, str) else value for key, value in body.items()}


def in_short(answer: HttpResponseBase) -> str | int:
    door = answer.get("Location", "").partition("?")[0]
    return DOORS.get(door, answer.status_code)


def mismatches(world: World, row: Row) -> list[str]:
    """Say in which cells a row and the real answers differ."""
    found = []
    for method in METHODS:
        for role, expected, got in zip(ROLES, row.expected(method), answers(world, row, method), strict=True):
            if got != expected:
                found.append(f"{method} {row.path} as {role}: {got}, and the table says {expected}")
    return found
