"""How the lists are read: in lanes, counted to a bound, looked through in bounds, and along indexes on PostgreSQL."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from approvals import lanes, paging
from approvals.models import Action, AuditEvent, Delivery, SignUpRequest, UserFlow
from approvals.models.sign_up_request import holds
from approvals.paging import Order
from approvals.review.tabs import ALL, DECIDED, FAILED, MOST_COUNTED, NEEDS_DECISION, TABS, tab_counts
from tests.factories import make_flow, make_request, make_user

ON_POSTGRESQL = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="speaks of PostgreSQL's plans")
STATES = ("pending", "approved", "denied", "expired", "withdrawn")


def many(flow: UserFlow, count: int, name: str = "Anna Berg") -> None:
    """Requests in all states, a minute apart, as they are after some time."""
    now = timezone.now()
    rows = []
    for n in range(count):
        status = STATES[n % 5]
        ended = {"decided_at": now, "closed_at": now} if status != "pending" else {}
        row = SignUpRequest(flow=flow, reference=f"{flow.pk % 100:02}{n:06}", status=status, **ended)
        row.submitted_at = now - timedelta(minutes=count - n)
        row.applicant_key, row.display_name = f"{n:064}", name
        row.email = row.normalised_email = f"{n}@{flow.slug}.example"
        rows.append(row)
    SignUpRequest.objects.bulk_create(rows)
    AuditEvent.objects.bulk_create(AuditEvent(action="request.submitted", request=row, flow=flow) for row in rows)


def much_happened(flows: list[UserFlow], by: Any) -> None:
    """Events of all kinds, so many that no index but the right one is short."""
    AuditEvent.objects.bulk_create(
        AuditEvent(action=action, flow=flow, actor=by if action.startswith("request.") else None)
        for flow in flows
        for action in Action.values
        for _ in range(50)
    )


def three(flow: UserFlow, count: int) -> list[UserFlow]:
    """Three flows with so many requests each, in one another's times."""
    flows = [flow, make_flow("suppliers"), make_flow("press")]
    for each in flows:
        many(each, count)
    return flows


@pytest.fixture
def three_flows(flow: UserFlow) -> list[UserFlow]:
    """Three flows with some requests each."""
    return three(flow, 40)


@pytest.fixture
def long_queues(flow: UserFlow) -> list[UserFlow]:
    """Three flows with many requests each."""
    return three(flow, 800)


@pytest.mark.parametrize("tab", TABS, ids=lambda tab: tab.slug)
def test_it_merges_the_lanes_into_one_order_without_losing_or_doubling(three_flows, tab) -> None:
    reader = make_user("cleo", flows=tuple(three_flows[:2]))
    expected = SignUpRequest.objects.filter(tab.rows, flow__in=three_flows[:2]).order_by(*tab.order.keys())
    rows, after, seen = tab.of(SignUpRequest.objects.all()), "", []
    while True:
        page = paging.page_of(rows, tab.order, lanes=tab.lanes(reader), size=7, after=after)
        seen += [row.pk for row in page.rows]
        after = page.after
        if not after:
            break
    assert seen == [row.pk for row in expected]
    assert bool(seen) is not tab.failed


def test_it_finds_rows_without_a_value_in_a_lane_of_their_own(three_flows, admin) -> None:
    AuditEvent.objects.create(action="token.issued", actor=admin)
    kinds = {"flow_id": [three_flows[0].pk, None], "action": ["request.submitted", "token.issued"]}
    found = lanes.first_rows(AuditEvent.objects.all(), kinds, ("-at", "-id"), 100)
    assert sorted({event.flow_id or 0 for event in found}) == [0, three_flows[0].pk]


def test_it_counts_no_further_than_anybody_reads(flow, anna, client) -> None:
    many(flow, (MOST_COUNTED + 10) * 5 // 4)
    assert tab_counts(anna)[ALL.slug] == tab_counts(anna)[DECIDED.slug] == MOST_COUNTED + 1
    client.force_login(anna)
    page = client.get(reverse("review:queue"), {"tab": "all"}).content.decode()
    assert ">1,000+<" in page
    assert "25 of 1,000+" in page


@pytest.mark.parametrize(("flows", "count"), [(1, paging.LOOKED_AT // 2 * 5), (5, paging.STRETCH // 4)])
def test_it_looks_through_common_words_in_bounds_and_loses_nobody(admin, flows, count) -> None:
    for number in range(flows):
        many(make_flow(f"flow-{number}"), count)
    wanted = list(SignUpRequest.objects.order_by(*ALL.order.keys(reverse=True)).values_list("pk", flat=True))[3::1200]
    SignUpRequest.objects.filter(pk__in=wanted).update(display_name="Zita Zoll")
    rows, found, after = SignUpRequest.objects.all(), [], ""
    look = partial(paging.looked_through, rows, ALL.order, ALL.lanes(admin), among=holds("zita"), size=2, dense=True)
    while True:
        page = look(after=after)
        found += [row.pk for row in page.rows]
        if not page.after:
            break
        after = page.after
    assert found == wanted[::-1]
    back = [row.pk for row in page.rows][::-1]
    while page.before:
        page = look(before=page.before)
        back += [row.pk for row in page.rows][::-1]
    assert back == wanted


@pytest.mark.parametrize(
    ("words", "found"),
    [("an", 3), ("be", 3), ("er", 0), ("ann", 3), ("erg", 3), ("@", 0), ("...", 0), ("1@", 1), ("a.b", 0)],
)
def test_it_takes_few_letters_for_a_beginning(flow, words, found) -> None:
    many(flow, 3)
    assert SignUpRequest.objects.search(words).count() == found


def test_it_finds_how_a_reference_begins(flow) -> None:
    request = make_request(flow)
    for typed in (request.reference[:3], request.reference[:6].lower(), request.reference.replace("-", "")):
        assert request in SignUpRequest.objects.search(typed)


def test_it_says_of_a_request_that_its_delivery_failed_exactly_while_it_has(flow, anna) -> None:
    from approvals import workflow

    request = make_request(flow, status="failed", by=anna)
    assert tab_counts(anna)[FAILED.slug] == 1
    workflow.retry_delivery(request.pk, actor=anna)
    assert tab_counts(anna)[FAILED.slug] == 0
    workflow.record_failed(request.pk, code="x", explanation="x")
    workflow.record_provisioned(request.pk, guest_id="g", made=Delivery.Made.CREATED)
    assert tab_counts(anna)[FAILED.slug] == 0


def plan(sql: str, params: tuple[Any, ...], *without: str) -> str:
    """How PostgreSQL would read it when it had so many rows that a scan of all, or one of the `without`, were too dear."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE approvals_signuprequest, approvals_auditevent, approvals_userflow")
        for way in ("seqscan", *without):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        cursor.execute(f"EXPLAIN (COSTS OFF) {sql}", params)
        return "\n".join(row[0] for row in cursor.fetchall())


@ON_POSTGRESQL
@pytest.mark.parametrize("tab", [NEEDS_DECISION, DECIDED, ALL], ids=lambda tab: tab.slug)
def test_it_reads_a_deep_page_along_the_index_of_the_lanes(long_queues, anna, tab) -> None:
    middle = SignUpRequest.objects.order_by("submitted_at")[1200]
    deep = SignUpRequest.objects.filter(tab.order.after((middle.submitted_at, middle.pk)))
    shown = plan(*lanes.merged(deep, tab.lanes(anna), tab.order.keys(), 26), "bitmapscan")
    assert re.search(r"Index (Only )?Scan.* using queue_lanes", shown), shown
    assert re.search(r"Index Cond: .*flow_id = .*status.* = .*submitted_at [<>]=", shown), shown
    assert shown.count("Sort") <= 2  # the merge, and no lane by itself


@ON_POSTGRESQL
def test_it_counts_along_the_index_of_the_lanes(long_queues, anna) -> None:
    shown = plan(*lanes.merged(SignUpRequest.objects.all(), NEEDS_DECISION.lanes(anna), (), 1001))
    assert "queue_lanes" in shown
    assert "Sort" not in shown
    assert "Limit" in shown
    failed = plan(*lanes.merged(FAILED.of(SignUpRequest.objects.all()), FAILED.lanes(anna), (), 1001))
    assert "failed_lanes" in failed


@ON_POSTGRESQL
def test_it_reads_the_history_along_the_index_of_its_lanes(three_flows, anna) -> None:
    much_happened(three_flows, anna)
    kinds = {"flow_id": [flow.pk for flow in three_flows], "action": ["request.denied"]}
    order = Order("at", newest_first=True)
    assert "audit_lanes" in plan(*lanes.merged(AuditEvent.objects.all(), kinds, order.keys(), 51), "bitmapscan")
    of_anna = {**kinds, "actor_id": [anna.pk]}
    assert "audit_lanes_of_actor" in plan(
        *lanes.merged(AuditEvent.objects.all(), of_anna, order.keys(), 51), "bitmapscan"
    )


@ON_POSTGRESQL
@pytest.mark.parametrize("words", ["zoll", "zo"])
def test_it_searches_by_the_trigram_index(long_queues, words) -> None:
    found = SignUpRequest.objects.search(words).order_by().values("pk").query.sql_with_params()
    shown = plan(*found, "indexscan", "indexonlyscan")
    assert "Bitmap Index Scan on requests_by_words" in shown
    assert "Seq Scan" not in shown
