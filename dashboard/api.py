"""The class over the API: its grid as JSON, and all that was sent as a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from classroom import access, looks
from classroom.models import Look
from classroom.refusals import Refusal
from dashboard import exports, gradebook, grid
from dashboard.views import chosen_lesson

LESSON = OpenApiParameter("lesson", str, description="Which lesson, if the class has several.")


class ProgressView(APIView):
    @extend_schema(
        parameters=[
            OpenApiParameter("v", str, description="The version you have; 204 if it is the newest."),
            LESSON,
        ],
        responses={200: OpenApiTypes.OBJECT, 204: None},
    )
    def get(self, request: Request, cohort: str) -> Response:
        """Every student's standing in every part, for instructors."""
        membership = access.membership_in(request.user, cohort)
        access.require_instructor(membership)
        if request.query_params.get("v") == str(membership.cohort.version.number):
            return Response(status=204)
        lesson = chosen_lesson(membership, request.query_params.get("lesson"))
        return Response(grid.progress_report(grid.grid_of(membership, lesson)))


class ByName(APIView):
    answers_by_name = True

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Whoever asks for a table by its name gets it; only refusals are JSON here."""
        return super().perform_content_negotiation(request, force=True)


class ExportView(ByName):
    @extend_schema(
        parameters=[
            OpenApiParameter("names", str, enum=["names", "pseudonyms"], description="How to name the students.")
        ],
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request, cohort: str) -> StreamingHttpResponse:
        """A row for each submission, prediction and run of the class's students; for instructors."""
        membership = access.membership_in(request.user, cohort)
        access.require_instructor(membership)
        asked = request.query_params.get("names", "names")
        names = next((each for each in get_args(exports.Names) if each == asked), None)
        if names is None:
            says = _("Choose names or pseudonyms.")
            raise Refusal(says, errors={"names": [says]})
        looks.at_class(membership.user, Look.Kind.TABLE, membership.cohort)
        today = timezone.localdate(timezone=membership.cohort.zone)
        return _table(exports.lines(membership.cohort, names), f"{membership.cohort.slug}-{today:%Y-%m-%d}-{names}")


class GradebookView(ByName):
    @extend_schema(
        parameters=[
            OpenApiParameter("format", str, enum=["canvas", "moodle"], description="The headers of which importer."),
            LESSON,
        ],
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request, cohort: str) -> StreamingHttpResponse:
        """A row for each student: points by part and case, badge, late, help, total; for instructors."""
        membership = access.membership_in(request.user, cohort)
        access.require_instructor(membership)
        asked = request.query_params.get("format", "plain")
        form = next((each for each in get_args(gradebook.Format) if each == asked), None)
        if form is None:
            says = _("Choose canvas or moodle, or leave it out.")
            raise Refusal(says, errors={"format": [says]})
        lesson = chosen_lesson(membership, request.query_params.get("lesson"))
        looks.at_class(membership.user, Look.Kind.GRADEBOOK, membership.cohort)
        book = gradebook.gradebook_of(membership.cohort, lesson)
        today = timezone.localdate(timezone=membership.cohort.zone)
        name = f"{membership.cohort.slug}-{lesson.lesson.slug}-gradebook-{today:%Y-%m-%d}"
        return _table(gradebook.lines(book, form), name if form == "plain" else f"{name}-{form}")


def _table(lines: Iterator[str], name: str) -> StreamingHttpResponse:
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
