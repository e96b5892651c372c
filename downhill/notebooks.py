"""The notebooks of a person: which of them are logged in, and how to forget them."""

from __future__ import annotations

from typing import Any

from allauth.account.views import LogoutView
from django import forms
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from classroom import access, second_factor, tokens
from classroom.models import Token, User
from classroom.names import validate_signs


class NotebookForm(forms.Form):
    """One of a person's notebooks."""

    notebook = forms.ModelChoiceField(Token.objects.none())

    def __init__(self, *args: Any, user: User | AnonymousUser) -> None:
        super().__init__(*args)
        chosen: forms.ModelChoiceField[Token] = self.fields["notebook"]  # type: ignore[assignment]  # as it stands above
        chosen.queryset = tokens.of(user)


class KeyForm(forms.Form):
    """What to call a notebook that gets its key here."""

    name = forms.CharField(
        label=gettext_lazy("Name of the notebook"), max_length=60, required=False, validators=[validate_signs]
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def notebooks(request: HttpRequest) -> HttpResponse:
    """See which notebooks are logged in; forget one, or all of them. Whoever logs in with a second step makes a key
    for a notebook here, since no password alone gets one.
    """
    user = request.user
    assert user.is_authenticated
    if second_factor.is_lacking(request):
        return access.to_second_step(request)
    makes = second_factor.passed(request)
    asked = KeyForm(request.POST if makes and request.POST.get("act") == "make" else None, label_suffix="")
    key = tokens.make(user, asked.cleaned_data["name"], is_strong=True) if asked.is_valid() else ""
    if request.method != "POST" or asked.is_bound:
        context = {"notebooks": tokens.of(user), "asked": asked if makes else None, "key": key}
        return render(request, "account/notebooks.html", context)
    form = NotebookForm(request.POST, user=user)
    if request.POST.get("act") == "forget_all":
        tokens.forget_all(request.user)
    elif form.is_valid():
        form.cleaned_data["notebook"].delete()
    return redirect("account_notebooks")


@require_http_methods(["GET", "HEAD", "POST"])
def log_out(request: HttpRequest) -> HttpResponse:
    """Log out here, and if asked in one's notebooks."""
    if request.method == "POST" and "notebooks" in request.POST:
        tokens.forget_all(request.user)
    answer: HttpResponse = LogoutView.as_view(extra_context={"notebooks": tokens.of(request.user)})(request)
    return answer
