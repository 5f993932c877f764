"""Callers of the API."""

from __future__ import annotations

import pytest

from accounts.models import User
from accounts.signin.tokens import issue_token
from approvals.models import SignUpRequest, UserFlow
from tests.api.calling import Caller
from tests.factories import make_request


@pytest.fixture
def api(anna: User) -> Caller:
    """The API as anna's staff system calls it."""
    return Caller.as_user(anna)


@pytest.fixture
def bens_api(ben: User) -> Caller:
    """The API as ben's staff system calls it."""
    return Caller.as_user(ben)


@pytest.fixture
def admins_api(admin: User) -> Caller:
    """The API as an administrator's script calls it."""
    return Caller.as_user(admin)


@pytest.fixture
def reading_api(anna: User) -> Caller:
    """The API as called with a token of anna's that may only read."""
    return Caller(issue_token(anna, "reading", read_only=True)[1])


@pytest.fixture
def waiting(flow: UserFlow) -> SignUpRequest:
    """A request that waits for a decision."""
    return make_request(flow)
