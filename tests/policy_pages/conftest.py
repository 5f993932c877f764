"""Browsers of those who read a policy and those who write one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from approvals.models import PolicyVersion, UserFlow
from approvals.policy.versions import publish
from tests.policy.making import document
from tests.review.conftest import annas, signed_in

__all__ = ["annas"]

Publish = Callable[..., PolicyVersion]


@pytest.fixture
def admins(admin: User, flow: UserFlow) -> Client:
    """The administrator's browser."""
    return signed_in(admin)


@pytest.fixture
def strangers(stranger: User) -> Client:
    """The browser of somebody who reviews nothing."""
    return signed_in(stranger)


@pytest.fixture
def published(flow: UserFlow, admin: User) -> Publish:
    """Publishes rules as the next version of the flow's policy."""

    def publish_next(*rules: dict[str, Any], comment: str = "") -> PolicyVersion:
        newest = PolicyVersion.objects.filter(flow=flow).order_by("-number").first()
        base = newest.number if newest else 0
        return publish(flow, document(*rules), base=base, actor=admin, comment=comment)

    return publish_next


def at(name: str, *args: Any) -> str:
    """The address of a page of the flow “partners”."""
    return reverse(f"review:{name}", args=["partners", *args])


def rules_now(flow: UserFlow) -> list[dict[str, Any]]:
    """The rules in force."""
    newest = PolicyVersion.objects.filter(flow=flow).order_by("-number").first()
    return list(newest.document["rules"]) if newest else []
