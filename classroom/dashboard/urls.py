from django.urls import path

from classroom.dashboard import front, views

app_name = "dashboard"

urlpatterns = [
    path("c/<slug:cohort>/class/", views.grid, name="grid"),
    path("c/<slug:cohort>/class/grid/", views.grid_since, name="grid-since"),
    path("c/<slug:cohort>/class/lead/", front.lead, name="lead"),
    path("c/<slug:cohort>/class/lead/since/", front.lead_since, name="lead-since"),
    path("present/<slug:cohort>/", front.present, name="present"),
    path("present/<slug:cohort>/since/", front.present_since, name="present-since"),
    path("c/<slug:cohort>/class/parts/<slug:part>/", views.part, name="part"),
    path("c/<slug:cohort>/class/students/<int:student>/", views.student, name="student"),
]
