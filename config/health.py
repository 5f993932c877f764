"""What probes and monitoring ask: is the process up, can it do its work, and how is it doing."""

from __future__ import annotations

import hmac
import os
import time
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLong
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import structlog
from celery import current_app
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from approvals.models import WorkerHeartbeat
from config import metrics as readings
from connector import outages

log = structlog.get_logger(__name__)

PROBE_SECONDS = 3.0
OK = "ok"

# A server that hangs must not hang the probe. While it hangs, at most these threads wait for it.
_probes = ThreadPoolExecutor(max_workers=4, thread_name_prefix="readiness")


@login_not_required
@never_cache
@require_safe
def alive(_request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers at all; asks nobody else."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@never_cache
@require_safe
def ready(_request: HttpRequest) -> JsonResponse:
    """200 when the database and the broker answer and a worker was seen lately, else 503, within PROBE_SECONDS.

    Each of the three is `ok` or a code: `unreachable`, `timeout`, `disk_full`, `never_seen`, `not_seen_lately`.
    """
    probes = {"database": ask_database, "broker": ask_broker, "worker": look_for_worker}
    running = {name: _probes.submit(probe) for name, probe in probes.items()}
    deadline = time.monotonic() + PROBE_SECONDS
    found = {name: _outcome(name, future, deadline) for name, future in running.items()}
    well = set(found.values()) == {OK}
    answer = JsonResponse({"status": OK if well else "unavailable", **found}, status=200 if well else 503)
    # Django would log each 503 as an error; a probe that finds us starting up is none.
    answer._has_been_logged = True  # type: ignore[attr-defined]
    return answer


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The readings in Prometheus' text format, for the holder of METRICS_TOKEN or a signed-in administrator.

    401 for anybody unknown, 403 for a reviewer.
    """
    if _has_token(request) or request.user.is_superuser:
        text, content_type = readings.exposition()
        return HttpResponse(text, content_type=content_type)
    if request.user.is_authenticated:
        return HttpResponse("Administrators only.\n", status=403, content_type="text/plain")
    refusal = HttpResponse("A bearer token is needed.\n", status=401, content_type="text/plain")
    refusal["WWW-Authenticate"] = 'Bearer realm="metrics"'
    return refusal


def ask_database() -> str:
    """Run the smallest query, on a fresh connection of the calling thread. Raises what the driver raises.

    A database that answers and cannot keep anything is not well: `disk_full` when sign-ups have just met that.
    """
    with closing(connection), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "disk_full" if outages.memory.seen() == "disk_full" else OK


def look_for_worker() -> str:
    """Look up when a worker last left a sign of life."""
    with closing(connection):
        heartbeat = WorkerHeartbeat.objects.first()
    if heartbeat is None:
        return "never_seen"
    lately = timezone.now() - timedelta(seconds=settings.WORKER_SEEN_WITHIN_SECONDS)
    return OK if heartbeat.seen_at >= lately else "not_seen_lately"


def ask_broker() -> str:
    """Connect to the broker as the nudge does; the embedded one is a folder that must be writable."""
    folder = settings.CELERY_BROKER_TRANSPORT_OPTIONS.get("data_folder_in")
    if folder is not None:
        return OK if os.access(Path(folder), os.W_OK) else "unreachable"
    with current_app.connection_for_write(connect_timeout=2) as broker:
        broker.connect()
    return OK


def _outcome(name: str, future: Future[str], deadline: float) -> str:
    try:
        return future.result(timeout=max(deadline - time.monotonic(), 0))
    except TooLong:
        future.cancel()
        return "timeout"
    except Exception as error:  # noqa: BLE001 - whatever a driver raises, the answer is that it cannot be reached
        log.warning("probe_failed", probe=name, error=type(error).__name__)
        return "unreachable"


def _has_token(request: HttpRequest) -> bool:
    scheme, _, sent = request.headers.get("Authorization", "").partition(" ")
    expected = settings.METRICS_TOKEN
    if not expected or scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(sent.strip().encode(), expected.encode())
