"""Badges over JSON."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from badges import catalogue, credentials, selectors
from badges.selectors import BadgePage
from classroom.acting import Acting
from classroom.api import MemberView
from lessons.selectors import lessons_of

COHORT = OpenApiParameter("cohort", str, description="Which class, if you are in several.")


class EvidenceReply(serializers.Serializer):
    type = serializers.ChoiceField(["submission", "run"])
    id = serializers.CharField()
    url = serializers.CharField()


class CriterionReply(serializers.Serializer):
    key = serializers.CharField()
    title = serializers.CharField()
    met = serializers.BooleanField()
    evidence = EvidenceReply(many=True)


class AwardReply(serializers.Serializer):
    badge = serializers.CharField()
    title = serializers.CharField()
    issued_at = serializers.DateTimeField(allow_null=True, help_text="null until it is earned")
    credential = serializers.CharField(allow_null=True, help_text="its page; .json and .jwt are beside it")
    criteria = CriterionReply(many=True)


class AwardsReply(serializers.Serializer):
    awards = AwardReply(many=True)


class Awards(MemberView):
    @extend_schema(parameters=[COHORT], responses=AwardsReply)
    def get(self, request: Request) -> Response:
        """Badges: those that I have earned, and how far I am with the others."""
        membership = self.member(request)
        found = [
            _told(Acting(membership), selectors.badge_page(membership, lesson, badge))
            for lesson in lessons_of(membership.cohort)
            if (badge := catalogue.of_lesson(lesson.lesson.slug))
        ]
        return Response({"awards": found})


def _told(acting: Acting, page: BadgePage) -> dict[str, object]:
    return {
        "badge": page.badge.slug,
        "title": page.badge.title,
        "issued_at": page.award.issued_at if page.award else None,
        "credential": credentials.address(f"/credentials/{page.award.uuid}/") if page.award else None,
        "criteria": [
            {
                "key": criterion.key,
                "title": criterion.title,
                "met": criterion.is_met,
                "evidence": [
                    {
                        "type": each.type,
                        "id": each.id,
                        "url": acting.address(each.page, page.badge.lesson, each.key) + each.query,
                    }
                    for each in criterion.evidence
                ],
            }
            for criterion in page.criteria
        ],
    }
