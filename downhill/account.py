"""A person's own account: its password, its second step, where it is logged in, its notebooks."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.internal.decorators import login_stage_required
from allauth.account.internal.stagekit import clear_login
from allauth.account.utils import get_next_redirect_url
from allauth.mfa.base.views import AuthenticateView, IndexView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import ViewRecoveryCodesView
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.webauthn.views import ReauthenticateWebAuthnView
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from classroom import second_factor, sessions, tokens
from classroom.accounts import CAME_WITH
from classroom.models import User
from classroom.refusals import Forbidden

# Where somebody was on their way to when they were asked for a second step.
ONWARD = "second_step_onward"


class DeviceForm(forms.Form):
    """One of the places where a person is logged in."""

    device = forms.ModelChoiceField(UserSession.objects.none())

    def __init__(self, *args: Any, user: User) -> None:
        super().__init__(*args)
        chosen: forms.ModelChoiceField[UserSession] = self.fields["device"]  # type: ignore[assignment]  # as it stands above
        chosen.queryset = UserSession.objects.filter(user=user)


@require_safe
@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Everything that is one's own, by its pages."""
    context = {
        "offers_second_step": second_factor.is_offered(request.user),
        "has_second_step": second_factor.has(request.user),
        "n_notebooks": tokens.of(request.user).count(),
    }
    return render(request, "account/account.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def devices(request: HttpRequest) -> HttpResponse:
    """See where one is logged in; log out at one of these places, or everywhere but here."""
    user = request.user
    assert user.is_authenticated
    if request.method != "POST":
        key = request.session.session_key
        sessions.note_here(request, user)
        held = [(each, each.session_key == key) for each in sessions.of(user)]
        return render(request, "account/devices.html", {"devices": held})
    if request.POST.get("act") == "end_others":
        sessions.end_all(user, but=request.session.session_key)
    elif (form := DeviceForm(request.POST, user=user)).is_valid():
        form.cleaned_data["device"].end()
    return redirect("account_devices")


step_required = login_stage_required(stage=AuthenticateStage.key, redirect_urlname="account_login")


@method_decorator(step_required, name="dispatch")
class LogInStepView(AuthenticateView):
    """The second step of a log-in."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        login = request._login_stage.login  # type: ignore[attr-defined]  # from allauth's decorator
        if request.session.get(CAME_WITH) != login.user.get_session_auth_hash():
            clear_login(request)
            return redirect("account_login")
        if not second_factor.has(login.user):
            # Taken away meanwhile: a password is enough again.
            onward: HttpResponse = request._login_stage.exit()  # type: ignore[attr-defined]
            return onward
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        passkeys = Authenticator.objects.filter(user=self.stage.login.user, type=Authenticator.Type.WEBAUTHN)
        found: dict[str, Any] = super().get_context_data(**kwargs)
        if has_passkey := passkeys.exists():
            found["form"].fields["code"].widget.attrs.pop("autofocus")
        return found | {"has_passkey": has_passkey}


class ConfirmByPasskeyView(ReauthenticateWebAuthnView):
    """The second step again, by a passkey. One that fails is asked for once more."""

    def form_invalid(self, form: Any) -> HttpResponse:
        return redirect(self.request.get_full_path())


def for_leaders(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let those set up a second step who are offered one."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and not second_factor.is_offered(request.user):
            raise Forbidden(_("A second step is for instructors and admins."))
        return view(request, *args, **kwargs)

    return guarded


class SecondStepView(IndexView):
    """A person's second steps. Whoever needs one to go on is led there once they have it."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if onward := get_next_redirect_url(request):
            request.session[ONWARD] = onward
        if second_factor.passed(request) and (onward := request.session.pop(ONWARD, "")):
            return HttpResponseRedirect(onward)
        if second_factor.is_lacking(request) and second_factor.has(request.user):
            onward = request.session.pop(ONWARD, "")
            return redirect(f"{reverse('mfa_reauthenticate')}?{urlencode({'next': onward})}")
        answer: HttpResponse = super().get(request, *args, **kwargs)
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found: dict[str, Any] = super().get_context_data(**kwargs)
        steps = found["authenticators"]
        codes = steps.get(Authenticator.Type.RECOVERY_CODES)
        found["passkeys"] = steps.get(Authenticator.Type.WEBAUTHN, [])
        found["app"] = steps.get(Authenticator.Type.TOTP)
        found["has_codes"] = codes is not None
        found["n_codes"] = len(codes.get_unused_codes()) if codes else 0
        found["must_have"] = second_factor.must_have(self.request.user)
        return found


class RecoveryCodesView(ViewRecoveryCodesView):
    """Codes for when a phone is lost, shown once; from there it goes on to where somebody was on their way to."""

    def head(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse()  # a look at the codes would be their only one

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        onward = self.request.session.pop(ONWARD, "") or reverse("mfa_index")
        found: dict[str, Any] = super().get_context_data(**kwargs)
        return found | {"onward": onward}
