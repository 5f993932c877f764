"""All settings, read once from the environment. What each name means is in docs/configuration.md."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _
from environs import EnvError, validate

from config.clouds import CLOUDS
from config.env import BASE_DIR, VAR, env, file_of, read_run_settings
from config.logging import logging_config

read_run_settings()

# --- The basics ---------------------------------------------------------------------------------------------
SECRET_KEY = env.str("SECRET_KEY", validate=validate.Length(min=32))
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", [])
DEBUG = env.bool("DEBUG", False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
BASE_URL = env.str(
    "BASE_URL", "http://localhost:8000", validate=validate.Regexp("https?://[^/]", error="must begin with https://")
).rstrip("/")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", [BASE_URL])
DEMO = env.bool("DEMO", False)
SIMULATOR_URL = env.str("SIMULATOR_URL", "")

INSTALLED_APPS = [
    "accounts",
    "approvals",
    "connector",
    "config.apps.HouseConfig",
    "config.apps.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_htmx",
    "django_prometheus",
    "drf_spectacular",
    "rest_framework",
    "template_partials.apps.SimpleAppConfig",
]

MIDDLEWARE = [
    "config.middleware.request_id",
    "connector.shield.shield",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "accounts.middleware.reader_settings",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

# Not a setting: `config.serve` says so to the processes that answer nobody, and saves the memory of what only answers need.
ANSWERS = "FOYER_ANSWERS_NOBODY" not in os.environ
ROOT_URLCONF = "config.urls" if ANSWERS else "config.pages"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "builtins": ["template_partials.templatetags.partials"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "approvals.review.context.review_chrome",
            ],
        },
    }
]

# --- Storage ------------------------------------------------------------------------------------------------
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.dj_db_url(
        "DATABASE_URL", f"sqlite:///{VAR / 'foyer.sqlite3'}", conn_max_age=60, conn_health_checks=True
    )
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # One writer at a time, taken at the start of a transaction: waiting beats failing halfway through.
    DATABASES["default"]["OPTIONS"] = {
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
    }

else:
    DATABASES["default"]["ENGINE"] = "config.postgresql"
    # The hot path prepares its statements at their first use. A query whose client has gone ends within a second.
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 5,
        "prepare_threshold": 0 if env.bool("DATABASE_PREPARED_STATEMENTS", True) else None,
        "options": "-c client_connection_check_interval=1000",
        **DATABASES["default"].get("OPTIONS", {}),
    }

# How long `migrate` may keep the connector waiting: for a lock, and while it holds one; and how often it asks for it.
MIGRATE_LOCK_SECONDS = env.float("MIGRATE_LOCK_SECONDS", 0.5, validate=validate.Range(min=0.01))
MIGRATE_STATEMENT_SECONDS = env.float("MIGRATE_STATEMENT_SECONDS", 10.0, validate=validate.Range(min=0.1))
MIGRATE_LOCK_TRIES = env.int("MIGRATE_LOCK_TRIES", 60, validate=validate.Range(min=1))
MIGRATE_PAUSE_SECONDS = env.float("MIGRATE_PAUSE_SECONDS", 1.0, validate=validate.Range(min=0))

REDIS_URL = env.str(
    "REDIS_URL", "", validate=validate.Regexp("$|(redis|rediss|unix)://", error="must begin with redis:// or rediss://")
)
CACHES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"

# --- Work that leaves: outbox and Celery ----------------------------------------------------------------------
OUTBOX_HANDLERS = {
    "request.announce": "approvals.notifications.announce",
    "request.examine": "approvals.hints.examining.examine_request",
    "request.let_in": "approvals.hints.examining.note_let_in",
    "domains.count": "approvals.hints.history.count_earlier",
    "mail.received": "approvals.notifications.send_received",
    "mail.approved": "approvals.notifications.send_approved",
    "mail.denied": "approvals.notifications.send_denied",
    "mail.waiting": "approvals.notifications.send_waiting",
    "mail.standstill": "approvals.notifications.send_standstill",
    "standstill.announce": "approvals.notifications.announce_standstill",
    "guest.provision": "accounts.provisioning.provision_guest",
    "tenant.look": "accounts.forecasting.look",
    "verification.ask": "connector.verification.later.verify_request",
    "verification.decide": "connector.verification.later.follow_policy",
}
OUTBOX_GIVE_UP = {
    "mail.received": "approvals.notifications.give_up",
    "mail.approved": "approvals.notifications.give_up",
    "mail.denied": "approvals.notifications.give_up",
    "mail.waiting": "approvals.notifications.give_up",
    "mail.standstill": "approvals.notifications.give_up",
    "guest.provision": "accounts.provisioning.give_up",
    "tenant.look": "accounts.forecasting.give_up",
    "verification.ask": "connector.verification.later.give_up",
}
# Of one request, what shares a lane is done one after another, in the order of its causes.
OUTBOX_LANES = {
    "mail.received": "applicant",
    "mail.approved": "applicant",
    "mail.denied": "applicant",
    "guest.provision": "guest",
    "tenant.look": "look",
    "verification.ask": "verification",
    "verification.decide": "verification",
}
# By family of kinds, the part of the name before the dot: hours in which *later* is believed, and how many entries
# all workers together may have in hand.
OUTBOX_PATIENCE = {
    "mail": 48.0,
    "guest": 72.0,
    "request": 24.0,
    "tenant": 24.0,
    "verification": 24.0,
    "default": 24.0,
    **env.dict("OUTBOX_PATIENCE", {}, subcast_keys=str, subcast_values=float),
}
OUTBOX_AT_ONCE = {
    "mail": 4,
    "guest": 8,
    "tenant": 2,
    "verification": 4,
    **env.dict("OUTBOX_AT_ONCE", {}, subcast_keys=str, subcast_values=int),
}
OUTBOX_LEASE_SECONDS = env.int("OUTBOX_LEASE_SECONDS", 180)
OUTBOX_DRAIN_SECONDS = env.float("OUTBOX_DRAIN_SECONDS", 5.0)
OUTBOX_DRAIN_AT_MOST_SECONDS = 60.0
DECISION_HOLD_SECONDS = env.int("DECISION_HOLD_SECONDS", 30)

# The host means nothing to a folder; without one, Celery's client warns that it has made one up.
CELERY_BROKER_URL = REDIS_URL or "filesystem://localhost//"
# Redis gives a message that nobody has acknowledged to another worker after this long: longer than any task may take.
BROKER_VISIBILITY_SECONDS = 3600
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = (
    {"visibility_timeout": BROKER_VISIBILITY_SECONDS, "socket_connect_timeout": 2, "socket_timeout": 5}
    if REDIS_URL
    else {
        "data_folder_in": str(VAR / "broker"),
        "data_folder_out": str(VAR / "broker"),
        "control_folder": str(VAR / "broker-control"),
        "store_processed": False,
        "polling_interval": 0.25,
    }
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A broker that is away for a night must not end the workers: the default gives up after a hundred attempts.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
# Threads cannot be interrupted: a drain keeps to OUTBOX_DRAIN_AT_MOST_SECONDS and one entry, each call in it has a time
# limit of its own. These are for whoever runs a pool of processes; the visibility timeout lies above both.
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# SIGTERM waits for the entries in hand. SIGQUIT, or what stands in for it, waits this long before it puts them back.
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20.0
CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "drain-outbox": {
        "task": "approvals.tasks.drain_outbox",
        "schedule": OUTBOX_DRAIN_SECONDS,
        # A drain that waited longer than this has been overtaken by the next one.
        "options": {"expires": max(OUTBOX_DRAIN_SECONDS * 2, 10)},
    },
    "worker-heartbeat": {"task": "approvals.tasks.beat_heart", "schedule": 25.0, "options": {"expires": 50}},
}
WORKER_SEEN_WITHIN_SECONDS = 60

# --- Microsoft Entra and Graph ----------------------------------------------------------------------------------
ENTRA_CLOUD = env.str("ENTRA_CLOUD", "global", validate=validate.OneOf(CLOUDS))
ENTRA_LOGIN_URL = env.str("ENTRA_LOGIN_URL", CLOUDS[ENTRA_CLOUD].login_url).rstrip("/")
GRAPH_URL = env.str("GRAPH_URL", CLOUDS[ENTRA_CLOUD].graph_url).rstrip("/")
ENTRA_TENANT_ID = env.str("ENTRA_TENANT_ID", "")
ENTRA_TENANT_DOMAIN = env.str("ENTRA_TENANT_DOMAIN", "")
ENTRA_CLIENT_ID = env.str("ENTRA_CLIENT_ID", "")
ENTRA_CLIENT_SECRET = env.str("ENTRA_CLIENT_SECRET", "")
ENTRA_CLIENT_CERTIFICATE = env.str("ENTRA_CLIENT_CERTIFICATE", "")
# Read again at each use: a secret is replaced without a restart.
ENTRA_CLIENT_SECRET_FILE = file_of("ENTRA_CLIENT_SECRET")
ENTRA_CLIENT_CERTIFICATE_FILE = file_of("ENTRA_CLIENT_CERTIFICATE")
ENTRA_CA_BUNDLE = env.str("ENTRA_CA_BUNDLE", "")
# How long a new object may be missing on some replica of the directory. Nobody documents a figure.
GRAPH_SETTLING_SECONDS = env.float("GRAPH_SETTLING_SECONDS", 120.0, validate=validate.Range(min=1))
GRAPH_TIMEOUT_SECONDS = env.float("GRAPH_TIMEOUT_SECONDS", 15.0)
# Microsoft's limit for one application in one tenant.
GRAPH_WRITES_PER_WINDOW = env.int("GRAPH_WRITES_PER_WINDOW", 3000, validate=validate.Range(min=1))
GRAPH_WINDOW_SECONDS = env.float("GRAPH_WINDOW_SECONDS", 150.0, validate=validate.Range(min=1))

# --- Mail -------------------------------------------------------------------------------------------------------
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "Foyer <foyer@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
_mail = env.dj_email_url("EMAIL_URL", "console://")
if "EMAIL_BACKEND" not in _mail:
    raise EnvError("EMAIL_URL must begin with smtp://, submission:// (TLS), console:// or file://")
EMAIL_BACKEND = env.str("EMAIL_BACKEND", _mail["EMAIL_BACKEND"])
EMAIL_HOST, EMAIL_PORT = _mail["EMAIL_HOST"], _mail["EMAIL_PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_USER"], _mail["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail["EMAIL_USE_TLS"], _mail["EMAIL_USE_SSL"]
# The URL's parser takes the slash before the path for its own.
EMAIL_FILE_PATH = f"/{_mail['EMAIL_FILE_PATH'].lstrip('/')}"
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", 20)
ANYMAIL = env.json("ANYMAIL", {})

# --- Who may sign in ----------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "accounts.signin.backends.LocalAccountBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "review:queue"
LOGOUT_REDIRECT_URL = "accounts:sign-in"
AXES_FAILURE_LIMIT = env.int("AXES_FAILURE_LIMIT", 5)
AXES_COOLOFF_TIME = env.timedelta("AXES_COOLOFF_TIME", timedelta(minutes=15))
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "accounts.signin.views.locked_out"
AXES_CLIENT_IP_CALLABLE = "accounts.signin.addresses.client_address"
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address"]
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 0)

# --- Transport and browser safety -----------------------------------------------------------------------------------
_https = BASE_URL.startswith("https://")
if env.bool("BEHIND_PROXY", False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", _https)
# Probes inside the cluster speak plain HTTP.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 31_536_000 if _https else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", _https)
SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", _https)
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "__Host-foyer" if _https else "foyer"
SESSION_COOKIE_AGE = env.int("SESSION_COOKIE_AGE", 12 * 3600)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-src": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: []
    for name in (
        "accelerometer",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576

# How the pages of the policy read what Entra would send, and write what it would get.
POLICY_CLAIMS_READER = "connector.answering.read_claims"
POLICY_ANSWER_WRITER = "connector.answering.preview"

# --- Connector ----------------------------------------------------------------------------------------------------
CONNECTOR_MAX_BODY_BYTES = 64 * 1024

# --- APIs -----------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.signin.tokens.ApiTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "approvals.api.exceptions.problem_response",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Foyer staff API",
    "DESCRIPTION": "What the review pages can do, for staff systems: list sign-up requests, decide, undo, reopen, retry.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "PREPROCESSING_HOOKS": ["approvals.api.schema.only_staff_api"],
}
METRICS_TOKEN = env.str("METRICS_TOKEN", "")

# --- Language and time ------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", _("English")),
    ("es", _("Spanish")),
    ("de", _("German")),
    ("fr", _("French")),
    ("nl", _("Dutch")),
    ("pt", _("Portuguese")),
]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", "UTC")

# --- Static files ---------------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env.str("STATIC_ROOT", str(VAR / "static"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- Logs --------------------------------------------------------------------------------------------------------------------
LOG_LEVEL = env.str("LOG_LEVEL", "INFO", validate=validate.OneOf(["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]))
LOG_FORMAT = env.str("LOG_FORMAT", "json", validate=validate.OneOf(["json", "console"]))
LOGGING_CONFIG = None
logging_config(level=LOG_LEVEL, renderer=LOG_FORMAT)

SILENCED_SYSTEM_CHECKS: list[str] = []
