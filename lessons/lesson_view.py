"""What a call over the API is about: whose membership, and which lesson."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from classroom.api import MemberView
from classroom.models import Membership
from lessons import selectors
from lessons.authoring.loader import LoadedLesson

COHORT = OpenApiParameter("cohort", str, description="Which class, if you are in several.")


class LessonView(MemberView):
    """Finds the caller's membership and lesson."""

    def place(self, request: Request, lesson: str) -> tuple[Membership, LoadedLesson]:
        membership = self.member(request)
        return membership, selectors.lesson_of(membership, lesson)
