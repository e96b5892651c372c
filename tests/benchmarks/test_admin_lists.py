"""What every list and page of the admin site costs a school of 100,000 people.

`make bench ARGS="tests/benchmarks/test_admin_lists.py"`, with DATABASE_URL on PostgreSQL too. Milliseconds are those of
the page in this process, the quicker of three.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from badges.models import Award
from classroom.models import Cohort, CohortVersion, LearningEvent, Look, Membership, User
from experiments.models import Run, RunRequest
from lessons.models import Prediction, Reconciliation, Review, Submission
from tests.factories import UserFactory

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db]
PEOPLE, CLASSES, EVENTS, SUBMISSIONS, RUNS, ACTS = 100_000, 2_000, 600_000, 200_000, 20_000, 100_000
LOOKS = 200_000
MOST_MS, MOST_QUERIES = 300, 12
KINDS = ("part_done", "cohort_joined", "reviewed", "password_reset", "badge_awarded", "prediction_sealed")


def store(rows: Iterator[Model]) -> None:
    while batch := list(islice(rows, 5000)):
        type(batch[0])._default_manager.bulk_create(batch)  # type: ignore[attr-defined]  # of a model


def fill() -> None:
    place = {"lesson": "data-rules-everything", "activity": "rates", "item": "half-a"}
    store(User(username=f"user{n:06}", display_name=f"Person {n}", password="!") for n in range(PEOPLE))
    store(Cohort(slug=f"c{n}", name=f"Class {n:04}", join_code=f"{n:04}-ABCD") for n in range(CLASSES))
    cohorts, users = (list(model.objects.values_list("pk", flat=True)) for model in (Cohort, User))
    store(CohortVersion(cohort_id=pk) for pk in cohorts)
    store(Membership(user_id=user, cohort_id=cohorts[n % CLASSES]) for n, user in enumerate(users))
    members = list(Membership.objects.order_by("pk").values_list("pk", flat=True))

    def of(n: int) -> int:
        return members[n * 7919 % PEOPLE]

    # The last kind is rare.
    store(
        LearningEvent(membership_id=of(n), kind=KINDS[n % 5] if n % 100_000 else KINDS[5], facts={"n": n})
        for n in range(EVENTS)
    )
    store(
        Submission(
            membership_id=of(n),
            client_id=uuid.uuid4(),
            lesson=place["lesson"],
            activity="by-hand",
            step=1,
            answer={"w": "1"},
            reply={},
            accepted=True,
            is_try=True,
        )
        for n in range(SUBMISSIONS)
    )
    store(
        Review(submission_id=pk, decision="approved") for pk in Submission.objects.values_list("pk", flat=True)[:50_000]
    )
    store(Reconciliation(membership_id=pk, **place) for pk in members[::2])
    store(
        Prediction(
            membership_id=pk, client_id=uuid.uuid4(), round=1, choice="a", confidence="guess", counts="vote", **place
        )
        for pk in members
    )
    store(Award(membership_id=pk, badge="data-scientist", token="x") for pk in members[::2])
    store(Run(kind="blame", params={}, seed=n, fingerprint=f"{n:064}", state="queued") for n in range(RUNS))
    store(
        RunRequest(membership_id=of(n), run_id=pk)
        for n, pk in enumerate(Run.objects.values_list("pk", flat=True).iterator())
    )
    kind = ContentType.objects.get_for_model(User).pk
    store(
        LogEntry(
            user_id=users[n % 20],
            content_type_id=kind,
            object_id=str(users[n]),
            object_repr=f"Person {n}",
            action_flag=CHANGE,
            change_message="Changed.",
        )
        for n in range(ACTS)
    )
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    store(
        Look(viewer_id=users[n % 50], membership_id=of(n), kind=Look.Kind.PAGE, at=now - timedelta(hours=n // PEOPLE))
        for n in range(LOOKS)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def addresses(client: Client) -> Iterator[tuple[str, str]]:
    """What is asked, and in words what it is."""
    from django.contrib import admin

    cohort = Cohort.objects.get(slug="c1000").pk
    person = User.objects.get(username="user050000").pk
    yield "/admin/", "index"
    for model, desk in admin.site._registry.items():
        here = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        yield here, "list"
        page = client.get(here)
        yield here + (page.context["cl"].older or ""), "second page"
        last = Any if not page.context["cl"].older else client.get(here).context["cl"]
        if desk.search_fields:
            yield f"{here}?q=nobody-has-this", "search without a find"
            yield f"{here}?q=50", "search"
        names = {getattr(each, "parameter_name", "") for each in desk.list_filter}
        if "class" in names:
            yield f"{here}?class={cohort}", "by class"
        if "person" in names:
            yield f"{here}?person={person}", "by person"
        if model is Look:
            yield f"{here}?kind=data", "by a kind that is not there"
            yield f"{here}?by={person}", "by who looked"
        if model is LearningEvent:
            yield f"{here}?kind={KINDS[5]}", "by a rare kind"
            yield f"{here}?kind=code_changed", "by a kind that is not there"
        if last is not Any and last.result_list:
            pk = last.result_list[0].pk
            yield f"{here}{pk}/change/", "page"
            yield f"{here}{pk}/history/", "history"
    for field, term in (("user", "user0999"), ("user", "zzz"), ("cohort", "1999")):
        yield (
            f"/admin/autocomplete/?app_label=classroom&model_name=membership&field_name={field}&term={term}",
            "found by typing",
        )


def far_away(client: Client, here: str) -> str:
    """The page before the last one: from the end backwards."""
    middle = client.get(here).context["cl"]
    return here + (middle.older or "")


def test_every_list_and_page_of_a_large_school_is_quick() -> None:
    fill()
    client = Client()
    ada = UserFactory(username="ada", is_staff=True, is_superuser=True)
    client.force_login(ada, "allauth.account.auth_backends.AuthenticationBackend")
    slow = []
    print(f"\n{connection.vendor}: {PEOPLE} people, {CLASSES} classes, {EVENTS} events; ms, queries")
    for address, what in addresses(client):
        times = []
        for __ in range(3):
            with CaptureQueriesContext(connection) as asked:
                began = time.perf_counter()
                answer = client.get(address)
                times.append(1000 * (time.perf_counter() - began))
            assert answer.status_code == 200, address
        ms = min(times)
        print(f"{ms:7.0f} {len(asked):3}  {what:26} {address[:90]}")
        if ms > MOST_MS or len(asked) > MOST_QUERIES:
            slow.append(
                (
                    address,
                    round(ms),
                    len(asked),
                    [q["sql"][:300] for q in asked.captured_queries if float(q["time"]) > 0.1],
                )
            )

    assert slow == []
