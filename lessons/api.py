"""The lesson over JSON: the same services as the pages."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from classroom.contract import refused
from classroom.models import Membership
from lessons import selectors, services
from lessons.arc import arc_of
from lessons.authoring.loader import LoadedLesson
from lessons.lesson_view import COHORT, LessonView
from lessons.models import PartState


class ActivityOutline(serializers.Serializer):
    key = serializers.CharField()
    type = serializers.CharField()
    state = serializers.ChoiceField(PartState.choices)
    tries = serializers.IntegerField()


class PartOutline(serializers.Serializer):
    key = serializers.CharField()
    title = serializers.CharField()
    state = serializers.ChoiceField(PartState.choices)
    locked = serializers.BooleanField()
    minutes = serializers.IntegerField()
    activities = ActivityOutline(many=True)


class LessonOutline(serializers.Serializer):
    lesson = serializers.CharField()
    title = serializers.CharField()
    parts = PartOutline(many=True)


@extend_schema_field(
    {
        "type": "object",
        "description": "What the activity's type asks for, by the names of the fields on its page. "
        "For hand_steps: {errors, products, mean, gradient, w}, as asked; go_on: true keeps one's own w, and "
        "solution: the name of a cell asks how its line is worked out, after three checks in which it was wrong.",
    }
)
class Answer(serializers.JSONField):
    """An answer, as the activity's type reads it."""


class SubmissionRequest(serializers.Serializer):
    id = serializers.UUIDField(help_text="You make it. Sent again, nothing is stored twice.")
    step = serializers.IntegerField(min_value=1, max_value=100)
    answer = Answer()


class SubmissionReply(serializers.Serializer):
    id = serializers.UUIDField()
    step = serializers.IntegerField()
    accepted = serializers.BooleanField()
    matches_notebook = serializers.BooleanField()
    cells = serializers.DictField(
        help_text="By name: {state, follows, slip, candidates, feedback}. follows: right, but from a wrong cell above. "
        "What several cells have in common is said at the first of them."
    )
    ask = serializers.CharField(allow_null=True, help_text="The cell that would tell the candidates apart.")
    carried_from = serializers.CharField(allow_null=True)
    worked_line = serializers.CharField(allow_null=True, help_text="The solution that was asked for, else null.")
    progress = serializers.DictField()


class Lessons(LessonView):
    @extend_schema(responses=LessonOutline(many=True), parameters=[COHORT])
    def get(self, request: Request) -> Response:
        """The lessons of my class, with where I stand."""
        membership = self.member(request)
        return Response([_outline(membership, lesson) for lesson in selectors.lessons_of(membership.cohort)])


class Lesson(LessonView):
    @extend_schema(responses=LessonOutline, parameters=[COHORT])
    def get(self, request: Request, lesson: str) -> Response:
        """One lesson, with where I stand."""
        return Response(_outline(*self.place(request, lesson)))


class Activity(LessonView):
    @extend_schema(responses={200: OpenApiTypes.OBJECT}, parameters=[COHORT])
    def get(self, request: Request, lesson: str, activity: str) -> Response:
        """What I may see of an activity now."""
        return Response(selectors.activity_facts(*self.place(request, lesson), activity))


class Submissions(LessonView):
    @extend_schema(
        request=SubmissionRequest,
        responses={200: SubmissionReply, 201: SubmissionReply, **refused(409)},
        parameters=[COHORT],
    )
    def post(self, request: Request, lesson: str, activity: str) -> Response:
        """Hand in an answer. 201 with its verdict; 200 with the same verdict when it arrives again.

        409 if its id came with another activity, step or answer before.
        """
        membership, loaded = self.place(request, lesson)
        sent = SubmissionRequest(data=request.data)
        sent.is_valid(raise_exception=True)
        client_id: uuid.UUID = sent.validated_data["id"]
        receipt = services.submit(
            membership,
            loaded,
            activity,
            client_id=client_id,
            step=sent.validated_data["step"],
            answer=sent.validated_data["answer"],
        )
        return Response(receipt.submission.reply, status=201 if receipt.is_new else 200)


def _outline(membership: Membership, lesson: LoadedLesson) -> dict[str, Any]:
    parts = arc_of(membership, lesson).parts
    return {
        "lesson": lesson.lesson.slug,
        "title": lesson.lesson.title,
        "parts": [
            {
                "key": part.key,
                "title": part.title,
                "state": part.state,
                "locked": part.is_locked,
                "minutes": part.minutes,
                "activities": part.activities,
            }
            for part in parts
        ],
    }
