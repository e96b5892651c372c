"""Acting for somebody: addresses, and who is at whose pages."""

from __future__ import annotations

import pytest
from django.template import Context, Template
from django.urls import NoReverseMatch

from classroom.acting import Acting
from classroom.models import Cohort, Membership, Role

pytestmark = pytest.mark.pure

OURS = Cohort(slug="ours")
SAM = Membership(pk=7, cohort=OURS)
INES = Membership(pk=8, cohort=OURS, role=Role.INSTRUCTOR)
SAMS_OWN = Acting(SAM)
LOOKING = Acting(SAM, by=INES, is_looking=True, routes="dashboard:page-")
ENTERING = Acting(SAM, by=INES, routes="dashboard:paper-")


def shown(acting: Acting, tag: str) -> str:
    return Template("{% load acting %}" + tag).render(Context({"acting": acting}))


def test_a_member_is_at_their_own_pages_and_whoever_stands_in_is_not() -> None:
    assert [each.is_own for each in (SAMS_OWN, LOOKING, ENTERING)] == [True, False, False]


@pytest.mark.parametrize(
    ("acting", "root"),
    [
        (SAMS_OWN, "/c/ours/lessons/"),
        (LOOKING, "/c/ours/class/students/7/page/"),
        (ENTERING, "/c/ours/class/students/7/paper/"),
    ],
)
def test_each_page_of_the_lesson_has_its_address_for_whoever_is_at_it(acting: Acting, root: str) -> None:
    found = [
        acting.address("arc", "sums"),
        acting.address("part", "sums", "one"),
        acting.address("submission", "sums", 3),
    ]

    assert found == [f"{root}sums/", f"{root}sums/one/", f"{root}sums/submissions/3/"]
    assert shown(acting, "{% address 'part' 'sums' 'one' %}") == f"{root}sums/one/"
    asked = "{% address 'part' 'sums' 'one' item='a' trial='' run=3 %}"
    assert shown(acting, asked) == f"{root}sums/one/?item=a&amp;run=3"


@pytest.mark.parametrize("name", ["start", "withdraw", "runs"])
def test_what_is_the_members_alone_has_no_address_for_anybody_else(name: str) -> None:
    assert SAMS_OWN.address(name, "sums", "run") == f"/c/ours/lessons/sums/activities/run/{name}/"
    for acting in (LOOKING, ENTERING):
        with pytest.raises(NoReverseMatch):
            acting.address(name, "sums", "run")


def test_a_form_sends_to_where_its_page_is_and_nowhere_from_a_page_to_look_at() -> None:
    tag = "<form{% sends_to 'check' 'sums' 'one' %}>"
    at = "/c/ours/class/students/7/paper/sums/activities/one/check/"

    assert shown(ENTERING, tag) == f'<formaction="{at}" hx-post="{at}">'
    assert shown(LOOKING, tag) == "<form>"
