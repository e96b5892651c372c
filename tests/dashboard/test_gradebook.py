"""The gradebook: read back by programs as Canvas and Moodle read it, and recounted from what the API had answered."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

import badges.services
from classroom import services
from classroom.models import Cohort, Membership, User
from lessons import pacing, skipping, voting
from lessons.authoring.loader import LoadedLesson
from lessons.models import HelpGiven
from tests import pupils
from tests.factories import CohortFactory, MembershipFactory
from tests.lessons import runs

pytestmark = pytest.mark.services

ADDRESS = "/api/v1/cohorts/ours/gradebook.csv"
API = "/api/v1/lessons/data-rules-everything/activities/"
POSSIBLE = {"by-hand": 1, "rates": 1, "u-curve": 3, "bias": 3, "cases": 2, "badge": 1, "mission": 3}
TITLES = {
    "by-hand": "Data Rules Everything: Gradient descent by hand",
    "rates": "Data Rules Everything: Learning-rate chaos",
    "u-curve": "Data Rules Everything: The U-curve",
    "bias": "Data Rules Everything: Bias with teeth",
    "cases": "Data Rules Everything: This already happened",
    "badge": "Data Rules Everything: Badge: Data Scientist",
    "mission": "Data Rules Everything: Mission",
}
QUICK_CASES = ("face-analysis", "cv-scorer", "childcare-benefits")
N = 36


def text_of(answer: Any) -> str:
    text: str = answer.getvalue().decode("utf-8")
    assert text.startswith("\ufeff")
    return text.removeprefix("\ufeff")


def plain(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text_of(answer), newline="")))


def read_by_canvas(answer: Any) -> tuple[dict[str, str], dict[tuple[str, str, str], dict[str, str]]]:
    """Points possible by assignment, and each student's, by (SIS user ID, SIS login ID, name): by the rules of
    `GradebookImporter` in Canvas.
    """
    header, *rows = csv.reader(io.StringIO(text_of(answer), newline=""))
    assert "Student" in header[0]
    assert "ID" in header[1]
    assert header[2:5] == ["SIS User ID", "SIS Login ID", "Section"]
    assignments = header[5:]
    assert len(set(assignments)) == len(assignments)
    assert not any("(" in name or name.startswith(("Current ", "Final ", "Override ")) for name in assignments)
    assert {len(row) for row in rows} == {len(header)}
    possible = {}
    students = {}
    for row in rows:
        if "Points Possible" in row[0]:
            possible = dict(zip(assignments, row[5:], strict=True))
            continue
        students[row[2], row[3], row[0]] = dict(zip(assignments, row[5:], strict=True))
    return possible, students


def read_by_moodle(answer: Any, map_from: str) -> dict[str, dict[str, str]]:
    """Each student's grades, by the column that is mapped to a user: a row in which it is empty ends the import."""
    rows = csv.DictReader(io.StringIO(text_of(answer), newline=""))
    found = {}
    for row in rows:
        assert row[map_from], "User not found, whole import aborted"
        assert row[map_from] not in found
        found[row[map_from]] = {name: value for name, value in row.items() if ": " in name}
    return found


@pytest.fixture
def desk(client_of: Callable[[User], Client], instructor: Membership) -> Client:
    return client_of(instructor.user)


class Log:
    """What a student's notebook sent, and what the API answered."""

    def __init__(self, client: APIClient) -> None:
        self.client = client
        self.accepted: set[int] = set()
        self.state: dict[str, str] = {}
        self.sealed: set[tuple[str, str]] = set()
        self.reconciled: set[str] = set()

    def submit(self, step: int, answer: dict[str, Any]) -> None:
        sent = {"id": str(uuid.uuid4()), "step": step, "answer": answer}
        reply = self.client.post(f"{API}by-hand/submissions/", sent, format="json")
        if reply.status_code == 201:
            self.state["by-hand"] = reply.json()["progress"]["activity"]["state"]

    def seal(self, activity: str, item: str, choice: Any, **more: str) -> None:
        sent = {"id": str(uuid.uuid4()), "item": item, "round": 1, "choice": choice, "confidence": "guess", **more}
        reply = self.client.post(f"{API}{activity}/predictions/", sent, format="json")
        if reply.status_code == 201:
            self.sealed.add((activity, item))

    def see(self, activity: str, item: str) -> None:
        assert self.client.get(f"{API}{activity}/items/{item}/reveal/").status_code == 200

    def reconcile(self, activity: str, item: str, **said: str) -> None:
        reply = self.client.post(f"{API}{activity}/items/{item}/reconcile/", said, format="json")
        if reply.status_code == 201:
            self.reconciled.add(item)

    def marks(self) -> dict[str, int]:
        """What this comes to, by the rule that the guide says."""
        core = {("rates", f"half-{letter}") for letter in "abcd"} | {("rates", "half-edge")}
        n_cases = len({item for activity, item in self.sealed if activity == "cases" and item in QUICK_CASES})
        return {
            "by-hand": int(self.state.get("by-hand") == "done"),
            "rates": int(core <= self.sealed and "half-c" in self.reconciled),
            "u-curve": int(("u-curve-guess", "lowest") in self.sealed),
            "cases": min(n_cases, 2),
        }


def take_part(n: int, client: APIClient) -> Log:
    """Each does a different part of the lesson, some of it wrong."""
    log = Log(client)
    steps = pupils.STEPS if n % 2 == 0 else [{"w": "-0.7463"}, {"w": "3"}]
    for step, answer in enumerate(steps, start=1):
        log.submit(step, answer)
    for letter in "abcd"[: n % 6]:
        log.seal("rates", f"half-{letter}", "zigzags")
    if n % 6 >= 4:
        log.see("rates", "half-c")
        log.reconcile("rates", "half-c", saw="bounces", idea="larger-is-faster")
    if n % 6 == 5:
        log.seal("rates", "half-edge", "both-settle")
    if n % 3 == 0:
        log.seal("u-curve-guess", "lowest", "4")
    for item in QUICK_CASES[: n % 4]:
        log.seal("cases", item, "accuracy", second="women" if item != "childcare-benefits" else "large")
    return log


@pytest.mark.slow
def test_36_marks_are_what_the_answers_of_the_api_come_to_in_every_format(
    desk: Client, instructor: Membership, cohort: Cohort, lesson: LoadedLesson, api_of: Callable[[User], APIClient]
) -> None:
    logs: dict[str, Log] = {}
    names = [f"Student {n}" for n in range(N - 2)] + ["Sam", "Sam"]  # twins in name
    for n, name in enumerate(names):
        student = MembershipFactory(cohort=cohort, user__username=f"u{n}", user__display_name=name)
        services.set_student_id(instructor, student, f"S-{100 + n}")
        logs[f"u{n}"] = take_part(n, api_of(student.user))

    rows = {row["username"]: row for row in plain(desk.get(ADDRESS))}
    possible, by_canvas = read_by_canvas(desk.get(f"{ADDRESS}?format=canvas"))
    by_moodle = read_by_moodle(desk.get(f"{ADDRESS}?format=moodle"), "Username")
    by_number = read_by_moodle(desk.get(f"{ADDRESS}?format=moodle"), "ID number")

    assert len(rows) == len(by_canvas) == len(by_moodle) == len(by_number) == N
    assert possible == {TITLES[key]: str(n) for key, n in POSSIBLE.items()}
    for n, (username, log) in enumerate(logs.items()):
        marks = {**dict.fromkeys(POSSIBLE, 0), **log.marks()}
        row, total = rows[username], sum(marks.values())
        assert {key: int(row[key]) for key in POSSIBLE} == marks, username
        assert (row["total"], row["possible"]) == (str(total), "14")
        assert (row["student"], row["student_id"], row["section"]) == (names[n], f"S-{100 + n}", "Our class")
        chosen = {key.removeprefix("cases/") for key, value in row.items() if key.startswith("cases/") and value == "1"}
        assert chosen == {item for activity, item in log.sealed if activity == "cases"}
        said = {TITLES[key]: str(value) for key, value in marks.items()}
        assert by_canvas[f"S-{100 + n}", username, names[n]] == said
        assert by_moodle[username] == by_number[f"S-{100 + n}"]
        assert by_moodle[username] == {**said, "Data Rules Everything: total": str(total)}
    assert {sum(log.marks().values()) for log in logs.values()} >= {1, 2, 3, 4}


def test_the_columns_are_those_that_were_promised(desk: Client, student: Membership) -> None:
    header = text_of(desk.get(ADDRESS)).splitlines()[0].split(",")

    cases = [name for name in header if name.startswith("cases/")]
    assert [name for name in header if name not in cases] == [
        *("student", "username", "student_id", "section"),
        *POSSIBLE,
        *("late", "help", "total", "possible"),
    ]
    assert header.index(cases[0]) == header.index("cases") + 1
    assert "cases/text-detectors" in cases


def test_a_text_a_run_and_a_badge_count_when_they_are_committed(
    desk: Client, instructor: Membership, student: Membership, lesson: LoadedLesson
) -> None:
    runs.sweep(student, lesson)
    pupils.write(student, lesson)
    before = plain(desk.get(ADDRESS))[0]
    badges.services.give(instructor, student, lesson, badges.services.badge_of(lesson), "It was earned on paper.")
    given = plain(desk.get(ADDRESS))[0]
    badges.services.revoke(instructor, student, lesson, badges.services.badge_of(lesson), "A mistake.")
    revoked = plain(desk.get(ADDRESS))[0]

    assert (before["u-curve"], before["badge"]) == ("3", "0")
    assert (given["badge"], int(given["total"])) == ("1", int(before["total"]) + 1)
    assert revoked["badge"] == "0"


def test_what_came_late_counts_in_full_and_is_told(
    desk: Client, instructor: Membership, student: Membership, lesson: LoadedLesson
) -> None:
    pacing.lead_class(instructor)
    voting.open_vote(instructor, lesson, "u-curve-guess", "lowest")
    voting.close_vote(instructor, lesson, "u-curve-guess", "lowest")
    pupils.seal(Membership.objects.get(pk=student.pk), lesson, "u-curve-guess", "lowest", "4")

    (row,) = plain(desk.get(ADDRESS))

    assert (row["u-curve"], row["late"]) == ("1", "1")


def test_a_case_that_the_class_skips_costs_nobody_a_mark(
    desk: Client, instructor: Membership, student: Membership, lesson: LoadedLesson
) -> None:
    pacing.lead_class(instructor)
    item = voting.find(instructor, lesson, "cases", "face-analysis")[2]
    assert item.second is not None
    voting.open_vote(instructor, lesson, "cases", "face-analysis")
    pupils.seal(
        Membership.objects.get(pk=student.pk),
        lesson,
        "cases",
        "face-analysis",
        item.choices[0].key,
        second=item.second.choices[0].key,
    )
    voting.close_vote(instructor, lesson, "cases", "face-analysis")
    before = plain(desk.get(ADDRESS))[0]["cases"]

    skipping.skip(instructor, lesson, "cases", "")

    assert (before, plain(desk.get(ADDRESS))[0]["cases"]) == ("1", "2")


def test_help_is_told_and_costs_nothing(desk: Client, student: Membership, api_of: Callable[[User], APIClient]) -> None:
    log = Log(api_of(student.user))
    for n in (1, 2, 3):
        log.submit(1, {"w": str(n)})
    log.submit(1, {"w": "4", "solution": "w"})
    for step, answer in enumerate(pupils.STEPS, start=1):
        log.submit(step, answer)

    (row,) = plain(desk.get(ADDRESS))

    assert (row["help"], row["by-hand"]) == ("1", "1")
    assert HelpGiven.objects.count() == 0


def test_nothing_in_it_is_taken_for_a_formula(desk: Client, instructor: Membership, cohort: Cohort) -> None:
    cohort.name = "=1+1"
    cohort.save()
    MembershipFactory(cohort=cohort, user__display_name="=HYPERLINK(1)", user__username="@home")

    for form in ("", "?format=canvas", "?format=moodle"):
        cells = [cell for row in csv.reader(io.StringIO(text_of(desk.get(ADDRESS + form)))) for cell in row]
        assert [cell for cell in cells if cell.startswith(("=", "@", "+", "-"))] == []
        assert "'=HYPERLINK(1)" in cells


def test_it_is_as_many_queries_for_six_students_as_for_one(
    desk: Client, cohort: Cohort, lesson: LoadedLesson, api_of: Callable[[User], APIClient]
) -> None:
    desk.get(ADDRESS).getvalue()  # the first of an hour notes that an instructor has looked at the class
    counted = []
    for n in (1, 5):
        for number, student in enumerate(MembershipFactory.create_batch(n, cohort=cohort)):
            take_part(5 + number, api_of(student.user))
        with CaptureQueriesContext(connection) as asked:
            desk.get(ADDRESS).getvalue()
        counted.append(len(asked))

    assert counted[0] == counted[1] <= 10


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("", "gradebook-{day}"),
        ("?format=canvas", "gradebook-{day}-canvas"),
        ("?format=moodle", "gradebook-{day}-moodle"),
    ],
)
def test_each_form_has_a_file_name_of_its_own(desk: Client, cohort: Cohort, query: str, name: str) -> None:
    answer = desk.get(ADDRESS + query)

    said = answer["Content-Disposition"]
    day = said.split("gradebook-")[1][:10]
    assert said == f'attachment; filename="ours-data-rules-everything-{name.format(day=day)}.csv"'
    assert answer["Cache-Control"] == "private, no-store"


def test_an_unknown_form_is_refused_as_a_problem(desk: Client) -> None:
    answer = desk.get(f"{ADDRESS}?format=excel")

    assert answer.status_code == 400
    assert answer.json()["errors"] == {"format": ["Choose canvas or moodle, or leave it out."]}


def test_other_classes_and_those_who_were_removed_are_not_in_it(
    desk: Client, instructor: Membership, student: Membership, cohort: Cohort
) -> None:
    MembershipFactory(cohort=CohortFactory())
    services.remove(instructor, MembershipFactory(cohort=cohort))

    assert [row["username"] for row in plain(desk.get(ADDRESS))] == ["sam"]


def test_the_class_page_and_the_replay_lead_to_each_form(desk: Client, student: Membership) -> None:
    for page in ("/c/ours/class/", "/c/ours/class/replay/"):
        shown = desk.get(page).content.decode()
        for form in ("", "&amp;format=canvas", "&amp;format=moodle"):
            assert f'href="{ADDRESS}?lesson=data-rules-everything{form}"' in shown
