"""The page of the roster: a file, what it would change, and the press that changes it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core import signing
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from classroom.models import Cohort, Membership
from classroom.refusals import Conflict, Refusal
from office import roster
from office.desk import Desk, refuse_unless

SALT = "office.rosters"
KEPT_FOR = 3600  # seconds that a preview can be applied
SHOWN = 300
EXAMPLE = """student_id,name,username,class,role
4711,Ada Lovelace,,evening,student
4712,Alan Turing,alan,evening,student
,Grace Hopper,grace,evening,instructor"""
# First what an admin has to see.
ORDER = (roster.WRONG, roster.NEW, roster.ADDED, roster.BACK, roster.CHANGED, roster.SAME)


class RosterForm(forms.Form):
    """A file or a pasted table, and the class of lines that name none."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.zip"}),
    )
    text = forms.CharField(
        label=gettext_lazy("Or paste the table"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )

    def __init__(self, desk: Desk, request: HttpRequest, *args: Any) -> None:
        super().__init__(*args)
        self.label_suffix = ""
        into = desk.formfield_for_foreignkey(Membership._meta.get_field("cohort"), request)
        into.label, into.required = _("Class of lines that name none"), False
        self.fields = {"file": self.fields["file"], "into": into, "text": self.fields["text"]}

    def given(self) -> bytes:
        file = self.cleaned_data["file"]
        return file.read() if file else str(self.cleaned_data["text"]).encode()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("file") and not (cleaned.get("text") or "").strip() and not self.errors:
            self.add_error("file", _("Choose a file, or paste a table."))
        return cleaned


def roster_page(desk: Desk, request: HttpRequest) -> HttpResponse:
    """Read a roster, show what it would do, and do it."""
    refuse_unless(may_change_rosters(request))
    if "apply" in request.POST:
        return _apply(desk, request)
    form = RosterForm(desk, request, *([request.POST, request.FILES] if request.method == "POST" else []))
    if request.method == "POST" and form.is_valid():
        try:
            rows, unread = roster.read(form.given())
        except Refusal as refused:
            form.add_error(None, str(refused.detail))
        else:
            into = form.cleaned_data["into"]
            kept = {"rows": [list(vars(row).values()) for row in rows], "into": into and into.pk, "unread": unread}
            return _preview(desk, request, kept)
    status = 400 if form.is_bound else 200
    context = {**desk.admin_site.each_context(request), "opts": desk.opts, "form": form, "title": _("Roster")}
    context |= {"media": desk.media + form.media, "example": EXAMPLE}
    return TemplateResponse(request, "admin/roster.html", context, status=status)


def roster_file(desk: Desk, request: HttpRequest) -> HttpResponse:
    """The roster as it is, of the classes that are open, or of one of them."""
    refuse_unless(request.user.has_perm("classroom.view_membership"))
    cohorts = desk.get_queryset(request).filter(archived=False, rehearsal=None)
    if (one := request.GET.get("class")) is not None:
        cohorts = cohorts.filter(slug=one)
    members = Membership.objects.present().filter(cohort__in=cohorts.values("pk"))
    rows = members.select_related("user", "cohort").order_by("cohort__slug", "user__display_name", "pk")
    answer = StreamingHttpResponse(roster.lines(rows.iterator(2000)), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = content_disposition_header(True, "roster.csv")
    return answer  # type: ignore[return-value]  # a streamed one


def may_change_rosters(request: HttpRequest) -> bool:
    wanted = ["classroom.add_user", "classroom.change_user", "classroom.add_membership", "classroom.change_membership"]
    return bool(request.user.has_perms(wanted))


def _plan(desk: Desk, request: HttpRequest, kept: dict[str, Any]) -> roster.Plan:
    classes = list(Cohort.objects.filter(pk__in=desk.get_queryset(request).values("pk"), rehearsal=None))
    into = next((each for each in classes if each.pk == kept["into"]), None)
    rows = [roster.Row(*each) for each in kept["rows"]]
    return roster.compare(rows, classes=classes, into=into, unread=kept["unread"])


def _preview(desk: Desk, request: HttpRequest, kept: dict[str, Any], *, is_overtaken: bool = False) -> HttpResponse:
    plan = _plan(desk, request, kept)
    entries = sorted((each for each in plan.entries if each.act != roster.SAME), key=lambda each: ORDER.index(each.act))
    context = {
        **desk.admin_site.each_context(request),
        "opts": desk.opts,
        "title": _("Roster"),
        "plan": plan,
        "shown": entries[:SHOWN],
        "n_more": max(len(entries) - SHOWN, 0),
        "kept": signing.dumps(kept, salt=SALT, compress=True),
        "is_overtaken": is_overtaken,
    }
    return TemplateResponse(request, "admin/roster.html", context, status=409 if is_overtaken else 200)


def _apply(desk: Desk, request: HttpRequest) -> HttpResponse:
    try:
        kept = signing.loads(request.POST.get("kept", ""), salt=SALT, max_age=KEPT_FOR)
    except signing.BadSignature as error:
        raise Conflict(_("This preview is too old. Choose the file again.")) from error
    try:
        with transaction.atomic():
            roster.lock(_plan(desk, request, kept))
            plan = _plan(desk, request, kept)
            counts = roster.apply(plan) if plan.mark == request.POST.get("mark") else None
    except IntegrityError:
        return _preview(desk, request, kept, is_overtaken=True)
    if counts is None:
        # What was pressed is not what would be done.
        return _preview(desk, request, kept, is_overtaken=not plan.does_nothing)
    said = ", ".join(f"{n} {words}" for n, words in plan.sums)
    cohorts = {entry.cohort.pk: entry.cohort for entry in plan.entries if entry.cohort and entry.act != roster.SAME}
    LogEntry.objects.log_actions(
        request.user.pk or 0, list(cohorts.values()), CHANGE, _("Roster applied: %(said)s.") % {"said": said}
    )
    messages.success(request, _("Done: %(said)s.") % {"said": said})
    return redirect("admin:cards" if counts.get(roster.NEW) else "admin:roster")
