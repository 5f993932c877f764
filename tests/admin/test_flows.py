"""Setting up user flows on the administration pages."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from approvals.models import AuditEvent, DomainList, UserFlow
from tests.admin.pages import address

GROUP = "7f5b2d6e-3c1a-4e0b-9a51-0d3e6a1f2b44"


def _fields(**changes: Any) -> dict[str, Any]:
    fields = {
        "name": "Suppliers",
        "slug": "suppliers",
        "redirect_url": "https://app.contoso.example/",
        "contact": "",
        "provisioning": "graph",
        "invitation_mail": "foyer",
        "group_ids": "[]",
        "language": "en",
        "texts": "{}",
        # What the page carries along, to tell whether a value with a default was changed.
        "initial-group_ids": "[]",
        "initial-texts": "{}",
        "reapply_after_days": "",
    }
    return {**fields, **changes}


def test_it_adds_a_flow_with_its_reviewers(pages: Client, admin: User, anna: User) -> None:
    answer = pages.post(
        address("approvals_userflow", "add"), _fields(reviewers=[anna.pk], group_ids=json.dumps([GROUP]))
    )
    assert answer.status_code == 302
    flow = UserFlow.objects.get(slug="suppliers")
    assert (list(flow.reviewers.all()), flow.group_ids) == ([anna], [GROUP])
    event = AuditEvent.objects.get(flow=flow)
    assert (event.action, event.actor, event.data) == ("flow.created", admin, {"reviewers_added": ["anna"]})


def test_it_writes_down_what_was_changed(pages: Client, admin: User, anna: User, ben: User, flow: UserFlow) -> None:
    changed = _fields(name="Partners", contact="new@contoso.example", is_default="on", reviewers=[ben.pk])
    assert pages.post(address("approvals_userflow", "change", flow.pk), changed).status_code == 302
    event = AuditEvent.objects.get(flow=flow)
    assert (event.action, event.actor) == ("flow.changed", admin)
    assert event.data == {"changed": ["contact"], "reviewers_removed": ["anna"]}


def test_it_sets_what_hints_go_by(pages: Client, anna: User, flow: UserFlow) -> None:
    known = DomainList.objects.create(slug="known", name="Known", domains=["fabrikam.com"])
    given = {"expects_organisations": "on", "partner_domains": known.pk, "is_default": "on", "reviewers": [anna.pk]}
    changed = _fields(name="Partners", contact=flow.contact, **given)
    assert pages.post(address("approvals_userflow", "change", flow.pk), changed).status_code == 302
    flow.refresh_from_db()
    assert (flow.expects_organisations, flow.partner_domains) == (True, known)
    assert AuditEvent.objects.get(flow=flow).data == {"changed": ["expects_organisations", "partner_domains"]}


def test_it_writes_nothing_down_when_nothing_was_changed(pages: Client, anna: User, flow: UserFlow) -> None:
    same = _fields(name="Partners", contact=flow.contact, is_default="on", reviewers=[anna.pk])
    assert pages.post(address("approvals_userflow", "change", flow.pk), same).status_code == 302
    assert not AuditEvent.objects.filter(flow=flow).exists()


def test_it_keeps_the_slug_that_entra_calls(pages: Client, flow: UserFlow) -> None:
    pages.post(address("approvals_userflow", "change", flow.pk), _fields(slug="renamed", is_default="on"))
    flow.refresh_from_db()
    assert (flow.slug, flow.name) == ("partners", "Suppliers")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slug", "two words"),
        ("redirect_url", "nowhere"),
        ("texts", "{"),
        ("texts", '{"en": {"nonsense": "x"}}'),
        ("texts", '{"en": {"waiting": "{nonsense}"}}'),
        ("texts", '["en"]'),
        ("group_ids", '["admins"]'),
        ("group_ids", '{"a": 1}'),
        ("group_ids", "[7]"),
        ("is_default", "on"),
    ],
)
def test_it_refuses_what_would_not_work(pages: Client, flow: UserFlow, field: str, value: str) -> None:
    page = pages.post(address("approvals_userflow", "add"), _fields(**{field: value}))
    assert page.status_code == 200
    assert page.context["adminform"].form.errors
    assert list(UserFlow.objects.all()) == [flow]
