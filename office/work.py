"""What was done in classes, to look at: answers, predictions after their reveal, reviews, badges, runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from badges import catalogue
from badges.models import Award
from classroom import looks
from classroom.models import Look, Membership
from experiments import registry, services
from experiments.models import Run, RunRequest, RunState
from lessons.models import Prediction, Reconciliation, Review, Submission
from office import roles
from office.desk import ToRead, link, links, n_done, yes
from office.filters import one_of, picked

SHOWN_ASKERS = 3


def _belong(rows: QuerySet[Any], members: list[int]) -> QuerySet[Any]:
    return rows.filter(membership__in=members)


def of_members(belong: Callable[[QuerySet[Any], list[int]], QuerySet[Any]] = _belong) -> tuple[Any, ...]:
    """Filters by class and by person, for rows that belong to members.

    Parameters
    ----------
    belong : gives the rows of some members by their keys. With these a database enters the index of the rows, which a
        condition across tables would not.
    """

    def by(condition: Any) -> Any:
        return lambda rows, chosen: belong(rows, list(condition(chosen).values_list("pk", flat=True)))

    membership = Membership._meta
    return (
        picked(
            "class",
            gettext_lazy("class"),
            membership.get_field("cohort"),
            by(lambda cohort: Membership.objects.filter(cohort=cohort)),
        ),
        picked(
            "person",
            gettext_lazy("person"),
            membership.get_field("user"),
            by(lambda person: Membership.objects.filter(user=person)),
        ),
    )


class OfMember(ToRead):
    """Rows that belong to a member. Whoever opens one, or a list of them, has looked at that member's work."""

    of_class = "membership__cohort"
    list_filter = of_members()
    list_select_related: ClassVar[tuple[str, ...]] = ("membership__user", "membership__cohort")
    sortable_by = ()
    ordering = ("-pk",)

    def member_of(self, row: Any) -> int:
        return int(row.membership_id)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        page = super().changelist_view(request, extra_context)
        if isinstance(page, TemplateResponse) and (listed := (page.context_data or {}).get("cl")):
            looks.at_members(request.user, Look.Kind.LIST, map(self.member_of, listed.result_list))
        return page

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        if obj is not None:
            looks.at_members(request.user, Look.Kind.WORK, [self.member_of(obj)])
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    @admin.display(description=gettext_lazy("person"))
    def person(self, row: Any) -> SafeString:
        return link(row.membership.user, "admin:classroom_user_change", row.membership.user_id)

    @admin.display(description=gettext_lazy("class"))
    def cohort(self, row: Any) -> SafeString:
        return link(row.membership.cohort, "admin:classroom_cohort_change", row.membership.cohort_id)

    def of_classes(self, rows: QuerySet[Any], cohorts: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(membership__in=Membership.objects.filter(cohort__in=cohorts))


class SubmissionDesk(OfMember):
    list_display = ("received_at", "person", "cohort", "activity", "step", "right", "slip", "entered_by")
    list_select_related = (*OfMember.list_select_related, "entered_by__user")
    fields = (
        "received_at",
        "person",
        "cohort",
        "lesson",
        "activity",
        "step",
        "accepted",
        "is_try",
        "slip",
        "sent",
        "got",
    )
    readonly_fields = ("person", "cohort", "sent", "got")

    right = yes("accepted", gettext_lazy("accepted"))

    @admin.display(description=gettext_lazy("what was sent"))
    def sent(self, row: Submission) -> SafeString:
        return _as_json(row.answer)

    @admin.display(description=gettext_lazy("what came back"))
    def got(self, row: Submission) -> SafeString:
        return _as_json(row.reply)


class PredictionDesk(OfMember):
    """Predictions whose reveal their owner has seen. What is still sealed is sealed here too."""

    list_display = ("sealed_at", "person", "cohort", "activity", "item", "round", "choice", "counts")
    fields = (
        *("sealed_at", "person", "cohort", "lesson", "activity", "item", "round", "choice", "second", "confidence"),
        *("because", "counts"),
    )
    readonly_fields = ("person", "cohort")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Prediction]:
        names = ("membership", "lesson", "activity", "item")
        seen = Reconciliation.objects.filter(**{name: OuterRef(name) for name in names})
        return super().get_queryset(request).filter(Exists(seen))


class ReviewDesk(OfMember):
    of_class = "submission__membership__cohort"
    list_filter = (
        *of_members(lambda rows, members: rows.filter(submission__membership__in=members)),
        one_of(
            "decision",
            gettext_lazy("decision"),
            Review.Decision.choices,
            lambda rows, value: rows.filter(decision=value),
        ),
    )
    list_display = ("decided_at", "person", "cohort", "decision", "by", "taken_back_at")
    list_select_related = ("submission__membership__user", "submission__membership__cohort", "by__user")
    fields = ("decided_at", "person", "cohort", "text", "decision", "met", "comment", "by", "taken_back_at")
    readonly_fields = ("person", "cohort", "text")

    def of_classes(self, rows: QuerySet[Any], cohorts: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(submission__membership__cohort__in=cohorts)

    def member_of(self, row: Review) -> int:
        return row.submission.membership_id

    @admin.display(description=gettext_lazy("person"))
    def person(self, row: Review) -> SafeString:
        return super().person(row.submission)

    @admin.display(description=gettext_lazy("class"))
    def cohort(self, row: Review) -> SafeString:
        return super().cohort(row.submission)

    @admin.display(description=gettext_lazy("what was reviewed"))
    def text(self, row: Review) -> SafeString:
        return link(row.submission, "admin:lessons_submission_change", row.submission_id)


class AwardDesk(OfMember):
    list_display = ("issued_at", "person", "cohort", "title", "given_because", "revoked_at", "see")
    list_filter = (
        *of_members(),
        one_of(
            "state",
            gettext_lazy("state"),
            (("valid", gettext_lazy("valid")), ("revoked", gettext_lazy("revoked"))),
            lambda rows, value: rows.filter(revoked_at__isnull=value == "valid"),
        ),
    )
    # Whoever has the signed credential can show it: it is its owner's to share.
    fields = (
        *("issued_at", "person", "cohort", "title", "uuid", "given_by", "given_because", "is_shared", "shows_name"),
        *("revoked_at", "revoked", "revoked_by", "revoked_because"),
    )
    readonly_fields = ("person", "cohort", "title")

    @admin.display(description=gettext_lazy("badge"))
    def title(self, award: Award) -> str:
        badge = catalogue.all_badges().get(award.badge)
        return badge.title if badge else award.badge

    @admin.display(description=gettext_lazy("see"))
    def see(self, award: Award) -> SafeString:
        return link(_("work"), "admin:lessons_submission_changelist", person=award.membership.user_id)


def _asked_by(members: Iterable[int]) -> QuerySet[Any]:
    return RunRequest.objects.filter(membership__in=members).values("run")


class RunDesk(ToRead):
    """Runs: who asked for them, and how far they are. A run that failed is begun again, one that hangs is cancelled."""

    list_display = ("queued_at", "kind", "seed", "state", "how_far", "attempt", "asked_by", "finished_at", "failure")
    list_filter = (
        *of_members(lambda rows, members: rows.filter(pk__in=_asked_by(members))),
        one_of("state", gettext_lazy("state"), RunState.choices, lambda rows, value: rows.filter(state=value)),
        one_of(
            "kind",
            gettext_lazy("kind"),
            lambda: [(kind, kind) for kind in registry.names()],
            lambda rows, value: rows.filter(kind=value),
        ),
    )
    sortable_by = ()
    ordering = ("-queued_at", "-pk")
    # A result fills many pages; its numbers are where the run was asked for.
    exclude = ("result",)
    readonly_fields = ("asked_by",)
    actions = ("again", "cancel")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        rows: QuerySet[Run] = super().get_queryset(request)
        # Runs are shared: who else asked for one is for those who see all classes.
        asked = RunRequest.objects.filter(withdrawn_at=None).select_related("membership__user")
        if not roles.sees_all(request.user):
            asked = asked.filter(membership__in=Membership.objects.filter(cohort__in=roles.classes_of(request.user)))
        return rows.defer("result", "provenance").prefetch_related(Prefetch("requests", asked))

    def of_classes(self, rows: QuerySet[Any], cohorts: QuerySet[Any]) -> QuerySet[Any]:
        asked = RunRequest.objects.filter(membership__in=Membership.objects.filter(cohort__in=cohorts))
        return rows.filter(pk__in=asked.values("run"))

    def has_act_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("experiments.change_run"))

    @admin.display(description=gettext_lazy("done"))
    def how_far(self, run: Run) -> str:
        return f"{run.done} / {run.total}"

    @admin.display(description=gettext_lazy("for"))
    def asked_by(self, run: Run) -> SafeString | str:
        wanted = {each.membership_id: each for each in run.requests.all()}.values()
        found = [
            link(each.membership.user, "admin:classroom_user_change", each.membership.user_id)
            for each in list(wanted)[:SHOWN_ASKERS]
        ]
        more = (
            [format_html("{}", _("%(n)d more") % {"n": len(wanted) - len(found)})] if len(wanted) > len(found) else []
        )
        return links(*found, *more) if found else _("nobody now")

    @admin.action(description=gettext_lazy("Run again"), permissions=["act"])
    def again(self, request: HttpRequest, chosen: QuerySet[Run]) -> None:
        self.act(
            request, chosen, services.run_again, said=lambda n: n_done("It waits again.", "%(n)d runs wait again.", n)
        )

    @admin.action(description=gettext_lazy("Cancel"), permissions=["act"])
    def cancel(self, request: HttpRequest, chosen: QuerySet[Run]) -> None:
        self.act(request, chosen, services.cancel, said=lambda n: n_done("Cancelled.", "%(n)d runs cancelled.", n))


def _as_json(value: Any) -> SafeString:
    return format_html("<pre>{}</pre>", json.dumps(value, ensure_ascii=False, indent=2))
