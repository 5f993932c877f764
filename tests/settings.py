"""The settings of the tests: the product's own, with an environment that is the same on every machine."""

from __future__ import annotations

import os
import tempfile

SERVERS = {"DATABASE_URL": "FOYER_TEST_DATABASE_URL", "REDIS_URL": "FOYER_TEST_REDIS_URL"}

_folder = tempfile.TemporaryDirectory(prefix="foyer-tests-")
os.environ.setdefault("VAR", _folder.name)
os.environ["SECRET_KEY"] = "only-for-the-tests-0123456789-abcdefghijklmnopqrstuvwxyz"
os.environ["DECISION_HOLD_SECONDS"] = "0"
os.environ["EMAIL_URL"] = "memory://"
os.environ["BASE_URL"] = "http://foyer.example"
os.environ["ALLOWED_HOSTS"] = "testserver,foyer.example,localhost,127.0.0.1"
# Playwright's loop stands still in the main thread while a test speaks to the database from there.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
for name, source in SERVERS.items():
    os.environ.pop(name, None)
    if os.environ.get(source):
        os.environ[name] = os.environ[source]
if "REDIS_URL" in os.environ:
    # A Redis database for each parallel test process: what they share through the cache must not meet.
    _number = 10 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    os.environ["REDIS_URL"] = f"{os.environ['REDIS_URL'].rpartition('/')[0]}/{_number}"

from config.settings import *  # noqa: E402, F403

STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405
# Static files are served from where they lie.
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True
# A password hash that costs nothing: the tests that speak of Argon2 set the real one.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher",
    "django.contrib.auth.hashers.Argon2PasswordHasher",
]
