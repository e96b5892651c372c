"""The notebooks of a person: which of them are logged in, and how to forget them."""

from __future__ import annotations

from typing import Any

from allauth.account.views import LogoutView
from django import forms
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from classroom import tokens
from classroom.models import Token, User


class NotebookForm(forms.Form):
    """One of a person's notebooks."""

    notebook = forms.ModelChoiceField(Token.objects.none())

    def __init__(self, *args: Any, user: User | AnonymousUser) -> None:
        super().__init__(*args)
        chosen: forms.ModelChoiceField[Token] = self.fields["notebook"]  # type: ignore[assignment]  # as it stands above
        chosen.queryset = tokens.of(user)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def notebooks(request: HttpRequest) -> HttpResponse:
    """See which notebooks are logged in; forget one, or all of them."""
    if request.method != "POST":
        return render(request, "account/notebooks.html", {"notebooks": tokens.of(request.user)})
    form = NotebookForm(request.POST, user=request.user)
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
