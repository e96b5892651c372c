"""Who is in a class is decided in one place: a query that goes past it would count whoever was removed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.pure

PACKAGES = ("badges", "classroom", "dashboard", "downhill", "experiments", "lessons", "office", "privacy", "rehearsal")
# Where memberships are asked for by what they are of, and why that is right there.
PAST = {
    "classroom/models.py": "asks whose usernames nobody may look like, and instructors are never removed",
    "classroom/access.py": "tells whoever was removed so, instead of that there is no such class",
    "classroom/selectors.py": "is the place where it is decided",
    "classroom/services.py": "removes and takes back, under the row's lock",
    "classroom/looks.py": "asks whose work was looked at, in whichever classes they are or were",
    "office/log.py": "shows an admin who looked at the work of everybody, those who were removed too",
    "classroom/classes.py": "asks who teaches, and instructors are never removed",
    "badges/services.py": "takes the member whom a worker was asked about, by their number",
    "classroom/visitors.py": "finds who comes, and access tells whoever was removed so",
    "experiments/services.py": "counts what a person waits for, in whichever classes they are or were",
    "lessons/moving.py": "takes one member under their lock, and asks whether the other class ever had them",
    "lessons/services.py": "reads one member, whose row it has locked",
    "dashboard/class_settings_views.py": "asks what somebody teaches",
    "dashboard/ready.py": "asks what the instructors of a class have seen",
    "dashboard/ready_runs.py": "asks what the instructors of a class have asked for",
    "lessons/skipping.py": "settles removed members too, so that they come back as the others are",
    "rehearsal/evening.py": "plays synthetic students, whom nobody removes",
    "rehearsal/leader.py": "leads synthetic students, whom nobody removes",
    "dashboard/merging.py": "takes both accounts under their locks, whichever was removed meanwhile",
    "dashboard/rehearsal_views.py": "lists the rehearsals of an instructor, and those are never removed",
    "dashboard/students.py": "names the instructors behind what is told of a student",
    "office/classes.py": "counts the members of a class for an admin, and deletes it with them",
    "office/card_pages.py": "leaves out whoever teaches somewhere, and instructors are never removed",
    "office/forms.py": "refuses a student ID that anybody of the class has or had",
    "office/roster.py": "compares a roster with everybody, those who were removed too",
    "office/people.py": "shows an admin everybody, those who were removed too",
    "office/work.py": "shows an admin the work of everybody, those who were removed too",
    "privacy/person_file.py": "gives a person what is kept of them, in whichever classes they are or were",
    "privacy/erasure.py": "erases all that is a person's, where they were removed too",
    "privacy/retention.py": "deletes a whole class",
    "rehearsal/management/commands/rehearse.py": "looks for the instructor of a class, and plays synthetic students",
    "rehearsal/services.py": "ends and deletes a whole class",
}


def members_asked_for(source: str) -> Iterator[str]:
    """What in a module asks who is in a class by itself: a manager, or a look-up through a membership."""
    tree = ast.parse(source)
    parents = {child: parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "Membership.objects":
            parent = parents[node]
            if not (isinstance(parent, ast.Attribute) and parent.attr == "present"):
                yield ast.unparse(node)
        names = []
        if isinstance(node, ast.Call):
            names = [each.arg or "" for each in node.keywords]
        if isinstance(node, ast.Dict):
            names = [key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
        yield from (name for name in names if _is_look_up(name))


def _is_look_up(name: str) -> bool:
    """A condition on the class or the role of a member: `membership__cohort`, `memberships__role` and their like."""
    steps = name.split("__")
    return any(
        step in ("membership", "memberships", "members") and steps[at + 1 : at + 2] in (["cohort"], ["role"], ["user"])
        for at, step in enumerate(steps)
    )


def modules() -> Iterator[Path]:
    for package in PACKAGES:
        yield from (path for path in (settings.BASE_DIR / package).rglob("*.py") if "migrations" not in path.parts)


def test_nobody_asks_who_is_in_a_class_past_the_place_where_it_is_decided() -> None:
    found = {
        str(path.relative_to(settings.BASE_DIR)): sorted(set(asked))
        for path in modules()
        if (asked := list(members_asked_for(path.read_text(encoding="utf-8"))))
    }

    assert {place: asked for place, asked in found.items() if place not in PAST} == {}
    assert set(PAST) - set(found) == set()


@pytest.mark.parametrize(
    "planted",
    [
        "Submission.objects.filter(membership__cohort=cohort)",
        "Submission.objects.filter(Q(membership__role=Role.STUDENT))",
        "Review.objects.filter(**{'submission__membership__cohort': cohort})",
        "Cohort.objects.filter(memberships__user=user)",
        "Membership.objects.filter(cohort=cohort)",
        "students = Membership.objects",
    ],
)
def test_a_query_that_forgets_it_is_found(planted: str) -> None:
    assert list(members_asked_for(planted)) != []


@pytest.mark.parametrize(
    "right",
    [
        "Submission.objects.filter(by_students(cohort))",
        "Membership.objects.present().filter(cohort=cohort)",
        "Prediction.objects.select_related('membership__cohort')",
    ],
)
def test_a_query_that_asks_there_is_let_be(right: str) -> None:
    assert list(members_asked_for(right)) == []
