"""Approved requests, and working on them as the outbox does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from approvals.models import SignUpRequest, UserFlow
from tests.factories import make_identity, make_request

Approve = Callable[..., SignUpRequest]
GROUP = "7d0c2f6e-1f5b-4c7e-9a54-6f6a0f3b9d11"
OTHER_GROUP = "e2b8a9d4-53c6-4f0b-8d0e-1c2a7b6f4e22"


@pytest.fixture
def with_google(flow: UserFlow) -> Approve:
    """Approve someone who signs in with Google; arguments as `make_request` takes them."""

    def approve(**fields: Any) -> SignUpRequest:
        return make_request(flow, status="approved", **{"identities": (make_identity(),), **fields})

    return approve


@pytest.fixture
def with_entra(flow: UserFlow) -> Approve:
    """Approve someone who signs in with an Entra or Microsoft account, for whom no identity is sent."""

    def approve(**fields: Any) -> SignUpRequest:
        return make_request(flow, status="approved", **fields)

    return approve
