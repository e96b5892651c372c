"""Lists whose pages go on from a row instead of a number: the last page costs what the first one does.

What a page is ordered by is never empty, and ends with the primary key.
"""

from __future__ import annotations

import json
from functools import reduce
from typing import Any

from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.db.models import Model, Q
from django.http import HttpRequest

from classroom.refusals import Refusal
from office.filters import says_none

AFTER, BEFORE = "after", "before"


class KeysetList(ChangeList):
    """Django's list of rows, without a count of all of them."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        sent = request.GET.copy()
        self.after = (sent.pop(AFTER, None) or [""])[-1]
        self.before = (sent.pop(BEFORE, None) or [""])[-1]
        request.GET = sent  # type: ignore[assignment]  # what is left is filters
        self.newer: str | None = None
        self.older: str | None = None
        super().__init__(request, *args, **kwargs)

    def get_results(self, request: HttpRequest) -> None:
        named: dict[str, str] = {}
        for name in map(str, self.queryset.query.order_by):
            named.setdefault(name.removeprefix("-"), name)  # Django names some twice
        order = list(named.values())
        rows, n = self.queryset, self.list_per_page
        if self.before:
            backwards = [name[1:] if name.startswith("-") else f"-{name}" for name in order]
            found = list(rows.filter(self._beyond(backwards, self.before)).order_by(*backwards)[: n + 1])
            has_newer, has_older = len(found) > n, True
            found = found[:n][::-1]
        else:
            found = list((rows.filter(self._beyond(order, self.after)) if self.after else rows)[: n + 1])
            has_newer, has_older = bool(self.after), len(found) > n
            found = found[:n]
        if found and has_newer:
            self.newer = self.get_query_string({BEFORE: self._place(order, found[0])})
        elif has_newer or (self.before and not found):
            self.newer = self.get_query_string()
        if found and has_older:
            self.older = self.get_query_string({AFTER: self._place(order, found[-1])})
        self.result_list = found
        self.result_count = self.full_result_count = len(found)
        self.show_full_result_count = self.can_show_all = self.multi_page = False
        self.show_admin_actions = bool(found)
        self.paginator = self.model_admin.get_paginator(request, rows.none(), n)

    def _beyond(self, order: list[str], place: str) -> Q:
        """Condition for what comes after a row in an order."""
        values = self._read(order, place)
        found, same = Q(), Q()
        for name, value in zip(order, values, strict=True):
            path, way = name.removeprefix("-"), "lt" if name.startswith("-") else "gt"
            found |= same & Q(**{f"{path}__{way}": value})
            same &= Q(**{path: value})
        first = order[0]
        # So that an index is entered at the row, in place of two looks that are put together and sorted.
        bound = "lte" if first.startswith("-") else "gte"
        return Q(**{f"{first.removeprefix('-')}__{bound}": values[0]}) & found

    def _read(self, order: list[str], place: str) -> list[Any]:
        fields = [get_fields_from_path(self.model, self._named(name))[-1] for name in order]
        try:
            sent = json.loads(place)
            if not isinstance(sent, list) or len(sent) != len(fields):
                raise ValueError(place)
            values = [field.to_python(value) for field, value in zip(fields, sent, strict=True)]
            for field, value in zip(fields, values, strict=True):
                field.run_validators(value)
                if isinstance(value, str) and "\0" in value.encode().decode():
                    raise ValueError(place)
        except (ValueError, TypeError, ValidationError, OverflowError, RecursionError) as error:
            raise Refusal(says_none()) from error
        return values

    def _place(self, order: list[str], row: Model) -> str:
        def value_of(name: str) -> str:
            return str(reduce(getattr, self._named(name).split("__"), row))

        return json.dumps([value_of(name) for name in order])

    def _named(self, name: str) -> str:
        path = name.removeprefix("-")
        return self.model._meta.pk.name if path == "pk" else path
