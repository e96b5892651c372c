"""Runs over JSON, for an experiment or for oneself."""

from __future__ import annotations

from typing import Any

from django.utils.functional import lazy
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

import experiments.registry
from classroom.api import MemberView
from classroom.contract import refused
from experiments.api import KindField, RunAnswer, facts
from experiments.models import RunState
from lessons.activities.experiment import runs
from lessons.lesson_view import COHORT


@extend_schema_field(
    {"oneOf": [{"type": "integer", "minimum": 0, "maximum": experiments.registry.MAX_SEED}, {"type": "string"}]}
)
class Seed(serializers.IntegerField):
    """Seed as it was sent: it is read where the run is asked for, in every spelling."""

    def to_internal_value(self, data: Any) -> Any:
        return data


class RunWish(serializers.Serializer):
    kind = KindField(help_text=lazy(experiments.registry.help_text, str)())
    params = serializers.DictField(default=dict, help_text="What you leave out takes the default of the kind.")
    seed = Seed(default=0)
    activity = serializers.SlugField(
        default="", allow_blank=True, help_text="The experiment it is for. Seal its guesses first."
    )


class Runs(MemberView):
    @extend_schema(
        request=RunWish, responses={200: RunAnswer, 202: RunAnswer, **refused(409, 429)}, parameters=[COHORT]
    )
    def post(self, request: Request) -> Response:
        """Ask for a run. 202 while it waits or runs; 200 with its result if somebody has had the same one run."""
        membership = self.member(request)
        sent = RunWish(data=request.data)
        sent.is_valid(raise_exception=True)
        wish = sent.validated_data
        run = runs.ask_by_kind(
            membership, kind=wish["kind"], params=wish["params"], seed=wish["seed"], activity=wish["activity"]
        )
        return Response(facts(run), status=200 if run.state == RunState.DONE else 202)
