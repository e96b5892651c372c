"""The admin site: its rooms in their order."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from classroom import second_factor

# What stands together, by the names of the models.
ROOMS = (
    (_("People and classes"), ("user", "cohort", "membership")),
    (_("What was done"), ("submission", "prediction", "review", "award", "run")),
    (_("What happened"), ("learningevent", "look", "logentry")),
)


class Office(AdminSite):
    site_header = site_title = _("Admin")
    index_title = _("People and classes")
    enable_nav_sidebar = False
    final_catch_all_view = True

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and not second_factor.is_lacking(request)

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Everybody changes their own password at the same place."""
        return redirect("account_change_password")

    def password_change_done(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return redirect("account_change_password")

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """The lists that somebody may see, as they belong together."""
        found = self._build_app_dict(request)
        models = {
            model["object_name"].lower(): model
            for app in found.values()
            for model in app["models"]
            if app_label in (None, app["app_label"])
        }
        rooms = [(name, [models[each] for each in names if each in models]) for name, names in ROOMS]
        return [
            {"name": name, "app_label": "", "app_url": "", "models": listed, "has_module_perms": True}
            for name, listed in rooms
            if listed
        ]
