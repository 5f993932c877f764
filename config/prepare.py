"""What must be true before the processes start: `python -m config.prepare` migrates and collects static files.

It may run again at any time, and from several processes at once: one works, the others wait and find it done.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import django
from django.core.management.base import CommandError
from environs import EnvError

from config.env import VAR

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

MIGRATION_LOCK = 4_606_939
LOCK_POLL_SECONDS = 0.2


class Unusable(Exception):
    """Something that Foyer needs cannot be used; the message is one line for a person."""


def main() -> int:
    """Prepare; 1 with one line when the settings or the database do not allow it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        django.setup()
        migrate()
        collect_static()
    except (EnvError, ValueError, Unusable, CommandError) as error:
        sys.stderr.write(f"foyer: {error}\n")
        return 1
    return 0


def migrate() -> None:
    """Bring the database up to date. Raises Unusable, with one line, when it cannot be reached or opened."""
    from django.core.management import call_command
    from django.db import OperationalError

    try:
        with _one_at_a_time():
            call_command("migrate", interactive=False, verbosity=0)
    except OperationalError as error:
        raise Unusable(f"the database cannot be used: {str(error).strip().splitlines()[0]}") from error


def collect_static() -> None:
    """Collect, fingerprint and compress the static files, if they have changed since the last time."""
    from django.conf import settings
    from django.core.management import call_command

    stamp, now = Path(f"{settings.STATIC_ROOT}.stamp"), _static_fingerprint()
    if stamp.is_file() and stamp.read_text() == now:
        return
    with _locked(VAR / "static.lock"):
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(now)


def _static_fingerprint() -> str:
    """Changes when a static file is added, removed or written to."""
    from django.contrib.staticfiles.finders import get_finders

    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            about = Path(storage.path(path)).stat()
            digest.update(f"{storage.path(path)} {about.st_size} {about.st_mtime_ns}\n".encode())
    return digest.hexdigest()


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Keep others from migrating the same database: by the database where it can, else by a file."""
    from django.db import connection

    if connection.vendor != "postgresql":
        with _locked(VAR / "migrate.lock"):
            yield
        return
    with connection.cursor() as cursor:
        _wait_for_lock(cursor)
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])


def _wait_for_lock(cursor: CursorWrapper) -> None:
    """Ask again and again: a statement that waits would hold up the index that the lock's owner builds concurrently."""
    while True:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [MIGRATION_LOCK])
        if cursor.fetchone() == (True,):
            return
        time.sleep(LOCK_POLL_SECONDS)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main())
