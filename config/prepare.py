"""What must be true before the processes start: `python -m config.prepare` migrates and collects static files.

It may run again at any time, and from several processes at once: one works, the others wait and find it done.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import django
from django.core.management.base import CommandError
from environs import EnvError

from config.env import VAR


class Unusable(Exception):
    """Something that Foyer needs cannot be used; the message is one line for a person."""


def main() -> int:
    """Prepare; 1 with one line when the settings or the database do not allow it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        django.setup()
        migrate()
        collect_static()
    except (EnvError, ValueError, Unusable) as error:
        sys.stderr.write(f"foyer: {error}\n")
        return 1
    return 0


def migrate() -> None:
    """Bring the database up to date. Raises Unusable, with one line, when it cannot be reached or opened."""
    from django.core.management import call_command
    from django.db import OperationalError

    try:
        call_command("migrate", interactive=False, verbosity=0)
    except CommandError as error:
        raise Unusable(f"the database cannot be migrated: {error}") from error
    except OperationalError as error:
        raise Unusable(f"the database cannot be used: {str(error).strip().splitlines()[0]}") from error


def collect_static() -> None:
    """Collect, fingerprint and compress the static files, if they have changed since the last time."""
    from django.conf import settings
    from django.core.management import call_command

    from config.migrating import locked

    stamp, now = Path(f"{settings.STATIC_ROOT}.stamp"), _static_fingerprint()
    if stamp.is_file() and stamp.read_text() == now:
        return
    with locked(VAR / "static.lock"):
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


if __name__ == "__main__":
    sys.exit(main())
