"""Who may do what, in one table. `test_permissions` asks every address and compares.

Each line gives the answers to one method, in this order:

    anonymous, student, other_student, instructor, other_instructor, admin

where `student` and `instructor` are those of the class in the address, and `admin` is in no class. A method
that a row does not name is answered 405 to everybody (the API asks for the log-in first: 401). What is posted
is valid, so that an answer shows permission and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ROLES = ("anonymous", "student", "other_student", "instructor", "other_instructor", "admin")

Answers = tuple[str | int, ...]

LOG_IN = "to the log-in"
DOOR = "to the admin site's door"  # which sends strangers to the log-in and refuses everybody else


@dataclass(frozen=True)
class Row:
    """An address, what is posted to it, and the answers by method."""

    name: str
    path: str
    answers: dict[str, Answers]
    body: dict[str, Any] = field(default_factory=dict)
    otherwise: Answers = (405,) * 6

    def expected(self, method: str) -> Answers:
        return self.answers.get(method, self.otherwise)


EVERYBODY = (200,) * 6
SENT_ON = (302,) * 6
LOGGED_IN = (LOG_IN, 200, 200, 200, 200, 200)
ASKED_FIRST = (LOG_IN, 302, 302, 302, 302, 302)
LEADERS_ASKED_FIRST = (LOG_IN, 403, 403, 302, 302, 302)
NOBODYS = (LOG_IN, 404, 404, 404, 404, 404)
STRANGERS = (200, 302, 302, 302, 302, 302)
MEMBERS = (LOG_IN, 200, 404, 200, 404, 404)
MEMBERS_SENT_ON = (LOG_IN, 302, 404, 302, 404, 404)
INSTRUCTORS = (LOG_IN, 403, 404, 200, 404, 404)
INSTRUCTORS_SENT_ON = (LOG_IN, 403, 404, 302, 404, 404)

API_LOGGED_IN = (401, 200, 200, 200, 200, 200)
API_MEMBERS = (401, 200, 404, 200, 404, 404)
API_MEMBERS_CREATE = (401, 201, 404, 201, 404, 404)
API_INSTRUCTORS = (401, 403, 404, 200, 404, 404)
# Nobody has sealed a prediction yet.
API_SEALED = (401, 403, 404, 403, 404, 404)
API_OTHERWISE = (401, 405, 405, 405, 405, 405)

LESSON = "lessons/{lesson}/"
PREDICT = "/c/{cohort}/" + LESSON + "activities/rates/"
# Nobody has sealed a guess yet, and nobody has asked for a run of this name.
EXPERIMENT = "/c/{cohort}/" + LESSON + "activities/u-curve-run/"
STUDENT = "/c/{cohort}/class/students/{student}/"
LEAD = {"act": "lead_class"}
NEWCOMER = {"username": "newcomer", "display_name": "Newcomer", "password": "{password}"}
CLASS = {"name": "Ours", "lessons": "data-rules-everything", "gradient_rule": "half", "time_zone": "UTC"}
NEW_PASSWORD = {
    "oldpassword": "{password}",
    "password1": "four quite plain words",
    "password2": "four quite plain words",
}
REMOVED = {"student": "{removed}"}
ANSWER = {"id": "5f3a1c9e-0000-4000-8000-000000000001", "step": 1}
PREDICTION = {"id": ANSWER["id"], "item": "half-a", "round": 1, "choice": "crawls", "confidence": "guess"}

PAGES = (
    Row("home", "/", {"GET": STRANGERS}),
    Row("account_signup", "/join/", {"GET": EVERYBODY, "POST": SENT_ON}, {"code": "{code}"}),
    Row("join", "/join/{code}", {"GET": EVERYBODY, "POST": SENT_ON}, NEWCOMER),
    Row(
        "account_login",
        "/accounts/login/",
        {"GET": EVERYBODY, "POST": SENT_ON},
        {"login": "{username}", "password": "{password}"},
    ),
    Row("appearance", "/appearance/", {"POST": SENT_ON}, {"theme": "blackboard"}),
    Row("account", "/accounts/", {"GET": LOGGED_IN}),
    Row("account_devices", "/accounts/devices/", {"GET": LOGGED_IN, "POST": (LOG_IN, 302, 302, 302, 302, 302)}),
    Row(
        "account_reauthenticate",
        "/accounts/confirm/",
        {"GET": LOGGED_IN, "POST": (LOG_IN, 302, 302, 302, 302, 302)},
        {"password": "{password}"},
    ),
    Row("mfa_index", "/accounts/second-step/", {"GET": LOGGED_IN, "POST": (LOG_IN, *(405,) * 5)}),
    # Only between a password and the step that it lacks.
    Row("mfa_authenticate", "/accounts/second-step/log-in/", {"GET": ASKED_FIRST, "POST": ASKED_FIRST}),
    # Students set none up. Whoever has not given their password for a while is asked for it first.
    *(
        Row(name, f"/accounts/second-step/{path}", {"GET": LEADERS_ASKED_FIRST, "POST": LEADERS_ASKED_FIRST})
        for name, path in (("mfa_activate_totp", "app/"), ("mfa_add_webauthn", "passkeys/add/"))
    ),
    *(
        Row(name, f"/accounts/second-step/{path}", {"GET": ASKED_FIRST, "POST": ASKED_FIRST})
        for name, path in (
            ("mfa_remove_webauthn", "passkeys/1/remove/"),
            ("mfa_generate_recovery_codes", "codes/new/"),
            ("mfa_reauthenticate", "confirm/"),
            ("mfa_reauthenticate_webauthn", "confirm/passkey/"),
        )
    ),
    # Nobody has one of these.
    Row("mfa_deactivate_totp", "/accounts/second-step/app/off/", {"GET": NOBODYS, "POST": NOBODYS}),
    Row("mfa_view_recovery_codes", "/accounts/second-step/codes/", {"GET": NOBODYS, "POST": (LOG_IN, *(405,) * 5)}),
    Row("mfa_list_webauthn", "/accounts/second-step/passkeys/", {"GET": SENT_ON, "POST": SENT_ON}),
    Row("account_notebooks", "/accounts/notebooks/", {"GET": LOGGED_IN, "POST": (LOG_IN, 302, 302, 302, 302, 302)}),
    Row("account_data", "/accounts/data/", {"GET": LOGGED_IN, "POST": LOGGED_IN}),
    Row("account_logout", "/accounts/logout/", {"GET": (302, 200, 200, 200, 200, 200), "POST": SENT_ON}),
    Row(
        "account_change_password",
        "/accounts/password/",
        {"GET": LOGGED_IN, "POST": (LOG_IN, 302, 302, 302, 302, 302)},
        NEW_PASSWORD,
    ),
    Row("account_reset_password", "/accounts/password/forgotten/", {"GET": EVERYBODY}),
    # Whoever teaches a class may make one, and so may an admin.
    Row(
        "dashboard:new-class",
        "/classes/new/",
        {"GET": (LOG_IN, 403, 403, 200, 200, 200), "POST": (LOG_IN, 403, 403, 302, 302, 302)},
        CLASS,
    ),
    Row("dashboard:copy-class", "/c/{cohort}/class/copy/", {"GET": INSTRUCTORS, "POST": INSTRUCTORS_SENT_ON}, CLASS),
    Row("dashboard:settings", "/c/{cohort}/class/settings/", {"GET": INSTRUCTORS, "POST": INSTRUCTORS_SENT_ON}, CLASS),
    Row("dashboard:archive", "/c/{cohort}/class/archive/", {"POST": INSTRUCTORS_SENT_ON}, {"act": "archive"}),
    Row("dashboard:invite", "/c/{cohort}/class/invite/", {"POST": INSTRUCTORS_SENT_ON}),
    # Whoever has the link; a student of that class keeps their work.
    Row("card", "/card/{card}/", {"GET": EVERYBODY, "POST": SENT_ON}),
    Row("invited", "/teach/{invitation}/", {"GET": EVERYBODY, "POST": (302, 409, 302, 302, 302, 302)}, NEWCOMER),
    Row("dashboard:grid", "/c/{cohort}/class/", {"GET": INSTRUCTORS}),
    Row("dashboard:grid-since", "/c/{cohort}/class/grid/", {"GET": INSTRUCTORS}),
    Row("dashboard:lead", "/c/{cohort}/class/lead/", {"GET": INSTRUCTORS, "POST": INSTRUCTORS_SENT_ON}, LEAD),
    Row("dashboard:lead-since", "/c/{cohort}/class/lead/since/", {"GET": INSTRUCTORS}),
    Row(
        "dashboard:ready",
        "/c/{cohort}/class/ready/",
        {"GET": INSTRUCTORS, "POST": INSTRUCTORS_SENT_ON},
        {"act": "back_row"},
    ),
    Row("dashboard:ready-since", "/c/{cohort}/class/ready/since/", {"GET": INSTRUCTORS}),
    Row("dashboard:slide", "/c/{cohort}/class/ready/slide/", {"GET": INSTRUCTORS}),
    # What an instructor's code leads a phone to: it tells nothing but the name of the class.
    Row("dashboard:phone", "/phone/{phone}/", {"GET": EVERYBODY, "POST": EVERYBODY}, {"width": "390", "height": "844"}),
    Row("dashboard:present", "/present/{cohort}/", {"GET": INSTRUCTORS, "POST": INSTRUCTORS_SENT_ON}, LEAD),
    Row("dashboard:present-since", "/present/{cohort}/since/", {"GET": INSTRUCTORS}),
    Row("dashboard:part", "/c/{cohort}/class/parts/{part}/", {"GET": INSTRUCTORS}),
    Row("dashboard:student", "/c/{cohort}/class/students/{student}/", {"GET": INSTRUCTORS}),
    Row(
        "dashboard:help",
        "/c/{cohort}/class/help/",
        {"POST": INSTRUCTORS_SENT_ON},
        {"act": "helped", "student": "{student}", "reason": "run", "occasion": "{run}"},
    ),
    Row("dashboard:print", "/print/{cohort}/", {"GET": INSTRUCTORS}),
    Row("dashboard:print-kind", "/print/{cohort}/worksheets/", {"GET": INSTRUCTORS}),
    Row("dashboard:people", "/c/{cohort}/class/people/", {"GET": INSTRUCTORS, "POST": INSTRUCTORS_SENT_ON}, REMOVED),
    Row("dashboard:joining", "/c/{cohort}/class/joining/", {"POST": INSTRUCTORS_SENT_ON}, {"act": "close"}),
    Row("dashboard:new-code", "/c/{cohort}/class/code/", {"GET": INSTRUCTORS, "POST": INSTRUCTORS_SENT_ON}),
    Row("dashboard:member", f"{STUDENT}member/", {"GET": INSTRUCTORS, "POST": INSTRUCTORS_SENT_ON}, {"act": "remove"}),
    Row(
        "dashboard:runs-again",
        "/c/{cohort}/class/runs-again/",
        {"POST": INSTRUCTORS_SENT_ON},
        {"activity": "u-curve-run"},
    ),
    Row(
        "dashboard:merge",
        f"{STUDENT}merge/",
        {"GET": INSTRUCTORS, "POST": INSTRUCTORS_SENT_ON},
        {"other": "{classmate}", "keep": "{student}"},
    ),
    Row("dashboard:replay", "/c/{cohort}/class/replay/", {"GET": INSTRUCTORS}),
    Row("dashboard:after", "/c/{cohort}/class/after/", {"GET": INSTRUCTORS}),
    Row("dashboard:class-did", "/c/{cohort}/class/did/", {"GET": INSTRUCTORS}),
    Row("dashboard:did", f"{STUDENT}did/", {"GET": INSTRUCTORS}),
    Row(
        "dashboard:rehearse",
        "/c/{cohort}/class/rehearse/",
        {"GET": INSTRUCTORS, "POST": INSTRUCTORS_SENT_ON},
        {"act": "begin", "students": "1", "speed": "5", "seed": "1", "pace": "self"},
    ),
    Row("dashboard:password", f"{STUDENT}password/", {"GET": INSTRUCTORS, "POST": INSTRUCTORS}),
    Row("dashboard:aloud", f"{STUDENT}aloud/", {"POST": INSTRUCTORS_SENT_ON}, {"activity": "u-curve-explain"}),
    # Nothing waits to be read; nobody else has decided it.
    Row(
        "dashboard:reviews",
        "/c/{cohort}/class/reviews/",
        {"GET": INSTRUCTORS, "POST": (LOG_IN, 403, 404, 409, 404, 404)},
        {"act": "approved", "submission": "{submission}"},
    ),
    Row(
        "dashboard:badge",
        f"{STUDENT}badge/",
        {"POST": INSTRUCTORS_SENT_ON},
        {"act": "revoke", "because": "It is somebody else's work."},
    ),
    Row("dashboard:page-submission", f"{STUDENT}page/{{lesson}}/submissions/{{submission}}/", {"GET": INSTRUCTORS}),
    Row("dashboard:paper-submission", f"{STUDENT}paper/{{lesson}}/submissions/{{submission}}/", {"GET": INSTRUCTORS}),
    Row("dashboard:page-arc", f"{STUDENT}page/{{lesson}}/", {"GET": INSTRUCTORS}),
    Row("dashboard:page-part", f"{STUDENT}page/{{lesson}}/{{part}}/", {"GET": INSTRUCTORS}),
    Row("dashboard:paper-arc", f"{STUDENT}paper/{{lesson}}/", {"GET": INSTRUCTORS}),
    Row("dashboard:paper-part", f"{STUDENT}paper/{{lesson}}/{{part}}/", {"GET": INSTRUCTORS}),
    Row(
        "dashboard:paper-check",
        f"{STUDENT}paper/{{lesson}}/activities/{{activity}}/check/",
        {"POST": INSTRUCTORS_SENT_ON},
        ANSWER,
    ),
    Row(
        "dashboard:paper-seal",
        f"{STUDENT}paper/{{lesson}}/activities/rates/seal/",
        {"POST": INSTRUCTORS_SENT_ON},
        PREDICTION,
    ),
    # Nobody has sealed anything yet.
    Row(
        "dashboard:paper-reconcile",
        f"{STUDENT}paper/{{lesson}}/activities/rates/items/half-a/reconcile/",
        {"POST": (LOG_IN, 403, 404, 409, 404, 404)},
    ),
    # How a number is read is no secret, and nobody is asked who they are.
    Row("lessons:reading", "/reading/", {"GET": EVERYBODY}),
    Row("lessons:cohort", "/c/{cohort}/", {"GET": MEMBERS_SENT_ON}),
    Row("lessons:arc", "/c/{cohort}/" + LESSON, {"GET": MEMBERS}),
    Row("lessons:part", "/c/{cohort}/" + LESSON + "{part}/", {"GET": MEMBERS}),
    # The student's own.
    Row(
        "lessons:submission",
        "/c/{cohort}/" + LESSON + "submissions/{submission}/",
        {"GET": (LOG_IN, 200, 404, 404, 404, 404)},
    ),
    Row("badges:part", "/c/{cohort}/" + LESSON + "badge/", {"GET": MEMBERS}),
    Row("badges:since", "/c/{cohort}/" + LESSON + "badge/since/", {"GET": MEMBERS}),
    # The student's, and not shared.
    Row(
        "badges:credential",
        "/credentials/{award}/",
        {"GET": (404, 200, 404, 200, 404, 404), "POST": (404, 302, 404, 403, 404, 404)},
        {"is_shared": "on"},
    ),
    Row("badges:credential-json", "/credentials/{award}.json", {"GET": (404, 200, 404, 200, 404, 404)}),
    Row("badges:credential-jwt", "/credentials/{award}.jwt", {"GET": (404, 200, 404, 200, 404, 404)}),
    Row("badges:status", "/credentials/status.jwt", {"GET": EVERYBODY}),
    Row("badges:issuer", "/credentials/issuer.json", {"GET": EVERYBODY}),
    Row("badges:achievement", "/credentials/badges/data-scientist.json", {"GET": EVERYBODY}),
    Row("badges:key", "/credentials/keys/{key}.json", {"GET": EVERYBODY}),
    Row("badges:jwks", "/.well-known/jwks.json", {"GET": EVERYBODY}),
    Row("lessons:since", "/c/{cohort}/" + LESSON + "{part}/since/", {"GET": MEMBERS}),
    Row("lessons:seal", f"{PREDICT}seal/", {"POST": MEMBERS_SENT_ON}, PREDICTION),
    # Nobody has sealed anything yet.
    Row("lessons:undo", f"{PREDICT}seals/{ANSWER['id']}/undo/", {"POST": (LOG_IN, 409, 404, 409, 404, 404)}),
    Row("lessons:reconcile", f"{PREDICT}items/half-a/reconcile/", {"POST": (LOG_IN, 409, 404, 409, 404, 404)}),
    Row("lessons:check", "/c/{cohort}/" + LESSON + "activities/{activity}/check/", {"POST": MEMBERS_SENT_ON}, ANSWER),
    Row("lessons:start", f"{EXPERIMENT}start/", {"POST": (LOG_IN, 409, 404, 302, 404, 404)}, {"trial": "polynomial"}),
    Row("lessons:withdraw", f"{EXPERIMENT}withdraw/", {"POST": (LOG_IN, 409, 404, 409, 404, 404)}, {"run": "{run}"}),
    Row("lessons:runs", f"{EXPERIMENT}runs/", {"GET": MEMBERS}),
    Row("lessons:call", "/c/{cohort}/lessons/{lesson}/call.html", {"GET": MEMBERS}),
    Row("lessons:what-i-did", "/c/{cohort}/lessons/{lesson}/what-i-did.html", {"GET": MEMBERS}),
    Row("lessons:notebook", "/c/{cohort}/lessons/{lesson}/notebook.ipynb", {"GET": MEMBERS}),
    Row("healthz", "/healthz", {"GET": EVERYBODY}),
    Row("readyz", "/readyz", {"GET": EVERYBODY}),
    # Whoever asks from this computer; tests/downhill/test_observing.py has the others.
    Row("metrics", "/metrics", {"GET": EVERYBODY}),
    Row("favicon", "/favicon.ico", {"GET": SENT_ON}),
)


def api(
    name: str, path: str, method: str, answers: Answers, body: dict[str, Any] | None = None, otherwise: Answers = ()
) -> Row:
    return Row(name, f"/api/{path}", {method: answers}, body or {}, otherwise or API_OTHERWISE)


NEVER = (405,) * 6  # where nobody needs to log in
ACTIVITY = f"v1/{LESSON}activities/{{activity}}/"
RATES = f"v1/{LESSON}activities/rates/"

API = (
    api("api-token", "v1/token/", "POST", EVERYBODY, {"username": "{username}", "password": "{password}"}, NEVER),
    api("api-tokens", "v1/tokens/", "GET", API_LOGGED_IN),
    api("api-one-token", "v1/tokens/{token}/", "DELETE", (401, 204, 404, 404, 404, 404)),
    api("api-me", "v1/me/", "GET", API_LOGGED_IN),
    api("api-lessons", "v1/lessons/?cohort={cohort}", "GET", API_MEMBERS),
    api("api-lesson", f"v1/{LESSON}?cohort={{cohort}}", "GET", API_MEMBERS),
    api("api-activity", f"{ACTIVITY}?cohort={{cohort}}", "GET", API_MEMBERS),
    api(
        "api-submissions",
        f"{ACTIVITY}submissions/?cohort={{cohort}}",
        "POST",
        API_MEMBERS_CREATE,
        {**ANSWER, "answer": {"w": 1}},
    ),
    api("api-predictions", f"{RATES}predictions/?cohort={{cohort}}", "POST", API_MEMBERS_CREATE, PREDICTION),
    api(
        "api-prediction",
        f"{RATES}predictions/{ANSWER['id']}/?cohort={{cohort}}",
        "DELETE",
        (401, 404, 404, 404, 404, 404),
    ),
    api("api-reveal", f"{RATES}items/half-a/reveal/?cohort={{cohort}}", "GET", API_SEALED),
    api("api-reconcile", f"{RATES}items/half-a/reconcile/?cohort={{cohort}}", "POST", API_SEALED),
    api(
        "api-runs",
        "v1/runs/?cohort={cohort}",
        "POST",
        (401, 202, 404, 202, 404, 404),
        {"kind": "u_curve", "params": {"n_repeats": 5}, "seed": 7},
    ),
    Row(
        "api-run",
        "/api/v1/runs/{run}/",
        dict.fromkeys(("GET", "DELETE"), (401, 404, 404, 404, 404, 404)),
        otherwise=API_OTHERWISE,
    ),
    api("api-run-notebook", "v1/runs/{run}/notebook/", "GET", (401, 404, 404, 404, 404, 404)),
    api("api-awards", "v1/awards/?cohort={cohort}", "GET", API_MEMBERS),
    api("api-export", "v1/cohorts/{cohort}/export.csv", "GET", API_INSTRUCTORS),
    api("api-gradebook", "v1/cohorts/{cohort}/gradebook.csv", "GET", API_INSTRUCTORS),
    api("api-progress", "v1/cohorts/{cohort}/progress/", "GET", API_INSTRUCTORS),
    api("schema", "schema/", "GET", EVERYBODY, otherwise=NEVER),
    api("docs", "docs/", "GET", EVERYBODY, otherwise=NEVER),
)


def admin(name: str, path: str, by_method: Answers) -> Row:
    """A page of the admin site: `by_method` is what the admin gets, in METHODS' order; all others get its door."""
    answers = {method: (DOOR,) * 5 + (answer,) for method, answer in zip(METHODS, by_method, strict=True)}
    return Row(f"admin:{name}" if "<" not in name else name, f"/admin/{path}", answers)


# Django's admin answers a method that it does not know as it answers GET: nothing changes.
PAGE = (200,) * 5
CLOSED = (403,) * 5
ONWARD = (302,) * 5
READ_ONLY = (200, 405, 405, 405, 405)


SEEN = (200, 403, 200, 200, 200)


def admin_model(
    name: str, key: str, *, add: Answers = CLOSED, delete: Answers = CLOSED, change: Answers = SEEN
) -> list[Row]:
    path = name.replace("_", "/")
    return [
        admin(f"{name}_changelist", f"{path}/", PAGE),
        admin(f"{name}_add", f"{path}/add/", add),
        admin(f"{name}_history", f"{path}/{key}/history/", PAGE),
        admin(f"{name}_delete", f"{path}/{key}/delete/", delete),
        admin(f"{name}_change", f"{path}/{key}/change/", change),
        admin(f"admin/{path}/<path:object_id>/", f"{path}/{key}/", ONWARD),
    ]


ADMIN_DOOR = {"GET": (LOG_IN, 403, 403, 403, 403, 403)}

ADMIN = (
    Row("admin/login/", "/admin/login/", ADMIN_DOOR),
    Row("admin:login", "/admin/login/", ADMIN_DOOR),
    Row(
        "admin:logout",
        "/admin/logout/",
        {"POST": SENT_ON},
        otherwise=(302, 302, 302, 302, 302, 405),
    ),
    admin("index", "", PAGE),
    admin("app_list", "classroom/", PAGE),
    admin("password_change", "password_change/", ONWARD),
    admin("password_change_done", "password_change/done/", ONWARD),
    admin("autocomplete", "autocomplete/?app_label=classroom&model_name=membership&field_name=user", READ_ONLY),
    admin("jsi18n", "jsi18n/", READ_ONLY),
    admin("view_on_site", "r/{content_type}/{user_id}/", (404,) * 5),
    admin("auth_user_password_change", "classroom/user/{user_id}/password/", PAGE),
    admin("person-data", "classroom/user/{user_id}/data/", PAGE),
    admin("erase", "classroom/user/{user_id}/erase/", (200, 400, 200, 200, 200)),
    *admin_model("classroom_user", "{user_id}", add=PAGE, change=PAGE),
    admin("take-second-step", "classroom/user/{user_id}/second-step/", (200, 302, 200, 200, 200)),
    # Nobody deletes a class that is open.
    *admin_model("classroom_cohort", "{cohort_id}", add=PAGE, delete=(409,) * 5, change=PAGE),
    admin("class-page", "classroom/cohort/{cohort_id}/page/", (200, 302, 200, 200, 200)),
    admin("cards", "classroom/cohort/cards/", (200, 400, 200, 200, 200)),
    admin("roster", "classroom/cohort/roster/", (200, 400, 200, 200, 200)),
    admin("roster-file", "classroom/cohort/roster.csv", PAGE),
    *admin_model("classroom_membership", "{student}", add=PAGE, change=PAGE),
    *admin_model("classroom_learningevent", "{event_id}"),
    *admin_model("classroom_look", "{look}"),
    *admin_model("lessons_submission", "{submission}"),
    *admin_model("lessons_prediction", "{prediction}"),
    *admin_model("lessons_review", "{review}"),
    *admin_model("badges_award", "{award_id}"),
    *admin_model("experiments_run", "{made_run}"),
    *admin_model("admin_logentry", "{entry}"),
    admin("admin/(?P<url>.*)$", "nothing/here/", (404,) * 5),
)

ROWS = PAGES + API + ADMIN
