"""The admin site: people, cohorts, memberships."""

from __future__ import annotations

import zoneinfo
from typing import Any

from allauth.account.models import EmailAddress
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from badges.models import Award
from classroom import services
from classroom.models import Cohort, CohortVersion, LearningEvent, Membership, Role, User
from lessons import catalogue

admin.site.site_header = admin.site.site_title = "Downhill"
admin.site.index_title = _("People and classes")
admin.site.unregister(Group)
admin.site.unregister(EmailAddress)


class LowerCaseUsername:
    """Usernames are kept in lower case, which is how the log-in looks for them."""

    cleaned_data: dict[str, Any]

    def clean_username(self) -> str:
        return (self.cleaned_data.get("username") or "").lower()


class NewUserForm(LowerCaseUsername, AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("username", "display_name")


class PersonForm(LowerCaseUsername, UserChangeForm):
    pass


class CohortForm(forms.ModelForm):
    lessons = forms.MultipleChoiceField(
        label=_("lessons"), widget=forms.CheckboxSelectMultiple, initial=["data-rules-everything"]
    )

    class Meta:
        model = Cohort
        fields = (
            "name",
            "slug",
            "join_code",
            "lessons",
            "gradient_rule",
            "pace",
            "time_zone",
            "next_session_at",
            "archived",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and self.instance.next_session_at:
            # In the class's zone; Django would show it in the server's.
            shown = timezone.make_naive(self.instance.next_session_at, self.instance.zone)
            self.initial["next_session_at"] = shown
        known = {slug: loaded.lesson.title for slug, loaded in catalogue.all_lessons().items()}
        # A lesson that was taken out of the catalogue stays with the classes that had it.
        chosen: forms.MultipleChoiceField = self.fields["lessons"]  # type: ignore[assignment]  # as it stands above
        chosen.choices = list({**{s: s for s in self.instance.lessons}, **known}.items())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        typed, zone = cleaned.get("next_session_at"), cleaned.get("time_zone")
        # A zone that is none is refused by the model, after this.
        if typed and zone in zoneinfo.available_timezones():
            # Django read it as if it were in the server's zone.
            cleaned["next_session_at"] = timezone.make_aware(timezone.make_naive(typed), zoneinfo.ZoneInfo(zone))
        return cleaned

    def clean_gradient_rule(self) -> str:
        rule = str(self.cleaned_data["gradient_rule"])
        if self.instance.pk and self.instance.rule_fixed_at and rule != self.initial["gradient_rule"]:
            raise forms.ValidationError(Cohort.says_rule_fixed)
        return rule


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ("user",)
    fields = ("user", "role", "joined_at")
    readonly_fields = ("joined_at",)


class WithHistory:
    """What happened goes together with the person or the class, although nobody may delete it alone."""

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], Any]:
        found, counts, forbidden, protected = super().get_deleted_objects(objs, request)  # type: ignore[misc]  # a mixin
        together = {str(model._meta.verbose_name) for model in (LearningEvent, Award)}
        return found, counts, set(forbidden) - together, protected


@admin.register(User)
class PersonAdmin(WithHistory, UserAdmin):
    form = PersonForm
    add_form = NewUserForm
    list_display = ("username", "display_name", "classes", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff", "memberships__cohort")
    search_fields = ("username", "display_name")
    ordering = ("username",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password", "display_name")}),
        (_("Permissions"), {"fields": ("is_active", "is_staff", "is_superuser")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("username", "display_name", "usable_password", "password1", "password2")}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("memberships__cohort")

    # Django's own pages of a person, without the transaction around them: in it nobody else could write while the
    # password is hashed. One row is stored, and then its line in the log.
    @method_decorator(sensitive_post_parameters())
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        page: HttpResponse = self._add_view(request, form_url, extra_context)  # type: ignore[attr-defined]  # Django's
        return page

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        page: HttpResponse = self._changeform_view(request, *args, **kwargs)  # type: ignore[attr-defined]  # Django's
        return page

    @admin.display(description=_("classes"))
    def classes(self, user: User) -> str:
        return ", ".join(str(membership.cohort) for membership in user.memberships.all())


@admin.register(Cohort)
class CohortAdmin(WithHistory, admin.ModelAdmin):
    form = CohortForm
    list_display = ("name", "slug", "join_code", "students", "instructors", "gradient_rule", "pace", "kind", "archived")
    list_filter = ("archived", ("rehearsal", admin.EmptyFieldListFilter), "pace", "gradient_rule")
    list_select_related = ("rehearsal",)
    search_fields = ("name", "slug", "join_code")
    prepopulated_fields = {"slug": ("name",)}
    inlines = (MembershipInline,)
    actions = ("archive", "reopen")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Cohort]:
        found: QuerySet[Cohort] = super().get_queryset(request)
        return found.annotate(
            n_students=Count("memberships", filter=Q(memberships__role=Role.STUDENT, memberships__removed_at=None)),
            n_instructors=Count("memberships", filter=Q(memberships__role=Role.INSTRUCTOR)),
        )

    def get_prepopulated_fields(self, request: HttpRequest, obj: Cohort | None = None) -> dict[str, Any]:
        return {} if obj else super().get_prepopulated_fields(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Cohort | None = None) -> tuple[str, ...]:
        # The slug stands in addresses that people have kept.
        return ("slug",) if obj else ()

    @admin.display(description=_("students"), ordering="n_students")
    def students(self, cohort: Any) -> int:
        return int(cohort.n_students)

    @admin.display(description=_("instructors"), ordering="n_instructors")
    def instructors(self, cohort: Any) -> int:
        return int(cohort.n_instructors)

    @admin.display(description=_("kind"))
    def kind(self, cohort: Cohort) -> str:
        return str(_("rehearsal") if hasattr(cohort, "rehearsal") else _("class"))

    @admin.action(description=_("Archive: can be read, takes nothing new"))
    def archive(self, request: HttpRequest, chosen: QuerySet[Cohort]) -> None:
        self._set_archived(chosen, archived=True)

    @admin.action(description=_("Reopen"))
    def reopen(self, request: HttpRequest, chosen: QuerySet[Cohort]) -> None:
        self._set_archived(chosen, archived=False)

    def _set_archived(self, chosen: QuerySet[Cohort], *, archived: bool) -> None:
        Cohort.objects.filter(pk__in=[cohort.pk for cohort in chosen]).update(archived=archived)

    def save_model(self, request: HttpRequest, obj: Cohort, form: Any, change: bool) -> None:
        """Save, the gradient rule by compare-and-set: a first answer may arrive while this form is open."""
        with transaction.atomic():
            rule = obj.gradient_rule
            if change:
                obj.gradient_rule = form.initial["gradient_rule"]
                obj.save(
                    update_fields=["name", "join_code", "lessons", "pace", "time_zone", "next_session_at", "archived"]
                )
                services.set_gradient_rule(obj, rule)
            else:
                obj.save()
            CohortVersion.objects.get_or_create(cohort=obj)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        services.touch(form.instance)


@admin.register(Membership)
class MembershipAdmin(WithHistory, admin.ModelAdmin):
    list_display = ("user", "cohort", "role", "student_id", "joined_at", "last_active_at", "removed_at")
    list_filter = ("role", "cohort")
    search_fields = ("user__username", "user__display_name", "cohort__name")
    autocomplete_fields = ("user", "cohort")
    list_select_related = ("user", "cohort")

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        services.touch(obj.cohort)

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        super().delete_model(request, obj)
        services.touch(obj.cohort)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        cohorts = list(Cohort.objects.filter(memberships__in=queryset).distinct())
        super().delete_queryset(request, queryset)
        for cohort in cohorts:
            services.touch(cohort)


@admin.register(LearningEvent)
class LearningEventAdmin(admin.ModelAdmin):
    """Read-only: what happened is not edited."""

    list_display = ("at", "kind", "membership", "facts")
    list_filter = ("kind", "membership__cohort")
    list_select_related = ("membership__user", "membership__cohort")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: LearningEvent | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: LearningEvent | None = None) -> bool:
        return False
