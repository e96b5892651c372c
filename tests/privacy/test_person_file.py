"""A person's own file: complete, sealed, without secrets and without others."""

from __future__ import annotations

import json
import re
import uuid
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from badges.models import Award
from classroom import cards, looks, services, tokens
from classroom.models import Cohort, Look, Membership, User
from experiments.models import Run, RunRequest
from lessons import reviews
from lessons.activities.predict import sealing
from lessons.authoring.loader import LoadedLesson
from lessons.models import HelpGiven
from lessons.services import submit
from privacy import erasure, person_file
from tests import pupils
from tests.conventions.matrix import awarded
from tests.factories import MembershipFactory, UserFactory
from tests.lessons import runs

pytestmark = pytest.mark.services


def taken(user: User) -> dict[str, str]:
    """The files in somebody's file, by name."""
    file, _name = person_file.make(user)
    with file, zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def data_of(user: User) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(taken(user)["data.json"])
    return found


@pytest.fixture
def busy(student: Membership, instructor: Membership, lesson: LoadedLesson) -> Membership:
    """A student who has done one of everything."""
    submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer={"w": "1,49"})
    text = pupils.write(student, lesson, "Because it learns the noise by heart, and new dots have other noise.")
    reviews.decide(instructor, text.pk, decision="approved", met=[True] * 3, comment="Well said.")
    pupils.seal(student, lesson, "rates", "half-a", "zigzags", confidence="sure", because="It looked like it.")
    sealing.open_reveal(student, lesson, "rates", "half-a")
    run = Run.objects.create(kind="blame", params={"n": 3}, seed=7, fingerprint="made", state="done", result={"is": 1})
    RunRequest.objects.create(membership=student, run=run)
    HelpGiven.objects.create(
        membership=student, lesson=lesson.lesson.slug, reason="tries", occasion="by-hand/1", by=instructor
    )
    awarded(student)
    cards.make([student.user])
    tokens.make(student.user, "Colab")
    looks.at_members(instructor.user, Look.Kind.PAGE, [student.pk])
    LogEntry.objects.log_actions(instructor.user_id, [student.user], CHANGE, "Changed display name.")
    student.user.refresh_from_db()
    return student


def test_it_has_everything_that_a_student_did(busy: Membership, instructor: Membership, lesson: LoadedLesson) -> None:
    data = data_of(busy.user)

    slug = lesson.lesson.slug
    assert data["format"] == 1
    assert [each["username"] for each in data["account"]] == ["sam"]
    assert [(each["class"], each["role"], each["time_zone"]) for each in data["classes"]] == [
        ("ours", "student", "UTC")
    ]
    by_hand, text = data["answers"]
    assert (by_hand["class"], by_hand["lesson"], by_hand["activity"], by_hand["answer"]) == (
        *("ours", slug, "by-hand"),
        {"w": "1,49"},
    )
    assert by_hand["reply"]
    assert text["answer"]["text"].startswith("Because it learns")
    assert [(each["decision"], each["comment"], each["by"]) for each in data["reviews"]] == [
        ("approved", "Well said.", "Ines")
    ]
    guess = data["predictions"][0]
    assert (guess["choice"], guess["confidence"], guess["because"]) == ("zigzags", "sure", "It looked like it.")
    assert [each["item"] for each in data["reveals"]] == ["half-a"]
    assert [(each["kind"], each["params"], each["seed"], each["result"]) for each in data["runs"]] == [
        ("blame", {"n": 3}, 7, {"is": 1})
    ]
    assert [each["reason"] for each in data["help"]] == ["tries"]
    assert {each["part"] for each in data["progress"]} >= {"by-hand", "u-curve"}
    assert [each["badge"] for each in data["badges"]] == ["data-scientist"]
    assert {"cohort_joined", "prediction_sealed", "reviewed"} <= {each["kind"] for each in data["events"]}
    assert [(each["who"], each["role"], each["kind"]) for each in data["looks"]] == [("Ines", "instructor", "page")]
    assert [each["name"] for each in data["notebooks"]] == ["Colab"]
    assert len(data["log_in_cards"]) == 1
    assert [each["how"] for each in data["admin_log"]] == ["Changed display name."]
    assert data["reviews_given"] == data["looks_made"] == data["admin_log_written"] == []


def test_every_time_is_iso_8601_in_utc(busy: Membership) -> None:
    data = data_of(busy.user)

    times = [data["made_at"], data["answers"][0]["sent_at"], data["events"][0]["at"], data["looks"][0]["hour"]]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", each) for each in times), times


def test_the_badge_is_there_as_it_was_signed(busy: Membership) -> None:
    found, award = taken(busy.user), Award.objects.get()

    assert found["badges/data-scientist-1.jwt"] == award.token
    assert json.loads(found["badges/data-scientist-1.json"])["credentialSubject"]["achievement"]["name"]


def test_no_secret_is_in_it(busy: Membership) -> None:
    key = tokens.make(busy.user)
    everything = "\n".join(taken(busy.user).values())

    token = busy.user.tokens.order_by("-pk")[0]
    for secret in (key, token.digest, busy.user.password, busy.user.login_card.digest, busy.cohort.join_code):
        assert secret
        assert secret not in everything


def test_nobody_else_is_in_it(busy: Membership, instructor: Membership, lesson: LoadedLesson) -> None:
    other = MembershipFactory(cohort=busy.cohort, user__username="zora", user__display_name="Zora")
    run = Run.objects.get(kind="blame")
    RunRequest.objects.create(membership=other, run=run)
    submit(other, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer={"w": "zora wrote this"})

    everything = "\n".join(taken(busy.user).values())
    theirs = "\n".join(taken(instructor.user).values())

    assert "zora" not in everything.lower()
    # An instructor has their own acts and words in theirs, and of no student more than the class.
    assert "Well said." in theirs
    assert "Sam" not in theirs
    assert "learns the noise" not in theirs
    given = json.loads(taken(instructor.user)["data.json"])
    assert [each["class"] for each in given["reviews_given"]] == ["ours"]
    assert [each["kind"] for each in given["looks_made"]] == ["page"]
    assert [each["reason"] for each in given["help_given"]] == ["tries"]


def test_the_file_of_an_admin_who_merged_two_accounts_names_neither(
    student: Membership, client_of: Callable[[User], Client]
) -> None:
    admin = UserFactory(username="ada", is_staff=True, is_superuser=True)
    double = MembershipFactory(cohort=student.cohort, user__username="sam2", user__display_name="Sam")
    merge = {"action": "merge", "_selected_action": [student.pk, double.pk], "keep": student.pk}
    client_of(admin).post("/admin/classroom/membership/", merge)

    said = [each["how"] for each in data_of(admin)["admin_log_written"]]

    assert len(said) == 2
    assert "sam" not in " ".join(said).lower()


def test_others_are_called_the_same_in_the_page_in_the_data_and_on_my_data(
    busy: Membership, instructor: Membership, client_of: Callable[[User], Client]
) -> None:
    """An admin without a display name, and an instructor and an admin whose accounts are deleted since."""
    root = UserFactory(username="root", display_name="", is_staff=True, is_superuser=True)
    gone = UserFactory(username="gone")
    for admin in (root, gone):
        looks.at_members(admin, Look.Kind.WORK, [busy.pk])
    erasure.erase(instructor.user, by=root)
    erasure.erase(gone, by=root)

    found, shown = taken(busy.user), client_of(busy.user).get("/accounts/data/").text

    deleted, data = "Somebody whose account is deleted", json.loads(found["data.json"])
    assert [each["by"] for each in data["reviews"]] == [deleted]
    assert [each["who"] for each in data["looks"]] == [deleted, "root", deleted]
    assert "username" not in data["reviews"][0] | data["looks"][0]
    for page in (found["index.html"], shown):
        assert deleted in page
        assert "root" in page
    assert "erased-" not in "".join([*found.values(), shown])


def test_the_page_fetches_no_column_that_it_does_not_show(busy: Membership) -> None:
    with CaptureQueriesContext(connection) as sent:
        page = taken(busy.user)["index.html"]

    for column in ('"experiments_run"."result"', '"classroom_learningevent"."facts"'):
        assert sum(column in each["sql"] for each in sent) == 1, column
    assert "<dd>blame</dd>" in page.lower()


def test_a_guess_that_is_not_revealed_is_their_own_choice_and_no_more(
    student: Membership, lesson: LoadedLesson
) -> None:
    pupils.seal(student, lesson, "rates", "half-a", "zigzags")
    before = taken(student.user)
    sealing.open_reveal(student, lesson, "rates", "half-a")
    after = taken(student.user)

    assert json.loads(before["data.json"])["predictions"][0]["choice"] == "zigzags"
    assert json.loads(before["data.json"])["reveals"] == []
    assert "It is" not in before["index.html"]
    assert '<th scope="col">It is</th>' in after["index.html"]


def test_an_admins_copy_is_without_what_is_still_sealed_and_without_credentials(
    busy: Membership, lesson: LoadedLesson
) -> None:
    pupils.seal(busy, lesson, "rates", "half-b", "settles")
    with person_file.make(busy.user, for_admin=True)[0] as file, zipfile.ZipFile(file) as archive:
        found = {name: archive.read(name).decode() for name in archive.namelist()}

    assert [each["item"] for each in json.loads(found["data.json"])["predictions"]] == ["half-a"]
    assert [each["item"] for each in data_of(busy.user)["predictions"]] == ["half-a", "half-b"]
    assert set(found) == {"data.json", "index.html", "style.css"}
    assert Award.objects.get().token not in "".join(found.values())
    assert "An admin made this copy." in found["index.html"]


@pytest.mark.usefixtures("brief_runs")
def test_what_a_run_told_is_in_it_once_it_is_done(student: Membership, lesson: LoadedLesson) -> None:
    runs.sweep(student, lesson, seed=4)

    asked = data_of(student.user)["runs"]

    assert {each["seed"] for each in asked} == {4}
    assert all(each["state"] == "done" and each["result"] for each in asked)


def test_whoever_was_removed_and_is_in_two_classes_gets_all_of_it(
    busy: Membership, instructor: Membership, lesson: LoadedLesson
) -> None:
    elsewhere = MembershipFactory(user=busy.user, cohort__slug="theirs", cohort__time_zone="Asia/Tokyo")
    submit(elsewhere, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer={"w": "2"})
    services.remove(instructor, busy, keep_out=True)

    data = data_of(busy.user)

    assert [(each["class"], bool(each["removed_at"])) for each in data["classes"]] == [
        ("ours", True),
        ("theirs", False),
    ]
    assert {each["class"] for each in data["answers"]} == {"ours", "theirs"}
    assert data["classes"][1]["time_zone"] == "Asia/Tokyo"


def test_the_page_says_times_in_the_zone_of_their_class_and_things_by_their_titles(
    student: Membership, lesson: LoadedLesson
) -> None:
    Cohort.objects.update(time_zone="Asia/Tokyo")
    submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer={"w": "1,49", "products": ["1", "2"]})
    student.submissions.update(received_at=datetime(2026, 12, 1, 20, 30, tzinfo=UTC))

    page = taken(student.user)["index.html"]

    assert "2 December 2026, 05:30 JST" in page
    assert lesson.lesson.title in page
    assert "w: 1,49; product_1: 1; product_2: 2" in page
    assert "<script" not in page
    assert not re.search(r'(href|src)="(?!style\.css|data\.json)', page)
    assert " style=" not in page


def test_the_page_says_a_prediction_in_words_and_one_that_the_lesson_has_no_more_as_it_is_kept(
    student: Membership, lesson: LoadedLesson
) -> None:
    pupils.seal(student, lesson, "rates", "half-a", "zigzags")
    before = taken(student.user)["index.html"]
    student.predictions.update(item="gone", choice="gone-too")
    after = taken(student.user)["index.html"]

    assert "<dd>Learning rate 0.1</dd>" in before
    assert "<dd>zigzags, settles</dd>" in before
    assert "<dd>gone</dd>" in after
    assert "<dd>gone-too</dd>" in after


def test_a_page_shows_the_newest_of_very_many_and_the_data_has_them_all(
    student: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(person_file, "SHOWN", 5)
    for hour in range(8):
        Look.objects.create(
            membership=student, kind="page", at=timezone.now().replace(year=2020, month=1, day=1, hour=hour)
        )

    found = taken(student.user)

    assert len(json.loads(found["data.json"])["looks"]) == 8
    assert "Here are the newest 5 of 8." in found["index.html"]
    assert found["index.html"].count("Page of one student") == 5


def test_what_people_typed_is_text_on_the_page(student: Membership, lesson: LoadedLesson) -> None:
    pupils.write(student, lesson, "<script>alert(1)</script> because it knows the noise & the dots by heart.")

    page = taken(student.user)["index.html"]

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script" not in page
