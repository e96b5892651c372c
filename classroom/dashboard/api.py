"""The class grid over JSON."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from classroom import access
from classroom.dashboard import selectors
from classroom.dashboard.views import chosen_lesson


class ProgressView(APIView):
    @extend_schema(
        parameters=[OpenApiParameter("v", int, description="The version at hand; 204 if it is the newest.")],
        responses={200: OpenApiTypes.OBJECT, 204: None},
    )
    def get(self, request: Request, cohort: str) -> Response:
        """Every student's standing in every part, for instructors."""
        membership = access.membership_in(request.user, cohort)
        access.require_instructor(membership)
        if request.query_params.get("v") == str(membership.cohort.version.number):
            return Response(status=204)
        lesson = chosen_lesson(membership, request.query_params.get("lesson"))
        return Response(selectors.progress_report(selectors.grid(membership, lesson)))
