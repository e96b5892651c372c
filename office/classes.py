"""Classes: their settings, their way in, their end."""

from __future__ import annotations

from functools import partial
from io import StringIO
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from classroom import classes, services
from classroom.models import Cohort, CohortVersion, Membership, Pace, Role
from classroom.names import validate_display_name
from classroom.refusals import Conflict, NotFound
from dashboard.class_settings import LONGEST_NAME, zones
from office.card_pages import cards_page, may_make_cards
from office.desk import Desk, link, links, n_done, refuse_unless
from office.filters import one_of, yes_or_no
from office.forms import CohortForm
from office.rosters import may_change_rosters, roster_file, roster_page
from privacy import erasure, retention


def _number_of(role: Role) -> Coalesce:
    """How many members of a role a class has, asked for the classes that are shown and no others."""
    present = Membership.objects.present().filter(cohort=OuterRef("pk"), role=role).order_by()
    counted = present.values("cohort").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _says_end(cohort: Cohort) -> str:
    due = retention.due_of(cohort)
    if due is None:
        return _("The class is kept for good.")
    day = date_format(timezone.localtime(due.at, cohort.zone), "j F Y")
    return _("The class will be deleted on %(day)s, if nobody opens it before.") % {"day": day}


class CohortDesk(Desk):
    form = CohortForm
    list_display = ("name", "slug", "join_code", "students", "instructors", "pace", "kind", "state", "see")
    list_filter = (
        yes_or_no("archived", gettext_lazy("state"), gettext_lazy("archived"), gettext_lazy("open"), "archived"),
        one_of(
            "kind",
            gettext_lazy("kind"),
            (("class", gettext_lazy("class")), ("rehearsal", gettext_lazy("rehearsal"))),
            lambda rows, value: rows.filter(rehearsal__isnull=value == "class"),
        ),
        one_of("pace", gettext_lazy("pace"), Pace.choices, lambda rows, value: rows.filter(pace=value)),
    )
    sortable_by = ("name", "created_at")
    ordering = ("name", "pk")
    search_fields = ("name", "slug", "join_code")
    search_help_text = gettext_lazy("A part of a name, address or join code")
    prepopulated_fields = {"slug": ("name",)}
    actions = ("archive", "reopen", "close_joining", "open_joining", "new_code", "copy")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Cohort]:
        found: QuerySet[Cohort] = super().get_queryset(request)
        return found.select_related("rehearsal").annotate(
            n_students=_number_of(Role.STUDENT), n_instructors=_number_of(Role.INSTRUCTOR)
        )

    def of_classes(self, rows: QuerySet[Any], cohorts: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(pk__in=cohorts)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Cohort | None = None) -> dict[str, Any]:
        return {} if obj else super().get_prepopulated_fields(request, obj)

    def get_fields(self, request: HttpRequest, obj: Cohort | None = None) -> tuple[str, ...]:
        rule = () if obj and obj.rule_fixed_at else ("gradient_rule",)
        fixed = ("rule",) if obj and obj.rule_fixed_at else ()
        shown = ("taught", "kind", "state", "created_at") if obj else ()
        return ("name", "slug", "join_code", "lessons", *rule, *fixed, "time_zone", "day", "hour", "keep_for", *shown)

    def get_readonly_fields(self, request: HttpRequest, obj: Cohort | None = None) -> tuple[str, ...]:
        # The slug stands in addresses that people have kept.
        shown = ("slug", "rule", "taught", "kind", "state", "created_at") if obj else ()
        # A number of days deletes a class too.
        return shown if request.user.has_perm("classroom.delete_cohort") else (*shown, "keep_for")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        names = ("name", "join_code", "lessons", "gradient_rule", "time_zone", "keep_for")
        fields = names if obj else ("slug", *names)
        return super().get_form(request, obj, change=change, fields=fields)

    def has_delete_permission(self, request: HttpRequest, obj: Cohort | None = None) -> bool:
        allowed: bool = super().has_delete_permission(request, obj)
        return allowed and obj is not None

    @admin.display(description=gettext_lazy("students"))
    def students(self, cohort: Any) -> SafeString:
        return link(cohort.n_students, "admin:classroom_membership_changelist", **{"class": cohort.pk})

    @admin.display(description=gettext_lazy("instructors"))
    def instructors(self, cohort: Any) -> int:
        return int(cohort.n_instructors)

    @admin.display(description=gettext_lazy("kind"))
    def kind(self, cohort: Cohort) -> str:
        return str(_("rehearsal") if hasattr(cohort, "rehearsal") else _("class"))

    @admin.display(description=gettext_lazy("state"))
    def state(self, cohort: Cohort) -> str:
        if cohort.archived:
            return _("archived")
        return _("open") if cohort.is_joining_open else _("joining closed")

    @admin.display(description=gettext_lazy("gradient rule"))
    def rule(self, cohort: Cohort) -> str:
        return _("%(rule)s. It cannot change: answers have been graded with it.") % {
            "rule": cohort.get_gradient_rule_display()
        }

    @admin.display(description=gettext_lazy("how it is taught"))
    def taught(self, cohort: Any) -> SafeString:
        return format_html(
            "{}. {}: {}. {}",
            cohort.get_pace_display(),
            _("Instructors"),
            cohort.n_instructors,
            link(_("Open its page"), "admin:class-page", cohort.pk),
        )

    @admin.display(description=gettext_lazy("see"))
    def see(self, cohort: Cohort) -> SafeString:
        return links(
            link(_("page"), "admin:class-page", cohort.pk),
            link(_("people"), "admin:classroom_membership_changelist", **{"class": cohort.pk}),
            link(_("work"), "admin:lessons_submission_changelist", **{"class": cohort.pk}),
        )

    def get_urls(self) -> list[Any]:
        guarded = self.admin_site.admin_view
        return [
            path("<int:pk>/page/", guarded(self.class_page), name="class-page"),
            path("cards/", guarded(partial(cards_page, self)), name="cards"),
            path("roster/", guarded(partial(roster_page, self)), name="roster"),
            path("roster.csv", guarded(partial(roster_file, self)), name="roster-file"),
            *super().get_urls(),
        ]

    def list_tools(self, request: HttpRequest) -> list[SafeString]:
        roster = [link(_("Roster"), "admin:roster")] if may_change_rosters(request) else []
        return [*roster, link(_("Log-in cards"), "admin:cards")] if may_make_cards(request) else roster

    def class_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The page from which a class is led. It is for those who teach it: an admin becomes one of them by a press."""
        cohort = self._found(request, pk)
        grid = redirect("dashboard:grid", cohort.slug)
        mine = Membership.objects.present().filter(user_id=request.user.pk or 0, cohort=cohort).first()
        if mine is not None:
            return grid
        refuse_unless(self.has_change_permission(request, cohort))
        if request.method == "POST":
            place = services.enrol(request.user, cohort, Role.INSTRUCTOR)  # type: ignore[arg-type]  # who is logged in
            if not (place.is_present and place.is_instructor):
                raise Conflict(_("You were a student of this class. Use another account to teach it."))
            self.log_change(request, cohort, _("Became an instructor of the class."))
            return grid
        context = {**self.admin_site.each_context(request), "opts": self.opts, "cohort": cohort, "title": str(cohort)}
        return TemplateResponse(request, "admin/class_page.html", context)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Delete an archived class, by typing its name."""
        cohort = self.get_object(request, object_id)
        refuse_unless(self.has_delete_permission(request, cohort))
        if cohort is None:
            raise NotFound(_("You have no such class."))
        if not cohort.archived:
            raise Conflict(_("Archive the class first. Only an archived class can be deleted."))
        form = DeleteForm(cohort, request.POST if request.method == "POST" else None)
        if form.is_valid() and form.is_backed_up():
            with transaction.atomic():
                if not Cohort.objects.select_for_update().filter(pk=cohort.pk, archived=True).exists():
                    raise Conflict(_("Somebody has just reopened the class."))
                self.log_deletions(request, Cohort.objects.filter(pk=cohort.pk))
                erasure.delete_class(cohort)
            self.message_user(request, _("%(class)s was deleted.") % {"class": cohort}, messages.SUCCESS)
            return redirect("admin:classroom_cohort_changelist")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "cohort": cohort,
            "form": form,
            "title": _("Delete “%(class)s”") % {"class": cohort},
            "n_students": cohort.n_students,
            "n_submissions": Membership.objects.filter(cohort=cohort).aggregate(n=Count("submissions"))["n"],
            "n_awards": Membership.objects.filter(cohort=cohort).aggregate(n=Count("awards"))["n"],
        }
        return TemplateResponse(request, "admin/delete_class.html", context, status=400 if form.is_bound else 200)

    def _found(self, request: HttpRequest, pk: int) -> Cohort:
        cohort = self.get_object(request, str(pk))
        if cohort is None:
            raise NotFound(_("You have no such class."))
        found: Cohort = cohort
        return found

    def tools(self, request: HttpRequest, obj: Cohort) -> list[SafeString]:
        here = {"class": obj.pk}
        return [
            link(_("Class page"), "admin:class-page", obj.pk),
            link(_("People"), "admin:classroom_membership_changelist", **here),
            link(_("Work"), "admin:lessons_submission_changelist", **here),
            *([link(_("Log-in cards"), "admin:cards", **here)] if may_make_cards(request) else []),
        ]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().render_change_form(request, {**context, "zones": zones()}, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Cohort, form: Any, change: bool) -> None:
        """Save, the gradient rule by compare-and-set: a first answer may arrive while this form is open."""
        obj.next_session_at = form.cleaned_data.get("next_session_at")
        sets_days = "keep_for" in form.changed_data
        if sets_days:
            obj.keep_for_set_at = timezone.now() if obj.keep_for is not None else None
        with transaction.atomic():
            if change:
                self._save_changes(obj, form)
            else:
                obj.save()
                CohortVersion.objects.get_or_create(cohort=obj)
        if sets_days:
            self.message_user(request, _says_end(obj), messages.INFO)

    def _save_changes(self, obj: Cohort, form: Any) -> None:
        columns = {name for name in form.changed if name not in ("day", "hour", "gradient_rule")}
        if {"day", "hour", "time_zone"} & set(form.changed):
            columns.add("next_session_at")
        if "keep_for" in columns:
            columns.add("keep_for_set_at")
        rule = obj.gradient_rule
        obj.save(update_fields=columns)
        if "gradient_rule" in form.changed:
            obj.gradient_rule = ""
            services.set_gradient_rule(obj, rule)
        services.touch(obj)

    @admin.action(description=gettext_lazy("Archive: can be read, takes nothing new"), permissions=["change"])
    def archive(self, request: HttpRequest, chosen: QuerySet[Cohort]) -> None:
        self.act(
            request,
            chosen,
            lambda cohort: classes.set_archived(cohort, archived=True, by=None),
            said=lambda n: n_done("Archived.", "%(n)d classes archived.", n),
        )

    @admin.action(description=gettext_lazy("Reopen"), permissions=["change"])
    def reopen(self, request: HttpRequest, chosen: QuerySet[Cohort]) -> None:
        self.act(
            request,
            chosen,
            lambda cohort: classes.set_archived(cohort, archived=False, by=None),
            said=lambda n: n_done("Reopened.", "%(n)d classes reopened.", n),
        )

    @admin.action(description=gettext_lazy("Close joining: the code takes nobody in"), permissions=["change"])
    def close_joining(self, request: HttpRequest, chosen: QuerySet[Cohort]) -> None:
        self.act(
            request,
            chosen,
            lambda cohort: services.set_joining(cohort, is_open=False, by=None),
            said=lambda n: n_done("Joining closed.", "Joining closed in %(n)d classes.", n),
        )

    @admin.action(description=gettext_lazy("Open joining"), permissions=["change"])
    def open_joining(self, request: HttpRequest, chosen: QuerySet[Cohort]) -> None:
        self.act(
            request,
            chosen,
            lambda cohort: services.set_joining(cohort, is_open=True, by=None),
            said=lambda n: n_done("Joining opened.", "Joining opened in %(n)d classes.", n),
        )

    @admin.action(description=gettext_lazy("New join code; the old one stops"), permissions=["change"])
    def new_code(self, request: HttpRequest, chosen: QuerySet[Cohort]) -> None:
        self.act(
            request,
            chosen,
            lambda cohort: services.change_code(cohort, cohort.join_code, by=None) and None,
            said=lambda n: n_done("New join code.", "New join codes for %(n)d classes.", n),
        )

    @admin.action(description=gettext_lazy("Copy to a new term, without people…"), permissions=["add"])
    def copy(self, request: HttpRequest, chosen: QuerySet[Cohort]) -> HttpResponse | None:
        form = CopyForm(list(chosen), request.POST if "copied" in request.POST else None)
        if not form.is_valid():
            return self.asks(request, chosen, "copy", form, title=_("Copy to a new term"), press=_("Copy"))
        for cohort in chosen:
            made = classes.copy_for_term(cohort, form.cleaned_data[f"name-{cohort.pk}"])
            self.log_addition(request, made, _("Copied from %(class)s.") % {"class": cohort})
        self.message_user(request, n_done("Copied.", "%(n)d classes copied.", len(chosen)), messages.SUCCESS)
        return None


class CopyForm(forms.Form):
    """A name for the copy of each class."""

    def __init__(self, cohorts: list[Cohort], *args: Any) -> None:
        super().__init__(*args)
        self.fields["copied"] = forms.CharField(initial="yes", widget=forms.HiddenInput)
        for cohort in cohorts:
            self.fields[f"name-{cohort.pk}"] = forms.CharField(
                label=_("Name for the copy of %(class)s") % {"class": cohort},
                initial=(_("%(name)s, new term") % {"name": cohort.name})[:LONGEST_NAME],
                max_length=LONGEST_NAME,
                validators=[validate_display_name],
            )


class DeleteForm(forms.Form):
    """The name of a class, typed by whoever wants it gone."""

    name = forms.CharField(
        label=gettext_lazy("Type the name of the class"), widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    without = forms.BooleanField(label=gettext_lazy("Delete it without a backup"), required=False)

    def __init__(self, cohort: Cohort, *args: Any) -> None:
        super().__init__(*args)
        self.cohort = cohort
        if not self.is_bound or "without" not in self.data:
            self.fields["without"].widget = forms.HiddenInput()

    def is_backed_up(self) -> bool:
        """Save everything first; if that cannot be done, say why and ask whether it may be done without."""
        if self.cleaned_data["without"]:
            return True
        try:
            call_command("backup", stdout=StringIO())
        except CommandError as error:
            self.add_error(None, str(error))
            self.fields["without"].widget = forms.CheckboxInput()
            return False
        return True

    def clean_name(self) -> str:
        if " ".join(self.cleaned_data["name"].split()) != " ".join(self.cohort.name.split()):
            raise forms.ValidationError(_("That is not the name of this class."))
        return self.cohort.name
