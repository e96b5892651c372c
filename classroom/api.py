"""Log-in for notebooks, and who am I."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib.auth import authenticate
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from classroom import access, limits, second_factor, selectors, services, tokens
from classroom.acting import Acting
from classroom.contract import refused
from classroom.models import Membership, Role, User
from classroom.names import validate_signs
from classroom.refusals import Forbidden


class Credentials(serializers.Serializer):
    username = serializers.CharField(min_length=1, max_length=60)
    password = serializers.CharField(min_length=1, max_length=128, trim_whitespace=False)
    name = serializers.CharField(
        max_length=60,
        required=False,
        allow_blank=True,
        validators=[validate_signs],
        help_text="What to call the notebook on its owner's page.",
    )


class TokenReply(serializers.Serializer):
    token = serializers.CharField()


class OwnToken(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    made_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(help_text="To the hour.")
    expires_at = serializers.DateTimeField(help_text="Unless it is used before.")


class MembershipReply(serializers.Serializer):
    cohort = serializers.CharField()
    name = serializers.CharField()
    role = serializers.ChoiceField(Role.choices)
    lessons = serializers.ListField(child=serializers.CharField())


class MeReply(serializers.Serializer):
    username = serializers.CharField()
    display_name = serializers.CharField()
    memberships = MembershipReply(many=True)


class MemberView(APIView):
    """View of what is a member's own: it finds out whose, and remembers that they are here, as a page does."""

    def member(self, request: Request) -> Membership:
        """Give the caller's membership: in the cohort named, or the only one there is."""
        return self.here(access.only_membership(request.user, request.query_params.get("cohort")))

    def here(self, membership: Membership) -> Membership:
        """Remember that a member is here: their work over the API is as good as a look at a page."""
        services.note_activity(Acting(membership))
        return membership


class TokenView(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(request=Credentials, responses={200: TokenReply, **refused(403, 429)}, auth=[])
    def post(self, request: Request) -> Response:
        """Exchange a username and password for a token. It is told once; of more than ten the least used one ends."""
        sent = Credentials(data=request.data)
        sent.is_valid(raise_exception=True)
        name = sent.validated_data.pop("name", "")
        wrong = limits.of_visitor("wrong_token", request._request)
        wrong.refuse_if_full()
        # Django's own request, since that is where axes leaves word of a lock-out.
        username = User.objects.known_as(sent.validated_data["username"])
        user = authenticate(request._request, username=username, password=sent.validated_data["password"])
        if user is None:
            wrong.count()
            raise tokens.says_wrong()
        if second_factor.has(user) or second_factor.must_have(user):
            raise Forbidden(_("You log in with a second step. Make a token on your account page, under My notebooks."))
        return Response({"token": tokens.make(user, name)})


class OwnTokens(APIView):
    @extend_schema(responses=OwnToken(many=True))
    def get(self, request: Request) -> Response:
        """My tokens, the one used last first. Their keys are told to nobody."""
        return Response(OwnToken(tokens.of(request.user), many=True).data)


class OneToken(APIView):
    @extend_schema(responses={204: None})
    def delete(self, request: Request, id: int) -> Response:
        """Forget one of my tokens."""
        tokens.forget(request.user, id)
        return Response(status=HTTPStatus.NO_CONTENT)


class MeView(APIView):
    @extend_schema(responses=MeReply)
    def get(self, request: Request) -> Response:
        """Me and my classes."""
        memberships = [
            {
                "cohort": membership.cohort.slug,
                "name": membership.cohort.name,
                "role": membership.role,
                "lessons": membership.cohort.lessons,
            }
            for membership in selectors.memberships_of(request.user)
        ]
        return Response(
            {
                "username": request.user.get_username(),
                "display_name": str(request.user),
                "memberships": memberships,
            }
        )
