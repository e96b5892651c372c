"""Who is erased is nowhere any more, and what others did stays whole."""

from __future__ import annotations

import io
import logging
import logging.config
import uuid
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings as configured
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

import badges.services
import classroom.services
import experiments.services
from badges import catalogue
from badges.models import Award, RevokedNumber
from classroom import cards, tokens
from classroom.models import Cohort, Membership, User
from experiments.models import Run
from lessons import help_calls, pacing, reviews, voting
from lessons import services as lesson_services
from lessons.activities.predict import sealing
from lessons.authoring.loader import LoadedLesson
from tests import pupils
from tests.factories import PASSWORD, CohortFactory, MembershipFactory, UserFactory
from tests.privacy import everywhere
from tests.pupils import STEPS, WHY
from tests.queues import Queue
from tests.steps import with_app

pytestmark = pytest.mark.services

# Nothing else in a database or a log reads like these.
USERNAME, NAME, RENAMED, OLD_NAME = "canary.quetzal", "Canaria Quetzal", "Kanarie Quetzal", "Zugvogel Quetzal"
STUDENT_ID, NOTEBOOK, TOLD = "QTZ-4711", "Quetzals laptop", "Well flown, Quetzal."
WORDS = ("quetzal", "qtz-4711")
NUMBER, PLACE = 7_654_321, 8_765_432
JOIN = {"username": USERNAME, "display_name": NAME, "password": PASSWORD}


@pytest.fixture(params=["line", "json"])
def log(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """All that a server with ACCESS_LOG=1 writes, and what goes wrong in it."""
    written, root, access = io.StringIO(), logging.getLogger(), logging.getLogger("downhill.access")
    as_set_up = deepcopy(configured.LOGGING)
    as_set_up["handlers"]["console"] |= {"formatter": request.param, "stream": written}
    before, level = root.handlers[:], access.level
    logging.config.dictConfig(as_set_up)
    access.setLevel(logging.INFO)
    yield written
    root.handlers[:] = before
    access.setLevel(level)


@pytest.fixture
def queue() -> Iterator[Queue]:
    with Queue() as queue:
        yield queue


@pytest.fixture
def admin(db: None) -> User:
    return UserFactory(username="ada", is_staff=True, is_superuser=True)


@pytest.fixture
def desk(admin: User, client_of: Callable[[User], Client]) -> Client:
    return client_of(admin)


def begin_at(model: type[Any], number: int, **fields: Any) -> None:
    """Let the next row have the number after this one."""
    model.objects.create(pk=number, **fields).delete()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            sequence = [model._meta.db_table, number]
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", sequence)


def live(
    desk: Client, cohort: Cohort, instructor: Membership, lesson: LoadedLesson, client_of: Callable[[User], Client]
) -> User:
    """A person who does all that a student can, and to whom all is done that can be."""
    ghost = UserFactory()
    begin_at(Membership, PLACE - 1, user=ghost, cohort=cohort)
    begin_at(User, NUMBER - 1, username="nobody")
    browser = Client(raise_request_exception=False)
    assert browser.post("/join/ACDE-3467", JOIN | {"username": OLD_NAME.replace(" ", ".")}).status_code == 302
    person = User.objects.get(pk=NUMBER)
    place = Membership.objects.select_related("cohort__version", "user").get(pk=PLACE)
    wrong = {"login": person.username, "password": "wrong"}
    assert Client().post("/accounts/login/", wrong).status_code == 200
    rename = {"username": USERNAME, "display_name": OLD_NAME, "is_active": "on", "seen": "", "role": ""}
    assert desk.post(f"/admin/classroom/user/{NUMBER}/change/", rename).status_code == 302
    assert Client().post("/accounts/login/", {"login": USERNAME, "password": "wrong"}).status_code == 200
    for __ in range(2):
        other = Client()
        assert other.post("/accounts/login/", {"login": USERNAME, "password": PASSWORD}).status_code == 302
        assert Client().post("/accounts/login/", {"login": USERNAME, "password": "wrong"}).status_code == 200
    browser.post("/accounts/password/", {"oldpassword": "wrong"})
    table = f"student_id,name,username\n{STUDENT_ID},{RENAMED},{USERNAME}\n"
    page = desk.post(
        "/admin/classroom/cohort/roster/",
        {"file": SimpleUploadedFile("roster.csv", table.encode()), "into": cohort.pk, "look": ""},
    )
    kept = {"kept": page.context["kept"], "mark": page.context["plan"].mark, "apply": ""}
    assert desk.post("/admin/classroom/cohort/roster/", kept).status_code == 302
    place.refresh_from_db()
    place.user.refresh_from_db()
    person.refresh_from_db()
    classroom.services.rename(instructor, place, NAME)
    classroom.services.set_student_id(instructor, place, f"{STUDENT_ID}-B")

    # Work, from pages and from a notebook.
    browser.get("/c/ours/lessons/data-rules-everything/by-hand/")
    tokens.make(place.user, NOTEBOOK)
    for step, answer in enumerate(STEPS, start=1):
        lesson_services.submit(place, lesson, "by-hand", client_id=uuid.uuid4(), step=step, answer=answer)
    written = pupils.write(place, lesson, f"{WHY} {NAME} thinks so.")
    reviews.decide(instructor, written.pk, decision="returned", met=[False] * 3, comment=TOLD)
    help_calls.give_help(instructor, lesson, student=PLACE, reason="still", occasion="by-hand 1")
    pupils.seal(place, lesson, "rates", "half-a", "settles", because=f"{NAME} says so")
    sealing.open_reveal(place, lesson, "rates", "half-a")
    pacing.lead_class(instructor)
    voting.open_vote(instructor, lesson, "rates", "half-b")
    place.cohort.refresh_from_db()
    pupils.seal(place, lesson, "rates", "half-b", "zigzags")
    voting.close_vote(instructor, lesson, "rates", "half-b")
    voting.reveal(instructor, lesson, "rates", "half-b")
    classmate = MembershipFactory(cohort=cohort, user__username="mate")
    for membership, seeds in ((place, (1, 2)), (classmate, (2,))):
        for seed in seeds:
            experiments.services.request_run(membership, kind="starvation", params={"n_repeats": 2}, seed=seed)
    badge = catalogue.all_badges()["data-scientist"]
    award = badges.services.give(instructor, place, lesson, badge, f"For {NAME}, who explained it.")
    badges.services.share(award, is_shared=True, shows_name=True)
    badges.services.reissue(instructor, place, lesson, badge, f"{NAME} asked for it.")
    cards.make([place.user])
    with_app(person)
    Authenticator.objects.create(user=person, type="webauthn", data={"name": f"{NAME}’s laptop", "credential": {}})
    waiting = Client()
    waiting.post("/accounts/login/", {"login": USERNAME, "password": PASSWORD})
    waiting.post("/accounts/second-step/log-in/", {"code": "000000"})
    pacing.end_class(instructor)

    # Out, back, away, and two accounts that are one.
    members = "/admin/classroom/membership/"
    for action in ("remove", "take_back"):
        desk.post(members, {"action": action, "_selected_action": [PLACE]})
    other_class = CohortFactory(slug="theirs", name="Their class")
    desk.post(members, {"action": "move", "_selected_action": [PLACE], "to": other_class.pk})
    assert Membership.objects.get(pk=PLACE).cohort == other_class
    double = MembershipFactory(cohort=cohort, user=person)
    pupils.seal(double, lesson, "rates", "half-c", "bounces")
    pupils.seal(classmate, lesson, "rates", "half-c", "settles")
    merge = {"action": "merge", "_selected_action": [classmate.pk, double.pk], "keep": classmate.pk}
    assert desk.post(members, merge).status_code == 302
    double.refresh_from_db()
    assert double.merged_into == classmate
    return person


def test_who_is_erased_is_nowhere_any_more(
    log: io.StringIO,
    queue: Queue,
    admin: User,
    desk: Client,
    cohort: Cohort,
    instructor: Membership,
    lesson: LoadedLesson,
    client_of: Callable[[User], Client],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    person = live(desk, cohort, instructor, lesson, client_of)
    with monkeypatch.context() as broken:
        broken.setattr("lessons.views.arc_of", None)
        assert client_of(User.objects.get(pk=NUMBER)).get("/c/theirs/lessons/data-rules-everything/").status_code == 500
    members = [str(pk) for pk in Membership.objects.filter(user=person).values_list("pk", flat=True)]
    awards = list(Award.objects.filter(membership__user=person).values_list("pk", flat=True))
    before = everywhere.places([*WORDS, str(NUMBER), *members])

    page = desk.get(f"/admin/classroom/user/{NUMBER}/erase/")
    assert "Their class" in page.text
    answer = desk.post(f"/admin/classroom/user/{NUMBER}/erase/", {"username": USERNAME, "revokes": "on"})

    # What can say nothing on a machine says it here: each of these tables had something of theirs.
    assert {table for table, __, __ in before} >= TABLES_OF_A_LIFE
    assert answer.status_code == 302
    assert everywhere.places(WORDS) == set()
    assert everywhere.places([str(NUMBER)]) == {
        ("django_admin_log", "object_id", str(NUMBER)),
        ("django_admin_log", "object_repr", str(NUMBER)),
        ("privacy_erasure", "number", str(NUMBER)),
    }
    assert everywhere.places(members) == {
        *(("django_admin_log", column, pk) for column in ("object_id", "object_repr") for pk in members),
        ("django_admin_log", "change_message", members[1]),  # what the account says that got their work
        ("classroom_learningevent", "facts", members[1]),  # of the account that theirs was merged into
    }
    assert set(RevokedNumber.objects.filter(number__in=awards).values_list("number", flat=True)) == set(awards)
    # A run that somebody else has asked for goes on, the other one is gone.
    assert Run.objects.get().seed == 2
    assert LogEntry.objects.filter(object_id=str(NUMBER))[0].change_message == "Erased."
    written = log.getvalue().lower()
    assert "typeerror" in written
    assert "post /accounts/login/" in written
    assert not [word for word in WORDS if word in written]


TABLES_OF_A_LIFE = {
    *("axes_accessattempt", "badges_award", "classroom_learningevent", "classroom_logincard", "classroom_membership"),
    *("classroom_tally", "classroom_user", "django_admin_log", "django_session", "experiments_runrequest"),
    *("lessons_helpgiven", "lessons_partprogress", "lessons_prediction", "lessons_reconciliation", "lessons_review"),
    *("lessons_submission",),
}
