from django.urls import path

from lessons import views

app_name = "lessons"

urlpatterns = [
    path("c/<slug:cohort>/", views.cohort, name="cohort"),
    path("c/<slug:cohort>/lessons/<slug:lesson>/", views.arc, name="arc"),
    path("c/<slug:cohort>/lessons/<slug:lesson>/<slug:part>/", views.part, name="part"),
    path("c/<slug:cohort>/lessons/<slug:lesson>/activities/<slug:activity>/check/", views.check, name="check"),
]
