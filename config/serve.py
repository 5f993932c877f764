"""The production processes: `python -m config.serve web`, `worker` or `beat`, configured by the environment alone.

`make web`, `make worker`, the containers and `make run` all start them here.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import NoReturn

from environs import EnvError, validate

from config.env import BASE_DIR, VAR, env


def web() -> list[str]:
    """The web server of `config/web.py`: PORT, WEB_HOST, WEB_WORKERS processes of WEB_THREADS threads each."""
    return [sys.executable, "-m", "config.web"]


def worker(*, with_beat: bool = True) -> list[str]:
    """A Celery worker of WORKER_CONCURRENCY threads, with the periodic tasks in it unless told otherwise.

    Two workers with periodic tasks do no harm: the tasks only look for what is due.
    """
    command = [
        *(sys.executable, "-m", "celery", "--app", "config", "worker", "--pool", "threads"),
        *(
            "--concurrency",
            str(env.int("WORKER_CONCURRENCY", 4, validate=validate.Range(min=1))),
            "--loglevel",
            "WARNING",
        ),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    ]
    return [*command, "--beat", "--schedule", _schedule()] if with_beat else command


def beat() -> list[str]:
    """The clock of the periodic tasks as a process of its own, beside workers that run without."""
    return [*(sys.executable, "-m", "celery", "--app", "config", "beat"), *("--loglevel", "WARNING", "-s", _schedule())]


def main() -> int:  # noqa: RET503 - the last line does not return
    """Become the process that the command line names; 1 with one line when the settings do not allow it."""
    parser = argparse.ArgumentParser(prog="python -m config.serve", description=__doc__)
    parser.add_argument("process", choices=["web", "worker", "beat"])
    parser.add_argument("--no-beat", action="store_true", help="a worker without the periodic tasks")
    options = parser.parse_args()
    commands = {"web": web, "worker": lambda: worker(with_beat=not options.no_beat), "beat": beat}
    if options.process != "web":
        os.environ["FOYER_ANSWERS_NOBODY"] = "1"
    try:
        _require_settings()
        command = commands[options.process]()
    except (EnvError, ValueError) as error:
        sys.stderr.write(f"foyer: {error}\n")
        return 1
    _become(command)


def _become(command: list[str]) -> NoReturn:
    # Else glibc keeps memory apart for each thread, and gives little of it back.
    os.environ.setdefault("MALLOC_ARENA_MAX", "2")
    os.chdir(BASE_DIR)
    os.execv(command[0], command)  # noqa: S606 - our own command, and no shell


def _require_settings() -> None:
    """Raise EnvError for a setting that is missing or wrong, before a server and its children do."""
    if not {"SECRET_KEY", "SECRET_KEY_FILE"} & os.environ.keys():
        raise EnvError("SECRET_KEY or SECRET_KEY_FILE is not set")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.conf import settings

    settings.SECRET_KEY  # noqa: B018 - reading one setting reads them all


def _schedule() -> str:
    VAR.mkdir(parents=True, exist_ok=True)
    return str(VAR / "beat-schedule")


if __name__ == "__main__":
    sys.exit(main())
