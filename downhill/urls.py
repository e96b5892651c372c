"""Every address of Downhill."""

from allauth.account import views as allauth_account
from allauth.mfa.base import views as steps
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from csp.decorators import csp_update
from django.contrib import admin
from django.urls import include, path
from django.views.decorators.http import require_http_methods
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

import badges.api
import classroom.api
import experiments.api
import lessons.api
from dashboard.api import ExportView, GradebookView, ProgressView
from downhill import (
    account,
    appearance,
    card_door,
    errors,
    front_door,
    health,
    invited,
    metrics,
    my_data,
    notebooks,
)
from lessons.activities.experiment import api as experiment_api
from lessons.activities.predict import api as predict_api

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error

# The docs' own page uses small images written into its style sheet.
docs = csp_update({"img-src": ["'self'", "data:"]})(
    SpectacularSwaggerSplitView.as_view(template_name="docs.html", url_name="schema")
)

LESSON = "lessons/<slug:lesson>/"
ACTIVITY = f"{LESSON}activities/<slug:activity>/"

api_v1 = [
    path("token/", classroom.api.TokenView.as_view(), name="api-token"),
    path("tokens/", classroom.api.OwnTokens.as_view(), name="api-tokens"),
    path("tokens/<int:id>/", classroom.api.OneToken.as_view(), name="api-one-token"),
    path("me/", classroom.api.MeView.as_view(), name="api-me"),
    path("lessons/", lessons.api.Lessons.as_view(), name="api-lessons"),
    path(LESSON, lessons.api.Lesson.as_view(), name="api-lesson"),
    path(ACTIVITY, lessons.api.Activity.as_view(), name="api-activity"),
    path(f"{ACTIVITY}submissions/", lessons.api.Submissions.as_view(), name="api-submissions"),
    path(f"{ACTIVITY}predictions/", predict_api.Predictions.as_view(), name="api-predictions"),
    path(f"{ACTIVITY}predictions/<uuid:id>/", predict_api.OnePrediction.as_view(), name="api-prediction"),
    path(f"{ACTIVITY}items/<slug:item>/reveal/", predict_api.RevealOfItem.as_view(), name="api-reveal"),
    path(f"{ACTIVITY}items/<slug:item>/reconcile/", predict_api.Reconcile.as_view(), name="api-reconcile"),
    path("awards/", badges.api.Awards.as_view(), name="api-awards"),
    path("runs/", experiment_api.Runs.as_view(), name="api-runs"),
    path("runs/<uuid:run>/", experiments.api.RunDetail.as_view(), name="api-run"),
    path("runs/<uuid:run>/notebook/", experiments.api.RunNotebook.as_view(), name="api-run-notebook"),
    path("cohorts/<slug:cohort>/progress/", ProgressView.as_view(), name="api-progress"),
    path("cohorts/<slug:cohort>/export.csv", ExportView.as_view(), name="api-export"),
    path("cohorts/<slug:cohort>/gradebook.csv", GradebookView.as_view(), name="api-gradebook"),
]

# allauth's pages of a second step, with our templates (`templates/mfa`), under the names that allauth knows them by.
page = require_http_methods(["GET", "HEAD", "POST"])
second_step = [
    path("", page(account.SecondStepView.as_view()), name="mfa_index"),
    path("log-in/", page(account.LogInStepView.as_view()), name="mfa_authenticate"),
    path("confirm/", page(steps.reauthenticate), name="mfa_reauthenticate"),
    path("confirm/passkey/", page(account.ConfirmByPasskeyView.as_view()), name="mfa_reauthenticate_webauthn"),
    path("app/", page(account.for_leaders(totp.activate_totp)), name="mfa_activate_totp"),
    path("app/off/", page(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("passkeys/", page(RedirectView.as_view(pattern_name="mfa_index")), name="mfa_list_webauthn"),
    path("passkeys/add/", page(account.for_leaders(passkeys.add_webauthn)), name="mfa_add_webauthn"),
    path("passkeys/<int:pk>/remove/", page(passkeys.remove_webauthn), name="mfa_remove_webauthn"),
    path("codes/", page(account.RecoveryCodesView.as_view()), name="mfa_view_recovery_codes"),
    path("codes/new/", page(codes.generate_recovery_codes), name="mfa_generate_recovery_codes"),
]

urlpatterns = [
    path("", front_door.home, name="home"),
    path("join/", front_door.join_by_code, name="account_signup"),
    path("join/<path:code>", front_door.join, name="join"),
    path("teach/<str:code>/", invited.invited, name="invited"),
    path("card/<str:key>/", card_door.card, name="card"),
    path("accounts/", account.account, name="account"),
    path("accounts/login/", front_door.log_in, name="account_login"),
    path("accounts/confirm/", page(allauth_account.reauthenticate), name="account_reauthenticate"),
    path("accounts/devices/", account.devices, name="account_devices"),
    path("accounts/second-step/", include(second_step)),
    path("appearance/", appearance.choose, name="appearance"),
    path("accounts/logout/", notebooks.log_out, name="account_logout"),
    path("accounts/notebooks/", notebooks.notebooks, name="account_notebooks"),
    path("accounts/data/", my_data.data, name="account_data"),
    path("accounts/password/", front_door.change_password, name="account_change_password"),
    path("accounts/password/forgotten/", front_door.forgotten, name="account_reset_password"),
    # One door for everybody: whatever guards the log-in guards the admin site too.
    path("admin/login/", front_door.admin_login),
    path("admin/", admin.site.urls),
    path("", include("dashboard.urls")),
    path("", include("badges.urls")),
    path("", include("lessons.urls")),
    path("api/v1/", include(api_v1)),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", docs, name="docs"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("favicon.ico", front_door.favicon, name="favicon"),
]
