"""The lesson over JSON: the same services as the pages."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from classroom import access
from classroom.models import Membership
from experiments.api import RunAnswer, facts
from experiments.models import RunState
from lessons import running, sealing, selectors, services
from lessons.activity_types import ACTIVITY_TYPES
from lessons.authoring.loader import LoadedLesson
from lessons.models import Confidence, Counts, PartState
from lessons.predict import RevealView

COHORT = OpenApiParameter("cohort", str, description="Which class, for somebody in several.")


class ActivityOutline(serializers.Serializer):
    key = serializers.CharField()
    type = serializers.ChoiceField(list(ACTIVITY_TYPES))
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


class SubmissionRequest(serializers.Serializer):
    id = serializers.UUIDField(help_text="Made by the sender; sent again, it stores nothing twice.")
    step = serializers.IntegerField(min_value=1, max_value=100)
    answer = serializers.JSONField(
        help_text="For hand_steps: {errors, products, mean, gradient, w}, as asked; go_on: true keeps one's own w."
    )


class SubmissionReply(serializers.Serializer):
    id = serializers.UUIDField()
    step = serializers.IntegerField()
    accepted = serializers.BooleanField()
    matches_notebook = serializers.BooleanField()
    cells = serializers.DictField()
    ask = serializers.CharField(allow_null=True, help_text="The cell that would tell the candidates apart.")
    carried_from = serializers.CharField(allow_null=True)
    worked_line = serializers.CharField(allow_null=True)
    progress = serializers.DictField()


class PredictionRequest(serializers.Serializer):
    id = serializers.UUIDField(help_text="Made by the sender; sent again, it stores nothing twice.")
    item = serializers.SlugField()
    round = serializers.IntegerField(min_value=1, max_value=2, default=1)
    choice = serializers.JSONField(help_text="A choice's key, or the number.")
    second = serializers.CharField(
        default=None,
        allow_null=True,
        allow_blank=True,
        help_text="The answer to an item's second question; it may be left out.",
    )
    confidence = serializers.ChoiceField(Confidence.choices)
    because = serializers.CharField(default="", allow_blank=True)


class PredictionReply(serializers.Serializer):
    id = serializers.UUIDField()
    item = serializers.CharField()
    round = serializers.IntegerField()
    sealed_at = serializers.DateTimeField()
    counted = serializers.BooleanField(help_text="Whether it is in the class's count.")
    why = serializers.ChoiceField(Counts.choices)
    says = serializers.CharField()


class ReconcileRequest(serializers.Serializer):
    saw = serializers.CharField(default="", allow_blank=True)
    idea = serializers.CharField(default="", allow_blank=True)
    next_time = serializers.CharField(default="", allow_blank=True)


class ReconcileReply(serializers.Serializer):
    item = serializers.CharField()
    saw = serializers.CharField()
    idea = serializers.CharField()
    next_time = serializers.CharField()
    reconciled_at = serializers.DateTimeField(allow_null=True)


class LessonView(APIView):
    """Finds the caller's membership and lesson."""

    def place(self, request: Request, lesson: str) -> tuple[Membership, LoadedLesson]:
        membership = access.only_membership(request.user, request.query_params.get("cohort"))
        return membership, selectors.lesson_of(membership, lesson)


class Lessons(LessonView):
    @extend_schema(responses=LessonOutline(many=True), parameters=[COHORT])
    def get(self, request: Request) -> Response:
        """The lessons of my class, with where I stand."""
        membership = access.only_membership(request.user, request.query_params.get("cohort"))
        return Response([_outline(membership, lesson) for lesson in selectors.lessons_of(membership.cohort)])


class Lesson(LessonView):
    @extend_schema(responses=LessonOutline, parameters=[COHORT])
    def get(self, request: Request, lesson: str) -> Response:
        """One lesson, with where I stand."""
        return Response(_outline(*self.place(request, lesson)))


class Activity(LessonView):
    @extend_schema(responses=OpenApiTypes.OBJECT, parameters=[COHORT])
    def get(self, request: Request, lesson: str, activity: str) -> Response:
        """What I may see of an activity now."""
        return Response(selectors.activity_facts(*self.place(request, lesson), activity))


class Submissions(LessonView):
    @extend_schema(
        request=SubmissionRequest, responses={200: SubmissionReply, 201: SubmissionReply}, parameters=[COHORT]
    )
    def post(self, request: Request, lesson: str, activity: str) -> Response:
        """Hand in an answer. 201 with its verdict; 200 with the same verdict when it arrives again."""
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


class Predictions(LessonView):
    @extend_schema(
        request=PredictionRequest, responses={200: PredictionReply, 201: PredictionReply}, parameters=[COHORT]
    )
    def post(self, request: Request, lesson: str, activity: str) -> Response:
        """Seal a prediction. 201 when it is new; 200 when the same id arrives again; 409 when one was sealed before."""
        membership, loaded = self.place(request, lesson)
        sent = PredictionRequest(data=request.data)
        sent.is_valid(raise_exception=True)
        receipt = sealing.seal(
            membership,
            loaded,
            activity,
            client_id=sent.validated_data["id"],
            item=sent.validated_data["item"],
            round_=sent.validated_data["round"],
            choice=sent.validated_data["choice"],
            second=sent.validated_data["second"],
            confidence=sent.validated_data["confidence"],
            because=sent.validated_data["because"],
        )
        return Response(_sealed(receipt), status=201 if receipt.is_new else 200)


class RevealOfItem(LessonView):
    @extend_schema(responses={200: OpenApiTypes.OBJECT}, parameters=[COHORT])
    def get(self, request: Request, lesson: str, activity: str, item: str) -> Response:
        """What is behind a question: once my prediction is sealed and, in a led class, the reveal is open."""
        membership, loaded = self.place(request, lesson)
        return Response(_revealed(sealing.open_reveal(membership, loaded, activity, item)))


class Reconcile(LessonView):
    @extend_schema(request=ReconcileRequest, responses={200: ReconcileReply, 201: ReconcileReply}, parameters=[COHORT])
    def post(self, request: Request, lesson: str, activity: str, item: str) -> Response:
        """Put what I saw beside what I had said. Given once; 200 with what is kept when it comes again."""
        membership, loaded = self.place(request, lesson)
        sent = ReconcileRequest(data=request.data)
        sent.is_valid(raise_exception=True)
        met, is_new = sealing.reconcile(membership, loaded, activity, item, **sent.validated_data)
        return Response(ReconcileReply(met).data, status=201 if is_new else 200)


class RunWish(serializers.Serializer):
    kind = serializers.CharField(help_text="u_curve, starvation, tipping_point or blame.")
    params = serializers.DictField(default=dict, help_text="What is left out is as the kind has it by default.")
    seed = serializers.IntegerField(default=0)
    activity = serializers.SlugField(
        default="", allow_blank=True, help_text="The experiment it is for; its guesses are sealed first."
    )


class Runs(APIView):
    @extend_schema(request=RunWish, responses={200: RunAnswer, 202: RunAnswer}, parameters=[COHORT])
    def post(self, request: Request) -> Response:
        """Ask for a run. 202 while it waits or runs; 200 with its result if somebody has had the same one run."""
        membership = access.only_membership(request.user, request.query_params.get("cohort"))
        sent = RunWish(data=request.data)
        sent.is_valid(raise_exception=True)
        wish = sent.validated_data
        run = running.ask_by_kind(
            membership, kind=wish["kind"], params=wish["params"], seed=wish["seed"], activity=wish["activity"]
        )
        return Response(facts(run), status=200 if run.state == RunState.DONE else 202)


def _sealed(receipt: sealing.SealReceipt) -> dict[str, Any]:
    kept = receipt.prediction
    return {
        "id": str(kept.client_id),
        "item": kept.item,
        "round": kept.round,
        "sealed_at": kept.sealed_at,
        "counted": not kept.is_late,
        "why": kept.counts,
        "says": receipt.says,
    }


def _revealed(shown: RevealView) -> dict[str, Any]:
    chart = shown.rate_chart
    return {
        "verdict": shown.verdict,
        "answer": shown.answer,
        "comment": shown.comment,
        "second": {"verdict": shown.second_verdict, "answer": shown.second_answer, "comment": shown.second_comment}
        if shown.second_answer
        else None,
        "number": shown.number_line.right_label if shown.number_line else None,
        "run": list(chart.rows) if chart else None,
        **shown.facts.model_dump(mode="json"),
        "class": [{"text": row.text, "n": row.label} for row in shown.room.rows] if shown.room else None,
    }


def _outline(membership: Membership, lesson: LoadedLesson) -> dict[str, Any]:
    parts = selectors.arc(membership, lesson).parts
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
