"""Log-in cards for a printer: who gets one, and the cards themselves, which are shown once."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from classroom import cards
from classroom.models import Membership, Role, User
from dashboard import reach
from dashboard.projector import join_code
from office.desk import Desk, refuse_unless
from office.filters import read_key

MOST = 400  # at once: each costs the hash of a password
WITHOUT, ALL = "without", "all"


class CardsForm(forms.Form):
    """The class, and who of it."""

    who = forms.ChoiceField(
        label=gettext_lazy("Who gets a card"),
        choices=(
            (WITHOUT, gettext_lazy("students who have never logged in")),
            (ALL, gettext_lazy("all students: they get a new password, and their log-ins end")),
        ),
        initial=WITHOUT,
        widget=forms.RadioSelect,
    )

    def __init__(self, desk: Desk, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.desk, self.request = desk, request
        cohort = desk.formfield_for_foreignkey(Membership._meta.get_field("cohort"), request)
        cohort.label, cohort.required = _("Class"), False
        cohort.help_text = _("Leave it empty for all open classes.")
        self.fields = {"cohort": cohort, **self.fields}

    def students(self) -> QuerySet[Membership]:
        """Those who get one."""
        found = _who_may(self.desk, self.request)
        if (cohort := self.cleaned_data["cohort"]) is not None:
            found = found.filter(cohort=cohort)
        if self.cleaned_data["who"] == WITHOUT:
            # Nobody's card is made worthless that was printed and not used yet.
            kept = Q(user__login_card__expires_at__gt=timezone.now())
            found = found.filter(user__last_login=None).exclude(kept)
        return found

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        if cleaned["who"] == ALL and cleaned["cohort"] is None:
            self.add_error("cohort", _("Choose the class whose students all get a new password."))
        elif (n := self.students().count()) > MOST:
            says = _("That would be %(n)d cards, and %(most)d is the most at once. Choose one class.")
            self.add_error("cohort", says % {"n": n, "most": MOST})
        elif not n:
            self.add_error(None, _("Everybody has logged in already, or has a card that still works."))
        return cleaned


class ChosenForm(forms.Form):
    """Members who were chosen in their list, and nobody else."""

    def __init__(self, desk: Desk, request: HttpRequest, *args: Any) -> None:
        super().__init__(*args)
        keys = [read_key(Membership, key) for key in request.GET.getlist("member")][: MOST + 1]
        self.members = Membership.objects.filter(pk__in=keys, cohort__in=desk.get_queryset(request).values("pk"))
        self.gets_one = _who_may(desk, request).filter(pk__in=keys)

    def students(self) -> QuerySet[Membership]:
        """Those who get one."""
        return self.gets_one

    def left_out(self) -> QuerySet[Membership]:
        """Those who were chosen and get none."""
        return self.members.exclude(pk__in=self.gets_one.order_by().values("pk")).select_related("user", "cohort")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if (n := self.gets_one.count()) > MOST:
            says = _("That would be %(n)d cards, and %(most)d is the most at once. Choose one class.")
            self.add_error(None, says % {"n": n, "most": MOST})
        elif not n:
            self.add_error(None, _("None of them can get a card."))
        return cleaned


def _who_may(desk: Desk, request: HttpRequest) -> QuerySet[Membership]:
    """Members to whom somebody may give a card: students and no more than that, in the order of class and name."""
    more = Membership.objects.filter(user=OuterRef("user"), role=Role.INSTRUCTOR)
    open_classes = desk.get_queryset(request).filter(archived=False, rehearsal=None)
    found = Membership.objects.present().filter(
        ~Exists(more),
        cohort__in=open_classes.values("pk"),
        role=Role.STUDENT,
        user__is_active=True,
        user__is_staff=False,
        user__is_superuser=False,
        user__is_synthetic=False,
    )
    return found.select_related("user", "cohort").order_by("cohort__name", "cohort", "user__display_name", "pk")


def cards_page(desk: Desk, request: HttpRequest) -> HttpResponse:
    """Choose who gets a card, and print them."""
    refuse_unless(may_make_cards(request))
    sent = request.POST if request.method == "POST" else None
    given = {"cohort": request.GET["class"]} if request.GET.get("class", "").isdecimal() else {}
    is_of_chosen = "member" in request.GET
    form = ChosenForm(desk, request, sent) if is_of_chosen else CardsForm(desk, request, sent, initial=given)
    context = {**desk.admin_site.each_context(request), "opts": desk.opts, "title": _("Log-in cards")}
    if not form.is_valid():
        context |= {"form": form, "is_of_chosen": is_of_chosen, "media": desk.media + form.media}
        return TemplateResponse(request, "admin/cards.html", context, status=400 if form.is_bound else 200)
    chosen: dict[int, Membership] = {}
    for each in form.students():
        chosen.setdefault(each.user_id, each)  # one card, in however many classes
    made = cards.make([each.user for each in chosen.values()])
    _log(request, [card.user for card in made])
    url = reach.address(request)
    context["cards"] = [
        {
            "name": card.user.display_name,
            "username": card.user.username,
            "password": card.password,
            "cohort": chosen[card.user.pk].cohort,
            "picture": join_code(url + reverse("card", args=[card.key])),
        }
        for card in made
    ]
    context["at"] = url.partition("://")[2]
    return TemplateResponse(request, "admin/cards_made.html", context)


def may_make_cards(request: HttpRequest) -> bool:
    """Tell whether somebody may give students new passwords; a class admin may, to those of their classes."""
    return bool(request.user.has_perm("classroom.change_membership"))


def _log(request: HttpRequest, people: list[User]) -> None:
    says = _("Log-in card made, with a new password.")
    LogEntry.objects.log_actions(request.user.pk or 0, people, CHANGE, says)
