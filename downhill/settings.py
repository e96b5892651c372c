"""Every setting of Downhill. All of them come from the environment; the defaults suit a laptop.

Without DATABASE_URL and REDIS_URL Downhill runs *embedded*: SQLite and a queue in the file system, both
under VAR_DIR. With them it runs *scaled*. The code is the same.
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key
from environs import Env, validate
from kombu import Exchange, Queue
from pythonjsonlogger.core import RESERVED_ATTRS

from classroom import secret_files

env = Env()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.str("VAR_DIR", str(BASE_DIR / "var"))).absolute()
DATABASE_URL = env.str("DATABASE_URL", "")
REDIS_URL = env.str("REDIS_URL", "")
# Keeps apart what shares one Redis: a worker takes only messages under its own prefix.
REDIS_PREFIX = env.str("REDIS_PREFIX", "")

# Pages for developers, which show code and settings to whoever meets an error.
DEBUG = env.bool("DEBUG", False)
# LAN: the laptop serves the room's own network, debug off. Its demo has no public password there.
LAN = env.bool("LAN", False)
# Where others in the room reach it: `manage.py up` tells the web server.
ROOM_URL = env.str("ROOM_URL", "").rstrip("/")
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])


def _var(*names: str) -> str:
    folder = VAR_DIR.joinpath(*names)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"Downhill cannot write to {folder} ({error.strerror}). Set VAR_DIR to a folder it can write to."
        ) from error
    return str(folder)


SECRET_KEY = env.str("SECRET_KEY", "") or secret_files.kept(Path(_var()) / "secret_key", get_random_secret_key)

# Where others reach this Downhill: stands in every credential, so it is set once and stays.
# On a laptop `manage.py up` keeps here under which address it serves.
KEPT_URL = VAR_DIR / "public_url"
PUBLIC_URL = env.str("PUBLIC_URL", "").rstrip("/")
# From the address follow the name that is answered to, and whether it is behind TLS.
_scheme, _host = urlsplit(PUBLIC_URL).scheme, urlsplit(PUBLIC_URL).hostname
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", [*filter(None, [_host]), "localhost", "127.0.0.1", "[::1]"])
HTTPS = env.bool("HTTPS", _scheme == "https")
if not PUBLIC_URL:
    PUBLIC_URL = KEPT_URL.read_text(encoding="utf-8").strip() if KEPT_URL.exists() else "http://127.0.0.1:8000"
# The keys that credentials are signed with, as `manage.py new_badge_key` prints them; without, VAR_DIR keeps some.
BADGE_KEYS = env.str("BADGE_KEYS", "")

INSTALLED_APPS = [
    "office.apps.SiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "csp",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    # Ours last, the base first: office.admin takes out what the others put into the admin site and nobody needs.
    "classroom",
    "experiments",
    "lessons",
    "badges",
    "rehearsal",
    "privacy",
    "dashboard",
    "office",
    "downhill",
]

MIDDLEWARE = [
    "downhill.access_log.AccessLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "downhill.caching.PrivateByDefault",
    "downhill.compression.Compression",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "classroom.web.Utf8Middleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "classroom.web.RefusalMiddleware",
    # Last, so that a lock-out replaces whatever the log-in view wanted to answer.
    "axes.middleware.AxesMiddleware",
]

# Web processes, and the threads of each that answer requests; one more of each works at the door, where people log in.
# SQLite's writers wait unfairly when they are many.
WEB_WORKERS = env.int("WEB_WORKERS", min(4 if DATABASE_URL else 2, os.cpu_count() or 1))
WEB_THREADS = env.int("WEB_THREADS", 4 if DATABASE_URL else 2)
# To the database: one for each thread, another at the door, and one for probes.
WEB_CONNECTIONS = WEB_WORKERS * (WEB_THREADS + 2)
# Processes of a worker, each with a connection.
WORKER_PROCESSES = env.int("CELERY_CONCURRENCY", 1)
# Seconds between being told to stop and stopping, in which a proxy hears of it and sends the next request elsewhere.
WEB_STOPS_AFTER = env.int("WEB_STOPS_AFTER", 0)

# Folders of lessons: those that come with Downhill, then others, such as one outside a container's image.
LESSONS_FOLDERS = [BASE_DIR / "lessons" / "content", *map(Path, env.list("LESSONS_FOLDERS", []))]

ROOT_URLCONF = "downhill.urls"
WSGI_APPLICATION = "downhill.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["classroom.templatetags.media"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "downhill.appearance.look",
            ],
        },
    }
]

if DATABASE_URL:
    DATABASES = {"default": env.dj_db_url("DATABASE_URL")}
    if DATABASES["default"]["ENGINE"].endswith("postgresql"):
        # One connection for each thread, kept. Threads are few: none may wait long for a server that is away.
        DATABASES["default"] |= {"ENGINE": "downhill.postgresql", "CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
        DATABASES["default"]["OPTIONS"] = {
            "connect_timeout": 2,
            "tcp_user_timeout": 5000,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            **DATABASES["default"].get("OPTIONS", {}),
        }
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": Path(_var()) / "downhill.sqlite3",
            "CONN_MAX_AGE": 600,
            "OPTIONS": {
                # Take the write lock at BEGIN: upgrading a read lock later fails at once under load.
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                # FULL, since an acknowledged answer must survive a power cut.
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY; "
                    "PRAGMA mmap_size=134217728; PRAGMA journal_size_limit=27103364; PRAGMA cache_size=2000;"
                ),
            },
        }
    }

# Backups that stay in VAR_DIR/backups; the older ones make room for new ones.
BACKUPS_KEPT = env.int("BACKUPS_KEPT", 30)

# --- people ---------------------------------------------------------------------------------------

AUTH_USER_MODEL = "classroom.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "downhill.public_password.Guard",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "classroom.passwords.Argon2id",
    # Hashes made before; each is replaced at the next log-in.
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "downhill.public_password.NotPublic"},
    {"NAME": "classroom.passwords.EndsTokens"},
]
SILENCED_SYSTEM_CHECKS = [
    # Subdomains and browsers' preload lists are for the owner of the domain to decide, not for one app on it.
    "security.W005",
    "security.W021",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"
# Where an instructor finds a student of theirs, by class and student: for rooms below the one that has the page.
STUDENT_URL = "dashboard:student"

ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_ADAPTER = "classroom.accounts.AccountAdapter"
# Ours are below, where all web processes see them.
ACCOUNT_RATE_LIMITS = False
# Whether instructors and admins have to log in with a second step.
SECOND_FACTOR = env.bool("SECOND_FACTOR", False)
MFA_ADAPTER = "classroom.accounts.SecondStepAdapter"
MFA_FORMS = {
    "authenticate": "classroom.second_factor.CodeForm",
    "reauthenticate": "classroom.second_factor.CodeAgainForm",
    "activate_totp": "classroom.second_factor.FirstCodeForm",
    "add_webauthn": "classroom.second_factor.PasskeyForm",
    "authenticate_webauthn": "classroom.second_factor.PasskeyLogInForm",
    "reauthenticate_webauthn": "classroom.second_factor.PasskeyAgainForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Downhill"
MFA_TOTP_TOLERANCE = 1  # of 30 seconds: a phone's clock
MFA_RECOVERY_CODES_SHOW_ONCE = True
# Without TLS a browser offers passkeys on its own computer alone.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
# How often in a minute, from one address that may be a whole school's; a device that is known may do a tenth of that.
LIMITS = {
    "log_in": 600,
    # Seven classes of thirty join in the same minute, and each of them types something wrong once.
    "type_code": 600,
    "wrong_code": 240,
    "join": 600,
    "join_class": 120,
    "wrong_token": 60,
    "change_password": 10,
    "wrong_second_step": 10,  # in an hour
    # Everything that is kept of a person, put together.
    "own_data": 3,
}

AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=5)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_USERNAME_CALLABLE = "classroom.accounts.username_of_attempt"
AXES_CLIENT_IP_CALLABLE = "classroom.devices.counted_at"
AXES_LOCKOUT_CALLABLE = "classroom.web.locked_out"
AXES_ENABLE_ADMIN = False
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False

# Days after which a notebook's token ends that nobody uses.
TOKEN_DAYS = env.int("TOKEN_DAYS", 90)

# Days in which the code on a log-in card lets its owner in, once.
CARD_DAYS = env.int("CARD_DAYS", 30)

# Days for which it is kept who looked at whose work.
LOOKS_DAYS = env.int("LOOKS_DAYS", 365)

# Beside a new demo class, one that synthetic people have played to the end of an evening; it costs a minute of a core.
DEMO_EVENING = env.bool("DEMO_EVENING", True)
# How many open classes somebody may teach and still make another one. With 0 only admins make classes.
MOST_OPEN_CLASSES = env.int("MOST_OPEN_CLASSES", 50)

# --- web ------------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
# Away from localhost a browser wants TLS for it, and complains about it on every page of a room.
SECURE_CROSS_ORIGIN_OPENER_POLICY = None if ROOM_URL else "same-origin"
# A classroom laptop serves plain http.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
# Asked from inside, where nobody ends TLS.
SECURE_REDIRECT_EXEMPT = [r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
# How many proxies there are in front, each of which says who asked it: see classroom/addresses.py.
TRUST_PROXY = env.int("TRUST_PROXY", 0)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUST_PROXY else None
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_FAILURE_VIEW = "downhill.errors.csrf_failure"
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
# What lies in the folder of an activity type, under activities/<type>/.
STATICFILES_DIRS = [
    (f"activities/{folder.parent.name}", folder)
    for folder in sorted((BASE_DIR / "lessons" / "activities").glob("*/static"))
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "downhill.static_files.HashedStaticFiles"
    },
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
FORMAT_MODULE_PATH = ["downhill.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", "UTC")

REST_FRAMEWORK = {
    # Token first: its challenge makes a missing log-in a 401.
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "classroom.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["classroom.authentication.HasPassedAllSteps"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["classroom.parsers.JsonParser"],
    "DEFAULT_SCHEMA_CLASS": "classroom.contract.Schema",
    "EXCEPTION_HANDLER": "classroom.web.problem_response",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Downhill",
    "DESCRIPTION": "Do the session from a notebook. The same code grades the same answers.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "ENUM_NAME_OVERRIDES": {"RunState": "experiments.models.RunState", "PartState": "lessons.models.PartState"},
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# Seconds in which a mis-tapped seal can be taken back; what is behind it comes to the page after them.
UNDO_SECONDS = env.int("UNDO_SECONDS", 3)

# --- worker ---------------------------------------------------------------------------------------

# Runs have a queue of their own: what lies in the other one is carried out in the middle of a long run too. A worker
# serves both.
RUNS_QUEUE = "runs"
CELERY_TASK_QUEUES = tuple(Queue(name, Exchange(name), routing_key=name) for name in ("celery", RUNS_QUEUE))
CELERY_TASK_ROUTES = {"experiments.execute_run": {"queue": RUNS_QUEUE}}
CELERY_IMPORTS = ("downhill.worker_version",)
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Seconds that a run may take; a little later its process is ended.
CELERY_TASK_SOFT_TIME_LIMIT = env.int("RUN_TIME_LIMIT", 100)
CELERY_TASK_TIME_LIMIT = CELERY_TASK_SOFT_TIME_LIMIT + 20
# Seconds without a heartbeat after which a run's worker counts as gone, and between two looks for such runs.
RUN_STALE_AFTER = env.int("RUN_STALE_AFTER", 15)
RUN_REAP_EVERY = env.int("RUN_REAP_EVERY", 5)
BADGE_SWEEP_EVERY = env.int("BADGE_SWEEP_EVERY", 30)
CELERY_BEAT_SCHEDULE = {
    "take up what was left": {
        "task": "experiments.reap",
        "schedule": RUN_REAP_EVERY,
        # Behind a long run they would pile up.
        "options": {"expires": RUN_REAP_EVERY},
    },
    "award what a crash missed": {
        "task": "badges.sweep",
        "schedule": BADGE_SWEEP_EVERY,
        "options": {"expires": BADGE_SWEEP_EVERY},
    },
    "take up rehearsals": {
        "task": "rehearsal.take_up",
        "schedule": RUN_REAP_EVERY,
        "options": {"expires": RUN_REAP_EVERY},
    },
}
CELERY_BEAT_SCHEDULE_FILENAME = f"{_var('queue')}/beat-schedule"
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_MAX_TASKS_PER_CHILD = 50
# A slow machine takes its time to fork a process that has loaded scikit-learn.
CELERY_WORKER_PROC_ALIVE_TIMEOUT = 60
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any]
if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
    # Longer than any task may run, or a long one would be handed out twice.
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": CELERY_TASK_TIME_LIMIT + 180,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        "global_keyprefix": REDIS_PREFIX,
        # Whoever asks for a run waits while its message is sent: a broker that is away must be noticed soon.
        "max_retries": 1,
        "interval_start": 0.1,
        "connect_retries_timeout": 1,
        "socket_connect_timeout": 1,
        "socket_timeout": 3,  # a worker's own reads are answered every second
    }
    # A worker waits for a broker that is away as long as it takes.
    CELERY_BROKER_CONNECTION_MAX_RETRIES = None
else:
    CELERY_BROKER_TRANSPORT = "downhill.message_folder:Transport"
    CELERY_BROKER_URL = "filesystem://localhost/"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": _var("queue", "messages"),
        "data_folder_out": _var("queue", "messages"),
        "control_folder": _var("queue", "control"),
        "polling_interval": 0.1,
    }

# --- to observe -----------------------------------------------------------------------------------

# Who may read /metrics: whoever sends this as a bearer token; empty: this computer itself, by no proxy.
METRICS_TOKEN = env.str("METRICS_TOKEN", "")
# A line for each request.
ACCESS_LOG = env.bool("ACCESS_LOG", False)
LOG_FORMAT = env.str("LOG_FORMAT", "line", validate=validate.OneOf(["line", "json"]))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"of_request": {"()": "downhill.log_context.OfRequest"}},
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name}{about} {message}", "style": "{"},
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "format": "{asctime}{levelname}{name}{message}",
            "style": "{",
            "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
            # Django's own request, whose text is its whole address.
            "reserved_attrs": [*RESERVED_ATTRS, "about", "request"],
        },
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["of_request"]}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "WARNING")},
    # Refusals are answers, not faults.
    "loggers": {
        "downhill.access": {"level": "INFO" if ACCESS_LOG else "WARNING"},
        "django.request": {"level": "ERROR"},
        "django.security": {"level": "CRITICAL"},
        "axes": {"level": "ERROR"},
    },
}
