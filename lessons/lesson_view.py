"""What a call over the API is about: whose membership, and which lesson."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.views import APIView

from classroom import access
from classroom.models import Membership
from lessons import selectors
from lessons.authoring.loader import LoadedLesson

COHORT = OpenApiParameter("cohort", str, description="Which class, if you are in several.")


class LessonView(APIView):
    """Finds the caller's membership and lesson."""

    def place(self, request: Request, lesson: str) -> tuple[Membership, LoadedLesson]:
        membership = access.only_membership(request.user, request.query_params.get("cohort"))
        return membership, selectors.lesson_of(membership, lesson)
