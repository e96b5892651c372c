from django.urls import path

from lessons import views
from lessons.activities.experiment import views as experiment
from lessons.activities.predict import views as predict

app_name = "lessons"
ACTIVITY = "c/<slug:cohort>/lessons/<slug:lesson>/activities/<slug:activity>/"

urlpatterns = [
    path("c/<slug:cohort>/", views.cohort, name="cohort"),
    path("c/<slug:cohort>/lessons/<slug:lesson>/", views.arc, name="arc"),
    path("c/<slug:cohort>/lessons/<slug:lesson>/submissions/<int:number>/", views.submission, name="submission"),
    # A part's name has no dot in it.
    path("c/<slug:cohort>/lessons/<slug:lesson>/notebook.ipynb", views.notebook, name="notebook"),
    path("c/<slug:cohort>/lessons/<slug:lesson>/<slug:part>/", views.part, name="part"),
    path("c/<slug:cohort>/lessons/<slug:lesson>/<slug:part>/since/", views.since, name="since"),
    path(f"{ACTIVITY}check/", views.check, name="check"),
    path(f"{ACTIVITY}seal/", predict.seal, name="seal"),
    path(f"{ACTIVITY}start/", experiment.start, name="start"),
    path(f"{ACTIVITY}withdraw/", experiment.withdraw, name="withdraw"),
    path(f"{ACTIVITY}runs/", experiment.poll, name="runs"),
    path(f"{ACTIVITY}items/<slug:item>/reconcile/", predict.reconcile, name="reconcile"),
]
