"""Reading on its page: it is done in the name of whoever the page was made for."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from classroom.models import Cohort, Membership, User
from lessons.models import Submission
from tests.factories import MembershipFactory

PAGE = "/c/ours/lessons/sampler/start-here/"


def test_what_one_member_has_read_is_not_sent_in_the_name_of_the_next(
    cohort: Cohort, student: Membership, client_of: Callable[[User], Client]
) -> None:
    Cohort.objects.filter(pk=cohort.pk).update(lessons=["sampler"])
    page = client_of(student.user).get(PAGE).content.decode()
    next_one = MembershipFactory(cohort=cohort)
    sheet = {"id": str(uuid.uuid4()), "step": "1", "member": student.pk}

    answer = client_of(next_one.user).post(reverse("lessons:check", args=["ours", "sampler", "why-small"]), sheet)

    assert f'<input type="hidden" name="member" value="{student.pk}">' in page
    assert answer.status_code == 403
    assert not Submission.objects.filter(membership=next_one).exists()
