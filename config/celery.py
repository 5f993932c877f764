"""The Celery application. `celery -A config worker` and `celery -A config beat` find it here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from celery import Celery
from celery.signals import (
    setup_logging,
    task_postrun,
    task_prerun,
    worker_init,
    worker_ready,
    worker_shutdown,
    worker_shutting_down,
)

if TYPE_CHECKING:
    from approvals.standby import Standby

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

_standby: Standby | None = None

app = Celery("foyer")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_logging(**_kwargs: Any) -> None:
    """Leave logging as config.logging set it; Celery would install its own handlers."""


@task_prerun.connect
def name_log_lines(task_id: str, task: Any, **_kwargs: Any) -> None:
    """Bind the task's id to every log line of its run."""
    structlog.contextvars.bind_contextvars(task_id=task_id, task=task.name)


@task_postrun.connect
def forget_name(**_kwargs: Any) -> None:
    """Undo `name_log_lines`."""
    structlog.contextvars.unbind_contextvars("task_id", "task")


@app.on_after_configure.connect
def make_broker_folders(sender: Celery, **_kwargs: Any) -> None:
    """Create the folders of the embedded broker; nothing happens with Redis or when they are there."""
    options = sender.conf.broker_transport_options
    for key in ("data_folder_in", "control_folder"):
        if key in options:
            Path(options[key]).mkdir(parents=True, exist_ok=True)


@worker_init.connect
def stand_by(**_kwargs: Any) -> None:
    """Have somebody drain who needs no broker; from now on, for the broker may not be there yet."""
    global _standby  # noqa: PLW0603 - one for each worker
    from approvals.standby import Standby  # models are not there yet when this module is read

    _standby = Standby()
    _standby.start()


@worker_shutdown.connect
def finish_entry_in_hand(**_kwargs: Any) -> None:
    """Wait for the standby as Celery has waited for the tasks."""
    if _standby is not None:
        _standby.join(timeout=app.conf.worker_soft_shutdown_timeout)


@worker_ready.connect
def show_life_at_once(**_kwargs: Any) -> None:
    """Leave the first sign of life now: the clock would wait a whole period before it asks for one."""
    app.send_task("approvals.tasks.beat_heart", ignore_result=True)


@worker_shutting_down.connect
def take_nothing_new(**_kwargs: Any) -> None:
    """Let the drains of this worker end after the entry in hand; Celery waits for them."""
    from approvals import tasks  # models are not there yet when this module is read

    tasks.stopping.set()
