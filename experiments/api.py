"""Runs over JSON: how they stand, taking one back, and a notebook that makes their numbers again."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from classroom.api import MemberView
from classroom.contract import refused
from classroom.refusals import Conflict
from experiments import notebook, registry, selectors, services
from experiments.models import Run, RunState

COHORT = OpenApiParameter("cohort", str, description="Which class, if you are in several.")


class KindField(serializers.CharField):
    """A kind of run, by its name."""


class KindInSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]  # drf-spectacular's own
    """Description of a kind of run: the names of those that there are."""

    target_class = KindField

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        return {"type": "string", "enum": list(registry.names())}


class ProgressAnswer(serializers.Serializer):
    done = serializers.IntegerField()
    total = serializers.IntegerField()
    text = serializers.CharField()
    seconds_left = serializers.IntegerField(allow_null=True)


class RunAnswer(serializers.Serializer):
    id = serializers.UUIDField()
    kind = KindField()
    params = serializers.DictField()
    seed = serializers.IntegerField()
    state = serializers.ChoiceField(RunState.choices)
    progress = ProgressAnswer()
    result = serializers.DictField(allow_null=True)
    failure = serializers.CharField(allow_blank=True)
    provenance = serializers.DictField()


def facts(run: Run) -> dict[str, Any]:
    """A run as plain data."""
    seen = selectors.view_of(run)
    progress = {"done": seen.done, "total": seen.total, "text": seen.text, "seconds_left": seen.seconds_left}
    return {
        "id": str(run.pk),
        "kind": run.kind,
        "params": run.params,
        "seed": run.seed,
        "state": run.state,
        "progress": progress,
        "result": run.result,
        "failure": run.failure,
        "provenance": run.provenance,
    }


class RunView(MemberView):
    """View of a run that the caller, or a student of theirs, has asked for."""

    def run(self, request: Request, run: uuid.UUID) -> Run:
        found, member = selectors.find_run(request.user, run)
        if member is not None:
            self.here(member)
        return found


class RunDetail(RunView):
    @extend_schema(responses=RunAnswer)
    def get(self, request: Request, run: uuid.UUID) -> Response:
        """How a run stands that I, or a student of mine, asked for."""
        return Response(facts(self.run(request, run)))

    @extend_schema(responses={200: RunAnswer, **refused(409)}, parameters=[COHORT])
    def delete(self, request: Request, run: uuid.UUID) -> Response:
        """Take my wish back. The run stops when nobody is left who wants it; a finished one stays."""
        membership = self.member(request)
        services.withdraw(membership, run)
        return Response(facts(Run.objects.get(pk=run)))


class RunNotebook(RunView):
    @extend_schema(responses={(200, "application/x-ipynb+json"): OpenApiTypes.OBJECT, **refused(409)})
    def get(self, request: Request, run: uuid.UUID) -> HttpResponse:
        """A notebook that makes the numbers of this run again, without Downhill."""
        found = self.run(request, run)
        if found.state != RunState.DONE:
            raise Conflict(_("A notebook compares its numbers with the run’s, so it is ready when the run is done."))
        answer = HttpResponse(json.dumps(notebook.of_run(found)), content_type="application/x-ipynb+json")
        answer["Content-Disposition"] = f'attachment; filename="{found.kind}-seed-{found.seed}.ipynb"'
        return answer
