"""What the API's description says of refusals: every operation names those that it can give."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated

from classroom.web import LOOKING, PROBLEM

WITH_BODY = ("POST", "PUT", "PATCH")


class Problem(serializers.Serializer):
    """A refusal (RFC 9457). What is wrong is said in words, and by field where it has one."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = serializers.DictField(  # type: ignore[assignment]  # the field takes the name of a property
        required=False, help_text="By field: what is wrong with it."
    )


def refused(*statuses: int) -> dict[tuple[int, str], type[Problem]]:
    """Refusals that an operation can give beside those that follow from what it asks for."""
    return {(status, PROBLEM): Problem for status in statuses}


class Schema(AutoSchema):
    """Description of an operation, with every refusal that follows from what it asks for."""

    def _get_response_bodies(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        found: dict[str, Any] = super()._get_response_bodies(*args, **kwargs)
        describe: Any = self._get_response_for_code
        for status in self._refusals():
            found.setdefault(str(status), describe(Problem, str(status), [PROBLEM]))
        for code, answer in found.items():
            answer["description"] = HTTPStatus(int(code)).phrase
        return found

    def _refusals(self) -> set[int]:
        statuses = {HTTPStatus.SERVICE_UNAVAILABLE}
        asks_for_log_in = any(isinstance(each, IsAuthenticated) for each in self.view.get_permissions())
        in_path = "{" in self.path
        in_query = any(each["in"] == "query" for each in self._get_parameters())
        has_body = self.method in WITH_BODY
        if asks_for_log_in:
            statuses |= {HTTPStatus.UNAUTHORIZED}
        if asks_for_log_in and (in_path or self.method not in LOOKING):
            statuses |= {HTTPStatus.FORBIDDEN}
        if in_path or in_query:
            statuses |= {HTTPStatus.NOT_FOUND}
        if in_query or has_body:
            statuses |= {HTTPStatus.BAD_REQUEST}
        if has_body:
            statuses |= {HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE}
        if not getattr(self.view, "answers_by_name", False):
            statuses |= {HTTPStatus.NOT_ACCEPTABLE}
        return {int(status) for status in statuses}
