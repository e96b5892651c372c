from django.urls import path

from dashboard import (
    class_settings_views,
    handout_views,
    people_views,
    projector_views,
    rehearsal_views,
    review_views,
    stand_in,
    views,
)

app_name = "dashboard"
STUDENT = "c/<slug:cohort>/class/students/<int:student>/"

urlpatterns = [
    path("classes/new/", class_settings_views.new, name="new-class"),
    path("c/<slug:cohort>/class/copy/", class_settings_views.copy, name="copy-class"),
    path("c/<slug:cohort>/class/settings/", class_settings_views.change, name="settings"),
    path("c/<slug:cohort>/class/archive/", class_settings_views.archive, name="archive"),
    path("c/<slug:cohort>/class/invite/", class_settings_views.invite, name="invite"),
    path("c/<slug:cohort>/class/", views.grid, name="grid"),
    path("c/<slug:cohort>/class/grid/", views.grid_since, name="grid-since"),
    path("c/<slug:cohort>/class/lead/", projector_views.lead, name="lead"),
    path("c/<slug:cohort>/class/lead/since/", projector_views.lead_since, name="lead-since"),
    path("present/<slug:cohort>/", projector_views.present, name="present"),
    path("present/<slug:cohort>/since/", projector_views.present_since, name="present-since"),
    path("print/<slug:cohort>/", handout_views.pack, name="print"),
    path("print/<slug:cohort>/<slug:kind>/", handout_views.pack, name="print-kind"),
    path("c/<slug:cohort>/class/parts/<slug:part>/", views.part, name="part"),
    path("c/<slug:cohort>/class/replay/", views.replay, name="replay"),
    path("c/<slug:cohort>/class/rehearse/", rehearsal_views.rehearse, name="rehearse"),
    path("c/<slug:cohort>/class/reviews/", review_views.queue, name="reviews"),
    path("c/<slug:cohort>/class/help/", views.help_given, name="help"),
    path("c/<slug:cohort>/class/people/", people_views.list_people, name="people"),
    path("c/<slug:cohort>/class/joining/", people_views.joining, name="joining"),
    path("c/<slug:cohort>/class/code/", people_views.new_code, name="new-code"),
    path("c/<slug:cohort>/class/runs-again/", views.runs_again, name="runs-again"),
    path(STUDENT, views.student, name="student"),
    path(f"{STUDENT}member/", people_views.member, name="member"),
    path(f"{STUDENT}password/", views.password, name="password"),
    path(f"{STUDENT}aloud/", views.aloud, name="aloud"),
    path(f"{STUDENT}badge/", review_views.badge, name="badge"),
    path(f"{STUDENT}paper/<slug:lesson>/activities/<slug:activity>/check/", stand_in.check, name="paper-check"),
    path(f"{STUDENT}paper/<slug:lesson>/activities/<slug:activity>/seal/", stand_in.seal, name="paper-seal"),
    path(
        f"{STUDENT}paper/<slug:lesson>/activities/<slug:activity>/items/<slug:item>/reconcile/",
        stand_in.reconcile,
        name="paper-reconcile",
    ),
    path(f"{STUDENT}page/<slug:lesson>/", stand_in.arc, {"mode": "page"}, name="page-arc"),
    path(
        f"{STUDENT}page/<slug:lesson>/submissions/<int:number>/",
        stand_in.submission,
        {"mode": "page"},
        name="page-submission",
    ),
    path(f"{STUDENT}page/<slug:lesson>/<slug:part>/", stand_in.part, {"mode": "page"}, name="page-part"),
    path(f"{STUDENT}paper/<slug:lesson>/", stand_in.arc, {"mode": "paper"}, name="paper-arc"),
    path(
        f"{STUDENT}paper/<slug:lesson>/submissions/<int:number>/",
        stand_in.submission,
        {"mode": "paper"},
        name="paper-submission",
    ),
    path(f"{STUDENT}paper/<slug:lesson>/<slug:part>/", stand_in.part, {"mode": "paper"}, name="paper-part"),
]
