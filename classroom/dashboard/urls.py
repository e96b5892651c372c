from django.urls import path

from classroom.dashboard import views

app_name = "dashboard"

urlpatterns = [
    path("c/<slug:cohort>/class/", views.grid, name="grid"),
    path("c/<slug:cohort>/class/grid/", views.grid_since, name="grid-since"),
    path("c/<slug:cohort>/class/lead/", views.lead, name="lead"),
    path("c/<slug:cohort>/class/lead/since/", views.lead_since, name="lead-since"),
    path("present/<slug:cohort>/", views.present, name="present"),
    path("present/<slug:cohort>/since/", views.present_since, name="present-since"),
    path("c/<slug:cohort>/class/parts/<slug:part>/", views.part, name="part"),
    path("c/<slug:cohort>/class/students/<int:student>/", views.student, name="student"),
]
