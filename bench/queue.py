"""The pages with a million requests behind them: `python -m bench queue`, or `python -m bench.queue [--size N]`.

Fills DATABASE_URL (PostgreSQL, empty; one that this wrote before is taken as it is) and asks for every list, search and
deep page as five people: a reviewer of all 39 flows, of a large one, of a small one, of 36 small ones, and an
administrator; for the administration pages and /metrics as the last. Prints for each kind of page the times in the database,
of its slowest query and in all, and the time of the whole page, beside one indexed SELECT through the same connection.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from django.test import Client

# The first name of many who are guests, and of nobody who waits: see `bench.million`.
NEVER_PENDING = "wendela"
LIMIT_MS = 50.0
WORDS = {
    "rare": ["zzzz", "liam.garcia777777@", "maria olga", "garcia99999", "7q4", "c9d", "tara.ito12"],
    "common": [
        "anna",
        "berg",
        "gmail.com",
        "example",
        "olga costa",
        "company7",
        "sven.meyer",
        "@company",
        NEVER_PENDING,
    ],
    "short": ["an", "b", "zq", "it", "o'", "@", "a.b", "..."],
    "none": ["nobody at all", "xyzxyz@gmail.com", "qqqqqq", "zz"],
}
PEOPLE = ("all", "large", "small", "many", "admin")


def main(arguments: Sequence[str] = ()) -> int:
    """Measure; 1 when a kind of page takes more than LIMIT_MS in the database at its 95th percentile."""
    parser = argparse.ArgumentParser(prog="python -m bench.queue", description=__doc__)
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(arguments)
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        parser.error("set DATABASE_URL to a PostgreSQL database for this alone")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("SECRET_KEY", "only-for-this-measurement-0123456789-abcdefghij")
    os.environ["ALLOWED_HOSTS"], os.environ["BASE_URL"] = "testserver", "http://testserver"
    import django

    django.setup()
    return measure(options.size, options.rounds)


def measure(size: int, rounds: int) -> int:
    """Fill if need be, and print the table."""
    from django.core.management import call_command

    from approvals.models import AuditEvent, SignUpRequest
    from bench.million import fill
    from config.prepare import collect_static

    call_command("migrate", verbosity=0)
    collect_static()
    if not SignUpRequest.objects.exists():
        print(f"filling with {size:,} requests …", flush=True)
        fill(size)
    print(
        f"{SignUpRequest.objects.count():,} requests, {AuditEvent.objects.count():,} events; load {os.getloadavg()[0]:.1f}"
    )
    limit = _indexed_select(200)
    print(f"one indexed SELECT: p50 {_p(limit, 50):.2f} ms, p95 {_p(limit, 95):.2f} ms\n")
    print(f"{'page':34} {'n':>4} {'slowest query':>19} {'all queries':>19} {'whole page':>19} {'x SELECT':>9}")
    worst = 0.0
    for kind, asked in _pages().items():
        for name in PEOPLE:
            _browser(name)
        taken = [_ask(name, path) for _ in range(rounds) for name, path in asked]
        worst = max(worst, _line(kind, taken[len(asked) :] or taken, _p(limit, 50)))
    print(f"\nslowest kind at its 95th percentile: {worst:.1f} ms in the database (limit {LIMIT_MS:.0f} ms)")
    return 0 if worst <= LIMIT_MS else 1


def _pages() -> dict[str, list[tuple[str, str]]]:
    """The pages to ask for, by kind: who asks, and the address."""
    kinds: dict[str, list[str]] = {f"queue, {tab}": [_queue(tab=tab)] for tab in _tabs()}
    for tab in ("needs-decision", "decided", "all"):
        kinds[f"queue, {tab}, deep"] = [_queue(tab=tab, after=_deep(part)) for part in (0.5, 0.02, 0.98)]
    for how, words in WORDS.items():
        for tab in ("needs-decision", "all"):
            kinds[f"search, {how}, {tab}"] = [_queue(tab=tab, q=each) for each in words]
    kinds["history"] = ["/history/"]
    kinds["history, deep"] = [f"/history/?after={_deep(part)}" for part in (0.5, 0.02, 0.98)]
    for group in ("decisions", "submissions", "deliveries", "mail", "administration"):
        kinds[f"history, {group}"] = [f"/history/?kind={group}", f"/history/?kind={group}&person=large"]
    kinds["history, person, flow"] = [f"/history/?person={name}&flow=press" for name in ("all", "small")]
    kinds["history, reference"] = [f"/history/?q={reference}" for reference in _references()]
    kinds["request"] = [f"/requests/{reference}/" for reference in _references()]
    kinds["api, requests"] = [f"/api/v1/requests/?{urlencode(each)}" for each in _API]
    kinds["api, audit events"] = [
        f"/api/v1/audit-events/?{each}" for each in ("", "order=newest", "action=request.denied")
    ]
    kinds["api, requests, deep"] = [f"/api/v1/requests/?cursor=a{_deep(part)}" for part in (0.5, 0.02, 0.98)]
    kinds["api, request"] = [f"/api/v1/requests/{reference}/" for reference in _references()]
    kinds["api, flows"] = ["/api/v1/flows/"]
    asked = {kind: [(name, path) for name in PEOPLE for path in paths] for kind, paths in kinds.items()}
    return asked | {kind: [("admin", path) for path in paths] for kind, paths in _administration().items()}


def _administration() -> dict[str, list[str]]:
    from approvals.models import SignUpRequest

    reference = SignUpRequest.objects.order_by("submitted_at")[0].reference
    lists = {
        "requests": ("approvals/signuprequest", ["status__exact=denied", "flow__id__exact=3", "q=anna", "p=20"]),
        "events": ("approvals/auditevent", ["action__exact=token.issued", "flow__id__exact=3", "p=20"]),
        "outbox": ("approvals/outboxentry", ["state__exact=parked", "kind=mail.denied", "p=20"]),
        "guests": ("accounts/guestaccount", ["p=20"]),
    }
    pages = {
        f"administration, {name}": [f"/admin/{path}/?{each}" for each in ("", f"q={reference}", *queries)]
        for name, (path, queries) in lists.items()
    }
    return {**pages, "metrics": ["/metrics"] * 4}


_API: list[dict[str, str]] = [
    {},
    {"order": "newest"},
    {"status": "denied", "flow": "press"},
    {"delivery": "failed"},
    {"delivery": "none", "order": "newest"},
    {"delivery": "done"},
    {"delivery": "queued"},
    {"email": "nobody@example.com"},
    {"q": "anna"},
    {"submitted_after": "2026-01-01T00:00:00Z"},
]


def _tabs() -> list[str]:
    from approvals.review.tabs import TABS

    return [tab.slug for tab in TABS]


def _queue(**query: str) -> str:
    return f"/requests/?{urlencode(query)}"


def _deep(part: float) -> str:
    """A cursor at this part of all time, from the oldest."""
    import base64

    from approvals.models import SignUpRequest

    first, last = (
        SignUpRequest.objects.order_by(key).values_list("submitted_at", flat=True)[0]
        for key in ("submitted_at", "-submitted_at")
    )
    at = first + (last - first) * part
    return (
        base64.urlsafe_b64encode(f"{at.isoformat()} 00000000-0000-0000-0000-000000000000".encode()).decode().rstrip("=")
    )


def _references() -> list[str]:
    from approvals.models import SignUpRequest

    chosen = SignUpRequest.objects.filter(flow__slug="partners").order_by("submitted_at")
    return [
        chosen.filter(status=status)[1000 if chosen.count() > 100_000 else 1].reference
        for status in ("pending", "approved", "denied")
    ]


@cache
def _browser(name: str) -> Client:
    """Somebody's browser, that has been in use for a while: the first page loads the middleware and the templates."""
    from django.test import Client

    from accounts.models import User

    browser = Client()
    browser.force_login(User.objects.get(username=name))
    for _ in range(2):
        browser.get("/requests/")
    return browser


def _ask(name: str, path: str) -> tuple[float, float, float]:
    """Milliseconds of the slowest query, of all queries and of the whole page."""
    client = _browser(name)
    with _timed_queries() as queries:
        started = time.perf_counter()
        response = client.get(path)
        whole = (time.perf_counter() - started) * 1000
    if response.status_code not in (200, 404):
        raise SystemExit(f"{path} as {name}: {response.status_code}")
    return max(queries), sum(queries), whole


@contextmanager
def _timed_queries() -> Iterator[list[float]]:
    from django.db import connection

    taken: list[float] = []

    def timed(execute: Callable[..., Any], *call: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(*call)
        finally:
            taken.append((time.perf_counter() - started) * 1000)

    with connection.execute_wrapper(timed):
        yield taken


def _indexed_select(times: int) -> list[float]:
    from django.db import connection

    from approvals.models import SignUpRequest

    references = list(SignUpRequest.objects.order_by("id").values_list("reference", flat=True)[:times])
    with _timed_queries() as taken, connection.cursor() as cursor:
        for reference in references:
            cursor.execute("SELECT id, status FROM approvals_signuprequest WHERE reference = %s", [reference])
    return taken


def _line(kind: str, taken: list[tuple[float, float, float]], limit: float) -> float:
    """Print one kind; returns its 95th percentile of all queries."""
    columns = [[each[place] for each in taken] for place in range(3)]
    shown = "".join(f"{_p(column, 50):11.1f} /{_p(column, 95):6.1f}" for column in columns)
    print(f"{kind:34} {len(taken):4} {shown} {_p(columns[1], 50) / limit:8.0f}x", flush=True)
    return _p(columns[1], 95)


def _p(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
