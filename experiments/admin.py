"""Runs in the admin site, to look at."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from experiments.models import Run


@admin.register(Run)
class RunAdmin(admin.ModelAdmin):
    """Read-only: workers write runs, and whoever asked for one takes it back."""

    list_display = ("queued_at", "kind", "seed", "state", "done", "total", "attempt", "finished_at", "failure")
    list_filter = ("state", "kind")
    ordering = ("-queued_at",)
    # A result fills many pages; its numbers are where the run was asked for.
    exclude = ("result",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        return super().get_queryset(request).defer("result")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        return False
