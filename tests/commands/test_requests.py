"""Listing requests from the command line."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from approvals.models import UserFlow
from tests.commands.running import refusal, run, run_json
from tests.factories import make_flow, make_request


def test_it_prints_nothing_when_there_is_nothing(flow: UserFlow) -> None:
    assert run_json("requests") == []
    assert run("requests") == ""


def test_it_tells_all_of_a_request(flow: UserFlow, anna: User) -> None:
    request = make_request(flow, email="Kim@Fabrikam.example", status="provisioned", by=anna)
    (item,) = run_json("requests")
    assert (
        item.items()
        >= {
            "reference": request.reference,
            "email": "Kim@Fabrikam.example",
            "flow": "partners",
            "status": "approved",
            "delivery": "done",
            "guest_id": f"guest-{request.reference}",
            "reason": "",
            "decided_by": "anna",
        }.items()
    )


@pytest.mark.parametrize(
    ("state", "status", "delivery", "reason"),
    [
        ("pending", "pending", "none", ""),
        ("approved", "approved", "queued", ""),
        ("failed", "approved", "failed", ""),
        ("denied", "denied", "none", "Not a partner."),
    ],
)
def test_it_tells_decision_and_delivery_apart(
    flow: UserFlow, state: str, status: str, delivery: str, reason: str
) -> None:
    make_request(flow, status=state, reason=reason)
    (item,) = run_json("requests")
    assert (item["status"], item["delivery"], item["reason"]) == (status, delivery, reason)
    assert item["guest_id"] is None


@pytest.mark.parametrize(
    ("argv", "found"),
    [
        ((), ["a@x.example", "b@x.example", "c@y.example"]),
        (("--status", "denied"), ["b@x.example"]),
        (("--delivery", "failed"), ["c@y.example"]),
        (("--delivery", "none"), ["a@x.example", "b@x.example"]),
        (("--email", "  B@X.EXAMPLE "), ["b@x.example"]),
        (("--email", "x.example"), []),
        (("--flow", "suppliers"), ["c@y.example"]),
        (("--limit", "2"), ["b@x.example", "c@y.example"]),
    ],
)
def test_it_lists_what_was_asked_for_oldest_first(flow: UserFlow, argv: tuple[str, ...], found: list[str]) -> None:
    make_request(flow, email="a@x.example")
    make_request(flow, email="b@x.example", status="denied")
    make_request(make_flow("suppliers"), email="c@y.example", status="failed")
    assert _emails(run_json("requests", *argv)) == found
    assert len(run("requests", *argv).splitlines()) == len(found)


@pytest.mark.parametrize(
    ("argv", "word"),
    [
        (("--status", "lost"), "--status"),
        (("--delivery", "lost"), "--delivery"),
        (("--flow", "lost"), "lost"),
        (("--limit", "0"), "--limit"),
        (("--colour", "red"), "--colour"),
    ],
)
def test_it_refuses_filters_that_mean_nothing(flow: UserFlow, argv: tuple[str, ...], word: str) -> None:
    assert word in refusal("requests", *argv)


def _emails(items: list[dict[str, Any]]) -> list[str]:
    return [item["email"] for item in items]
