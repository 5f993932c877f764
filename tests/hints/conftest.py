"""What the tests of hints share."""

from __future__ import annotations

import pytest

from approvals.models import DomainList, UserFlow


@pytest.fixture
def partner_list(db: None) -> DomainList:
    """A list of partners' domains."""
    return DomainList.objects.create(slug="known", name="Known", domains=[".contoso.co.uk", "woodgrove.example"])


@pytest.fixture
def partners(flow: UserFlow, partner_list: DomainList) -> UserFlow:
    """The flow, whose partners are those."""
    flow.partner_domains = partner_list
    flow.save(update_fields=["partner_domains"])
    return flow
