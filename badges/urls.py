from django.urls import path

from badges import views

app_name = "badges"

urlpatterns = [
    # Before the lessons' own addresses: the part with the badge is this app's.
    path("c/<slug:cohort>/lessons/<slug:lesson>/badge/", views.part, name="part"),
    path("c/<slug:cohort>/lessons/<slug:lesson>/badge/since/", views.since, name="since"),
    path("credentials/<uuid:number>/", views.credential, name="credential"),
    path("credentials/<uuid:number>.json", views.credential_json, name="credential-json"),
    path("credentials/<uuid:number>.jwt", views.credential_jwt, name="credential-jwt"),
    path("credentials/status.jwt", views.status, name="status"),
    path("credentials/issuer.json", views.issuer, name="issuer"),
    path("credentials/keys/<str:name>.json", views.key, name="key"),
    path("credentials/badges/<slug:badge>.json", views.achievement, name="achievement"),
    path(".well-known/jwks.json", views.jwks, name="jwks"),
]
