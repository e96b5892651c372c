"""What all lists of the admin site have in common."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelect
from django.db import connection
from django.db.models import DateTimeField, ForeignKey, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from classroom.models import Cohort
from classroom.refusals import Forbidden, Refusal
from office import roles
from office.filters import KeptToRows, read_key
from office.keyset import KeysetList

ROWS = 50


class Desk(admin.ModelAdmin):
    """A list and the page of each row. Nothing is deleted in a list; what is not declared is no filter.

    Attributes
    ----------
    of_class : how a row names its class, by which a class admin sees their own
    """

    of_class: ClassVar[str] = ""
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    list_per_page = ROWS
    list_max_show_all = 0
    save_on_top = False
    empty_value_display = "–"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetList]:
        return KeysetList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows if roles.sees_all(request.user) else self.of_classes(rows, roles.classes_of(request.user))

    def of_classes(self, rows: QuerySet[Any], cohorts: QuerySet[Any]) -> QuerySet[Any]:
        """The rows that belong to some classes."""
        return rows.filter(**{f"{self.of_class}__in": cohorts})

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        key = read_key(self.model, object_id)
        rows = self.get_queryset(request)
        if request.method == "POST" and connection.in_atomic_block:
            # What a form compares with stays as it is until the form is saved.
            rows = rows.select_for_update(of=("self",))
        return rows.filter(pk=key).first()

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup in {getattr(each, "parameter_name", "") for each in self.list_filter}

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        found: dict[str, Any] = super().get_actions(request)
        found.pop("delete_selected", None)
        return found

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        given: dict[str, Any] = super().get_changeform_initial_data(request)
        for name in given:
            field = next((each for each in self.opts.fields if each.name == name), None)
            if isinstance(field, ForeignKey):
                read_key(field.remote_field.model, given[name])
        return given

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        for chosen in request.POST.getlist("_selected_action"):
            read_key(self.model, chosen)
        return super().changelist_view(request, {**self._above(request), **(extra_context or {})})

    def _above(self, request: HttpRequest) -> dict[str, Any]:
        shown = set(self.get_list_display(request))
        tells_times = any(field.name in shown and isinstance(field, DateTimeField) for field in self.opts.fields)
        return {
            "tools": self.list_tools(request),
            "title": capfirst(self.opts.verbose_name_plural),
            "zone": self.zone_of_class(request),
            "tells_times": tells_times,
        }

    def zone_of_class(self, request: HttpRequest, row: Any = None) -> str | None:
        """The zone of the class that a page is about, of its row or its filter; none if it is about several."""
        if row is not None:
            cohort = reduce(getattr, self.of_class.split("__"), row) if self.of_class else row
            return cohort.time_zone if isinstance(cohort, Cohort) else None
        if not (given := request.GET.get("class")):
            return None
        classes = self.admin_site.get_model_admin(Cohort).get_queryset(request)
        found: str | None = classes.filter(pk=read_key(Cohort, given)).values_list("time_zone", flat=True).first()
        return found

    def list_tools(self, request: HttpRequest) -> list[SafeString]:
        """Links beside the name of the list."""
        return []

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        other = self.admin_site.get_model_admin(db_field.remote_field.model)
        kwargs["queryset"] = other.get_queryset(request)
        kwargs["widget"] = KeptToRows(db_field, self.admin_site, placeholder=_("Type a part of the name"))
        return db_field.formfield(**kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, ForeignKey):
            # Without Django's window for one more of the other list.
            return self.formfield_for_foreignkey(db_field, request, **kwargs)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def tools(self, request: HttpRequest, obj: Any) -> list[SafeString]:
        """Links beside the name of a row: where to go from it."""
        return []

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        more: dict[str, Any] = {"tools": []}
        if obj is not None:
            more = {"tools": self.tools(request, obj), "zone": self.zone_of_class(request, obj), "tells_times": True}
        return super().render_change_form(request, {**context, **more}, *args, **{**kwargs, "obj": obj})

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        row = self.get_object(request, object_id)
        more = {"zone": self.zone_of_class(request, row) if row is not None else None, "tells_times": True}
        return super().history_view(request, object_id, {**more, **(extra_context or {})})

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save what was changed on the page, and no other column."""
        obj.save(update_fields=form.changed if change else None)

    @property
    def media(self) -> forms.Media:
        if not self.list_filter:
            return super().media
        return super().media + AutocompleteSelect(None, self.admin_site).media

    def act(
        self, request: HttpRequest, chosen: QuerySet[Any], do: Callable[[Any], Any], *, said: Callable[[int], str]
    ) -> None:
        """Do something to each of some rows, log it, and say how many it was; what is refused is said by name."""
        n = 0
        for row in chosen:
            try:
                done = do(row)
            except Refusal as refused:
                self.message_user(request, f"{row}: {refused.detail}", messages.WARNING)
                continue
            if done is False:
                continue  # somebody else was first
            n += 1
            self.log_change(request, row, done if isinstance(done, str) else said(1))
        if n:
            self.message_user(request, said(n), messages.SUCCESS)

    def asks(
        self, request: HttpRequest, chosen: QuerySet[Any], action: str, form: forms.Form, *, title: str, press: str
    ) -> HttpResponse:
        """A page between an action and its act: what it would be done to, and what it still has to know."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "press": press,
            "action": action,
            "form": form,
            "chosen": chosen,
            "media": self.media + form.media,
            "back": request.get_full_path(),
        }
        return TemplateResponse(request, "admin/asks.html", context, status=400 if form.is_bound else 200)


class ToRead(Desk):
    """Rows to look at. They are written elsewhere, and nowhere deleted alone."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def link(words: Any, name: str, *args: Any, **query: Any) -> SafeString:
    """A link to an address of Downhill."""
    return format_html('<a href="{}">{}</a>', reverse(name, args=args, query=query or None), words)


def links(*found: SafeString) -> SafeString:
    return SafeString(" · ".join(found))


def n_done(one: str, many: str, n: int) -> str:
    return ngettext(one, many, n) % {"n": n}


def yes(field: str, label: Any) -> Callable[[Any, Any], str]:
    """A column that says yes, where Django would show a picture."""

    @admin.display(description=label)
    def shown(desk: Any, row: Any) -> str:
        return _("yes") if getattr(row, field) else _("no")

    return shown


def refuse_unless(allowed: bool) -> None:
    if not allowed:
        raise Forbidden(_("Your role on the admin site does not allow this."))
