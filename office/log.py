"""What happened: in classes, and on the admin site itself."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.db.models import QuerySet
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from classroom import events
from classroom.models import Look, Membership
from office.desk import ToRead, link
from office.filters import one_of, picked
from office.work import OfMember, of_members

ACTS = (
    (str(ADDITION), gettext_lazy("added")),
    (str(CHANGE), gettext_lazy("changed")),
    (str(DELETION), gettext_lazy("deleted")),
)


class EventDesk(OfMember):
    """What happened in classes. It is not edited."""

    list_display = ("at", "kind", "person", "cohort", "facts")
    fields = ("at", "kind", "person", "cohort", "facts")
    readonly_fields = ("person", "cohort")
    list_filter = (
        *OfMember.list_filter,
        one_of(
            "kind",
            gettext_lazy("what"),
            lambda: [(kind, kind.replace("_", " ")) for kind in events.kinds()],
            lambda rows, value: rows.filter(kind=value),
        ),
    )


class LookDesk(ToRead):
    """Who looked at whose work, by the hour. To look here is no look."""

    of_class = "membership__cohort"
    list_display = ("at", "who", "person", "cohort", "kind")
    list_display_links = None
    list_select_related = ("viewer", "membership__user", "membership__cohort")
    fields = ("at", "who", "person", "cohort", "kind")
    readonly_fields = ("who", "person", "cohort")
    list_filter = (
        picked(
            "by",
            gettext_lazy("who looked"),
            Look._meta.get_field("viewer"),
            lambda rows, viewer: rows.filter(viewer=viewer),
        ),
        *of_members(),
        one_of("kind", gettext_lazy("what"), Look.Kind.choices, lambda rows, value: rows.filter(kind=value)),
    )
    sortable_by = ()
    ordering = ("-pk",)

    def of_classes(self, rows: QuerySet[Any], cohorts: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(membership__in=Membership.objects.filter(cohort__in=cohorts))

    @admin.display(description=gettext_lazy("who looked"))
    def who(self, look: Look) -> SafeString | str:
        return link(look.viewer, "admin:classroom_user_change", look.viewer_id) if look.viewer else _("deleted")

    @admin.display(description=gettext_lazy("whose work"))
    def person(self, look: Look) -> SafeString:
        return link(look.membership.user, "admin:classroom_user_change", look.membership.user_id)

    @admin.display(description=gettext_lazy("class"))
    def cohort(self, look: Look) -> SafeString:
        return link(look.membership.cohort, "admin:classroom_cohort_change", look.membership.cohort_id)


class LogDesk(ToRead):
    """Who changed what on the admin site, in one list for all that it has."""

    of_class = ""
    list_display = ("action_time", "who", "act", "what", "message")
    list_display_links = None
    list_select_related = ("user", "content_type")
    fields = ("action_time", "who", "act", "what", "message")
    readonly_fields = fields
    list_filter = (
        picked(
            "person",
            gettext_lazy("by"),
            LogEntry._meta.get_field("user"),
            lambda rows, person: rows.filter(user=person),
        ),
        one_of("act", gettext_lazy("act"), ACTS, lambda rows, value: rows.filter(action_flag=int(value))),
    )
    search_fields = ("object_repr", "change_message", "user__username")
    search_help_text = gettext_lazy("A part of a name or of what was changed")
    sortable_by = ()
    ordering = ("-pk",)

    def of_classes(self, rows: QuerySet[Any], cohorts: QuerySet[Any]) -> QuerySet[Any]:
        return rows.none()

    @admin.display(description=gettext_lazy("by"))
    def who(self, entry: LogEntry) -> SafeString:
        return link(entry.user.get_username(), "admin:classroom_user_change", entry.user_id)

    @admin.display(description=gettext_lazy("act"))
    def act(self, entry: LogEntry) -> str:  # type: ignore[override]  # a column here, what rows are done to elsewhere
        return str(dict(ACTS).get(str(entry.action_flag), ""))

    @admin.display(description=gettext_lazy("what"))
    def what(self, entry: LogEntry) -> SafeString | str:
        address = None if entry.action_flag == DELETION else entry.get_admin_url()
        return format_html('<a href="{}">{}</a>', address, entry.object_repr) if address else entry.object_repr

    @admin.display(description=gettext_lazy("how"))
    def message(self, entry: LogEntry) -> str:
        return entry.get_change_message()
