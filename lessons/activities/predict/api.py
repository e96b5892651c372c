"""Predictions over JSON: sealed, revealed, reconciled by the same services as the pages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from classroom.contract import refused
from lessons.activities.predict import sealing
from lessons.activities.predict.reveal import RevealView
from lessons.lesson_view import COHORT, LessonView
from lessons.models import Confidence, Counts


@extend_schema_field(
    {
        "oneOf": [{"type": "string", "minLength": 1}, {"type": "number"}],
        "description": "A choice's key, or the number. As text, write it the way people type it.",
    }
)
class Choice(serializers.JSONField):
    """A choice, as the item reads it."""


class PredictionRequest(serializers.Serializer):
    id = serializers.UUIDField(help_text="You make it. Sent again, nothing is stored twice.")
    item = serializers.SlugField()
    round = serializers.IntegerField(min_value=1, max_value=2, default=1)
    choice = Choice()
    second = serializers.CharField(
        default=None,
        allow_null=True,
        allow_blank=True,
        help_text="The answer to the item's second question. Optional.",
    )
    confidence = serializers.ChoiceField(Confidence.choices)
    because = serializers.CharField(default="", allow_blank=True)


class PredictionReply(serializers.Serializer):
    id = serializers.UUIDField()
    item = serializers.CharField()
    round = serializers.IntegerField()
    choice = serializers.CharField(help_text="What was sealed. A number appears as it was read.")
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


class Predictions(LessonView):
    @extend_schema(
        request=PredictionRequest,
        responses={200: PredictionReply, 201: PredictionReply, **refused(409)},
        parameters=[COHORT],
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


class OnePrediction(LessonView):
    @extend_schema(responses={204: None, **refused(409)}, parameters=[COHORT])
    def delete(self, request: Request, lesson: str, activity: str, id: UUID) -> Response:
        """Take a prediction back: 204 within three seconds, and before its reveal or its vote's close; 409 after."""
        membership, loaded = self.place(request, lesson)
        sealing.take_back(membership, loaded, activity, id)
        return Response(status=204)


class RevealOfItem(LessonView):
    @extend_schema(responses={200: OpenApiTypes.OBJECT, **refused(409)}, parameters=[COHORT])
    def get(self, request: Request, lesson: str, activity: str, item: str) -> Response:
        """What is behind a question: once my prediction is sealed and, in a led class, the reveal is open.

        From then on it cannot be taken back.
        """
        membership, loaded = self.place(request, lesson)
        return Response(_revealed(sealing.open_reveal(membership, loaded, activity, item)))


class Reconcile(LessonView):
    @extend_schema(
        request=ReconcileRequest,
        responses={200: ReconcileReply, 201: ReconcileReply, **refused(409)},
        parameters=[COHORT],
    )
    def post(self, request: Request, lesson: str, activity: str, item: str) -> Response:
        """Put what I saw beside what I had said. Given once; 200 with what is kept when it comes again."""
        membership, loaded = self.place(request, lesson)
        sent = ReconcileRequest(data=request.data)
        sent.is_valid(raise_exception=True)
        met, is_new = sealing.reconcile(membership, loaded, activity, item, **sent.validated_data)
        return Response(ReconcileReply(met).data, status=201 if is_new else 200)


def _sealed(receipt: sealing.SealReceipt) -> dict[str, Any]:
    kept = receipt.prediction
    return {
        "id": str(kept.client_id),
        "item": kept.item,
        "round": kept.round,
        "choice": kept.choice,
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
