"""The admin site: awards, to look at. They are revoked and given with a reason, on the student's page."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from badges.models import Award


@admin.register(Award)
class AwardAdmin(admin.ModelAdmin):
    list_display = ("badge", "membership", "issued_at", "given_because", "revoked_at", "revoked_because")
    list_filter = ("badge", "revoked", "membership__cohort")
    list_select_related = ("membership__user", "membership__cohort")
    search_fields = ("membership__user__username", "membership__user__display_name", "uuid")

    # Whoever has the signed credential can show it: it is its owner's to share.
    exclude = ("token", "salt")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Award | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Award | None = None) -> bool:
        return False
