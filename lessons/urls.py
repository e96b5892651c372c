from django.urls import path

from lessons import views
from lessons.activities.experiment import views as experiment_views
from lessons.activities.predict import views as predict_views

app_name = "lessons"
ACTIVITY = "c/<slug:cohort>/lessons/<slug:lesson>/activities/<slug:activity>/"

urlpatterns = [
    path("reading/", predict_views.reading, name="reading"),
    path("c/<slug:cohort>/", views.cohort, name="cohort"),
    path("c/<slug:cohort>/lessons/<slug:lesson>/", views.arc, name="arc"),
    path("c/<slug:cohort>/lessons/<slug:lesson>/submissions/<int:number>/", views.submission, name="submission"),
    # A part's name has no dot in it.
    path("c/<slug:cohort>/lessons/<slug:lesson>/notebook.ipynb", views.notebook, name="notebook"),
    path("c/<slug:cohort>/lessons/<slug:lesson>/call.html", views.call, name="call"),
    path("c/<slug:cohort>/lessons/<slug:lesson>/what-i-did.html", views.what_i_did, name="what-i-did"),
    path("c/<slug:cohort>/lessons/<slug:lesson>/<slug:part>/", views.part, name="part"),
    path("c/<slug:cohort>/lessons/<slug:lesson>/<slug:part>/since/", views.since, name="since"),
    path(f"{ACTIVITY}check/", views.check, name="check"),
    path(f"{ACTIVITY}seal/", predict_views.seal, name="seal"),
    path(f"{ACTIVITY}seals/<uuid:seal>/undo/", predict_views.undo, name="undo"),
    path(f"{ACTIVITY}start/", experiment_views.start, name="start"),
    path(f"{ACTIVITY}withdraw/", experiment_views.withdraw, name="withdraw"),
    path(f"{ACTIVITY}runs/", experiment_views.poll, name="runs"),
    path(f"{ACTIVITY}items/<slug:item>/reconcile/", predict_views.reconcile, name="reconcile"),
]
