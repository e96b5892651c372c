"""People: their names, their role on the admin site, their passwords; and where they are members."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.db import connection, transaction
from django.db.models import Prefetch, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters

from classroom import events, limits, looks, second_factor, services
from classroom.models import Cohort, Look, Membership, User
from classroom.refusals import Conflict, NotFound
from lessons.moving import move
from office import roles
from office.card_pages import MOST
from office.desk import Desk, link, links, n_done, refuse_unless, yes
from office.doubles import merge_chosen
from office.erasing import erase_page, may_erase
from office.filters import picked, says_none, yes_or_no
from office.forms import MembershipForm, NewPersonForm, PasswordForm, PersonForm
from privacy import erasure, person_file

SHOWN_CLASSES = 3


class PersonDesk(Desk, UserAdmin):
    form = PersonForm
    add_form = NewPersonForm
    change_password_form = PasswordForm
    list_display = ("username", "display_name", "classes", "role", "may_log_in", "last_login", "see")
    list_filter = (
        picked(
            "class",
            gettext_lazy("class"),
            Membership._meta.get_field("cohort"),
            lambda rows, cohort: rows.filter(pk__in=Membership.objects.filter(cohort=cohort).values("user")),
        ),
        yes_or_no("staff", gettext_lazy("role"), gettext_lazy("with a role here"), gettext_lazy("without"), "is_staff"),
        yes_or_no("active", gettext_lazy("log-in"), gettext_lazy("may log in"), gettext_lazy("may not"), "is_active"),
    )
    sortable_by = ("username", "date_joined")
    search_fields = ("username", "display_name")
    search_help_text = gettext_lazy("A part of a name")
    ordering = ("username",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined", "places", "second_step")
    actions = ()

    may_log_in = yes("is_active", gettext_lazy("may log in"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        places = Membership.objects.select_related("cohort")
        if not roles.sees_all(request.user):
            places = places.filter(cohort__in=roles.classes_of(request.user))
        found: QuerySet[User] = super().get_queryset(request)
        return found.prefetch_related(Prefetch("memberships", places), "groups").defer("password")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        if request.method == "POST" and connection.in_atomic_block:
            # In one order, before the person: two who take the role from each other wait for each other.
            list(User.objects.select_for_update().filter(is_superuser=True).order_by("pk").values_list("pk"))
        return super().get_object(request, object_id, from_field)

    def of_classes(self, rows: QuerySet[Any], cohorts: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(pk__in=Membership.objects.filter(cohort__in=cohorts).values("user"))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            names = ("username", "display_name", "usable_password", "password1", "password2")
            return ((None, {"fields": names}),)
        role = ("role",) if self._asks_role(request, obj) else ()
        return (
            (None, {"fields": ("username", "display_name", "is_active", *role)}),
            (_("Where they are"), {"fields": ("places", "last_login", "date_joined", "second_step")}),
        )

    def _asks_role(self, request: HttpRequest, person: User) -> bool:
        allowed = dict(roles.choices_for(request.user))
        return (
            self.has_change_permission(request, person)
            and person.pk != request.user.pk
            and roles.of(person) in allowed
            and len(allowed) > 1
        )

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            return super().get_form(request, obj, change=change, **kwargs)
        form = super().get_form(request, obj, change=change, fields=("username", "display_name", "is_active"))
        bases: dict[str, Any] = {"actor": request.user}
        if not self._asks_role(request, obj):
            bases["role"] = None
        return type("PersonForm", (form,), bases)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        allowed: bool = super().has_change_permission(request, obj)
        # What an erasure has left is nobody, and becomes nobody else.
        return allowed and (obj is None or (roles.may_touch(request.user, obj) and not erasure.is_erased(obj)))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            obj.save()
            return
        columns = [name for name in form.changed if name != "role"]
        if columns:
            obj.save(update_fields=columns)
        if "role" in form.changed:
            roles.give(obj, form.cleaned_data["role"])
        if {"role", "is_active"} & set(form.changed):
            roles.refuse_if_no_superuser_is_left()

    # Django's own page of a new person, without the transaction around it: in it nobody else could write while the
    # password is hashed. One row is stored, and then its line in the log.
    @method_decorator(sensitive_post_parameters())
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        page: HttpResponse = self._add_view(request, form_url, extra_context)  # type: ignore[attr-defined]  # Django's
        return page

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if object_id is None:
            found: HttpResponse = self._changeform_view(request, object_id, form_url, extra_context)  # type: ignore[attr-defined]
            return found
        with transaction.atomic():
            page: HttpResponse = self._changeform_view(request, object_id, form_url, extra_context)  # type: ignore[attr-defined]
        return page

    def get_urls(self) -> list[Any]:
        guarded = self.admin_site.admin_view
        return [
            path("<int:pk>/data/", guarded(self.person_data), name="person-data"),
            path("<int:pk>/erase/", guarded(partial(erase_page, self)), name="erase"),
            path("<int:pk>/second-step/", guarded(self.take_second_step), name="take-second-step"),
            *super().get_urls(),
        ]

    def _found(self, request: HttpRequest, pk: int) -> User:
        found: User | None = self.get_object(request, str(pk))
        if found is None:
            raise NotFound(says_none())
        return found

    def take_second_step(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take the second step of somebody away who has lost their phone."""
        person = self._found(request, pk)
        refuse_unless(self.has_change_permission(request, person))
        if request.method == "POST":
            with transaction.atomic():
                second_factor.take_away(person)
                self.log_change(request, person, _("Took the second step away."))
            says = _("%(name)s logs in with the password alone now, and is logged out everywhere.") % {"name": person}
            self.message_user(request, says, messages.SUCCESS)
            return redirect("admin:classroom_user_change", pk)
        context = {**self.admin_site.each_context(request), "opts": self.opts, "person": person}
        title = _("Take the second step of %(name)s away?") % {"name": person}
        return TemplateResponse(request, "admin/take_second_step.html", {**context, "title": title})

    def response_add(self, request: HttpRequest, obj: User, post_url_continue: str | None = None) -> HttpResponse:
        self.message_user(request, _("%(name)s can log in now.") % {"name": obj}, messages.SUCCESS)
        return redirect("admin:classroom_user_change", obj.pk)

    def person_data(self, request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
        """All that is kept of a person, as a file. By a press, and it is written down: here, and for them to see."""
        person = self._found(request, pk)
        refuse_unless(_may_take_data(request, person))
        if request.method != "POST":
            title = _("Their data: %(name)s") % {"name": person}
            context = {**self.admin_site.each_context(request), "opts": self.opts, "title": title, "person": person}
            return TemplateResponse(request, "admin/person_data.html", context)
        limits.of_person("own_data", request).count()
        looks.at_members(request.user, Look.Kind.DATA, person.memberships.values_list("pk", flat=True))
        self.log_change(request, person, _("All their data was downloaded."))
        file, name = person_file.make(person, for_admin=True)
        return FileResponse(file, as_attachment=True, filename=name)

    def tools(self, request: HttpRequest, obj: User) -> list[SafeString]:
        found = [
            link(_("Classes"), "admin:classroom_membership_changelist", person=obj.pk),
            link(_("Work"), "admin:lessons_submission_changelist", person=obj.pk),
            link(_("Events"), "admin:classroom_learningevent_changelist", person=obj.pk),
            link(_("Looks"), "admin:classroom_look_changelist", person=obj.pk),
        ]
        if _may_take_data(request, obj):
            found.append(link(_("Their data (zip)"), "admin:person-data", obj.pk))
        if self.has_change_permission(request, obj):
            found.insert(0, link(_("New password"), "admin:auth_user_password_change", obj.pk))
            if second_factor.has(obj):
                found.append(link(_("Take the second step away"), "admin:take-second-step", obj.pk))
        if may_erase(request, obj) and not erasure.is_erased(obj):
            found.append(link(_("Erase this person…"), "admin:erase", obj.pk))
        return found

    @admin.display(description=gettext_lazy("classes"))
    def classes(self, user: User) -> str:
        found = [str(each.cohort) for each in user.memberships.all() if each.is_present]
        more = [_("%(n)d more") % {"n": len(found) - SHOWN_CLASSES}] if len(found) > SHOWN_CLASSES else []
        return ", ".join([*found[:SHOWN_CLASSES], *more])

    @admin.display(description=gettext_lazy("role"))
    def role(self, user: User) -> str:
        role = roles.of(user)
        return role or (_("on the admin site without a role") if user.is_staff else "")

    @admin.display(description=gettext_lazy("see"))
    def see(self, user: User) -> SafeString:
        return links(
            link(_("classes"), "admin:classroom_membership_changelist", person=user.pk),
            link(_("work"), "admin:lessons_submission_changelist", person=user.pk),
            link(_("events"), "admin:classroom_learningevent_changelist", person=user.pk),
        )

    @admin.display(description=gettext_lazy("second step"))
    def second_step(self, user: User) -> str:
        return _("on") if second_factor.has(user) else _("off")

    @admin.display(description=gettext_lazy("classes"))
    def places(self, user: User) -> SafeString | str:
        found = [
            link(f"{each.cohort} ({each.get_role_display()})", "admin:classroom_membership_change", each.pk)
            for each in user.memberships.all()
        ]
        return links(*found) if found else _("none")


def _may_take_data(request: HttpRequest, person: User) -> bool:
    """Tell whether somebody may have all that is kept of a person: a superuser, or the admin of the school."""
    role = roles.of(request.user)
    return role in (roles.SUPERUSER, roles.SCHOOL_ADMIN.key) and roles.may_touch(request.user, person)


class MemberDesk(Desk):
    """Places of people in classes, as a list of their own."""

    form = MembershipForm
    of_class = "cohort"
    list_display = ("person", "username", "cohort", "role", "student_id", "joined_at", "last_active_at", "state", "see")
    list_display_links = ("person",)
    list_filter = (
        picked(
            "class",
            gettext_lazy("class"),
            Membership._meta.get_field("cohort"),
            lambda rows, cohort: rows.filter(cohort=cohort),
        ),
        picked(
            "person",
            gettext_lazy("person"),
            Membership._meta.get_field("user"),
            lambda rows, person: rows.filter(user=person),
        ),
    )
    sortable_by = ("joined_at",)
    ordering = ("-pk",)
    list_select_related = ("user", "cohort")
    search_fields = ("student_id",)
    search_help_text = gettext_lazy("A part of a student ID")
    actions = ("move", "merge", "cards", "remove", "take_back")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).select_related("user", "cohort")

    def tools(self, request: HttpRequest, obj: Membership) -> list[SafeString]:
        return [
            link(_("Person"), "admin:classroom_user_change", obj.user_id),
            link(_("Class"), "admin:classroom_cohort_change", obj.cohort_id),
            link(_("Work"), "admin:lessons_submission_changelist", person=obj.user_id, **{"class": obj.cohort_id}),
        ]

    @admin.display(description=gettext_lazy("person"))
    def person(self, membership: Membership) -> str:
        return str(membership.user)

    @admin.display(description=gettext_lazy("username"))
    def username(self, membership: Membership) -> str:
        return membership.user.username

    @admin.display(description=gettext_lazy("here"))
    def state(self, membership: Membership) -> str:
        if membership.is_present:
            return _("in the class")
        if membership.merged_into_id is not None:
            return _("merged")
        return _("kept out") if membership.kept_out else _("removed")

    @admin.display(description=gettext_lazy("see"))
    def see(self, membership: Membership) -> SafeString:
        return links(
            link(_("person"), "admin:classroom_user_change", membership.user_id),
            link(
                _("work"),
                "admin:lessons_submission_changelist",
                person=membership.user_id,
                **{"class": membership.cohort_id},
            ),
        )

    def has_delete_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Membership | None = None) -> tuple[str, ...]:
        shown = ("joined_at", "last_active_at", "state") if obj else ()
        return ("user", "cohort", "role", "student_id", *shown)

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> tuple[str, ...]:
        # Whose work it is never changes here, and another class is a move.
        if obj is None:
            return ()
        # An instructor who is made a student could be given a new password by their colleagues.
        role = () if request.user.has_perm("classroom.add_membership") else ("role",)
        return ("user", "cohort", *role, "joined_at", "last_active_at", "state")

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        with transaction.atomic():
            if change:
                super().save_model(request, obj, form, change)
            else:
                obj.cohort.refuse_if_archived()
                services.hold([obj.user])
                obj.save()
                events.record(events.CohortJoined(), obj)
            services.touch(obj.cohort)

    @admin.action(description=gettext_lazy("Remove from the class; the work is kept"), permissions=["change"])
    def remove(self, request: HttpRequest, chosen: QuerySet[Membership]) -> None:
        self.act(
            request,
            chosen,
            self._removed,
            said=lambda n: n_done("Removed.", "%(n)d removed.", n),
        )

    def _removed(self, membership: Membership) -> None:
        if membership.is_instructor:
            raise Conflict(_("Only students are removed. Make them a student first."))
        services.remove(None, membership)

    @admin.action(description=gettext_lazy("Take back into the class"), permissions=["change"])
    def take_back(self, request: HttpRequest, chosen: QuerySet[Membership]) -> None:
        self.act(
            request,
            chosen,
            lambda each: services.take_back(None, each),
            said=lambda n: n_done("Taken back.", "%(n)d taken back.", n),
        )

    @admin.action(description=gettext_lazy("Move to another class, with all work…"), permissions=["change"])
    def move(self, request: HttpRequest, chosen: QuerySet[Membership]) -> HttpResponse | None:
        form = MoveForm(self, request, request.POST if "to" in request.POST else None)
        if form.is_valid():
            to = form.cleaned_data["to"]
            self.act(
                request,
                chosen,
                lambda each: self._moved(each, to),
                said=lambda n: n_done("Moved.", "%(n)d moved.", n),
            )
            return None
        return self.asks(request, chosen, "move", form, title=_("Move to another class"), press=_("Move"))

    @admin.action(description=gettext_lazy("Merge two accounts of one person…"), permissions=["change"])
    def merge(self, request: HttpRequest, chosen: QuerySet[Membership]) -> HttpResponse | None:
        return merge_chosen(self, request, chosen)

    @admin.action(description=gettext_lazy("New passwords, on log-in cards…"), permissions=["change"])
    def cards(self, request: HttpRequest, chosen: QuerySet[Membership]) -> HttpResponse:
        members = list(chosen.values_list("pk", flat=True)[: MOST + 1])
        return redirect(reverse("admin:cards", query={"member": members}))

    def _moved(self, membership: Membership, to: Cohort) -> str:
        was = str(membership.cohort)
        move(membership, to)
        return _("Moved from %(was)s to %(now)s.") % {"was": was, "now": to}


class MoveForm(forms.Form):
    """The class that members go to."""

    def __init__(self, desk: Desk, request: HttpRequest, *args: Any) -> None:
        super().__init__(*args)
        to = Membership._meta.get_field("cohort")
        field = desk.formfield_for_foreignkey(to, request)
        field.label = _("To which class?")
        field.help_text = _("Answers, predictions, runs and badges go along. Both classes are told.")
        self.fields["to"] = field
