"""Many who ask at the same moment what approving will do: one look. Run on PostgreSQL, where they really meet."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from approvals import workflow
from approvals.errors import LookedJustNow
from approvals.models import Forecast, OutboxEntry, UserFlow
from tests.concurrency.at_once import at_once
from tests.factories import make_request

MANY = 8
pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("is_known", [False, True])
def test_many_who_ask_at_once_have_it_looked_at_once(flow: UserFlow, is_known: bool) -> None:
    request = make_request(flow)
    if is_known:
        at = timezone.now() - timedelta(minutes=1)
        workflow.record_forecast(request.pk, code="will_invite", facts={}, at=at)

    outcomes = at_once(MANY, lambda _number: workflow.look_again(request.pk, actor=None))

    refused = [outcome for outcome in outcomes if isinstance(outcome, LookedJustNow)]
    assert (len(refused), outcomes.count(None)) == (MANY - 1, 1)
    assert OutboxEntry.objects.filter(kind="tenant.look").count() == 1


def test_many_who_find_something_at_once_leave_the_latest(flow: UserFlow) -> None:
    request, now = make_request(flow), timezone.now()

    at_once(
        MANY,
        lambda number: workflow.record_forecast(
            request.pk, code=f"code_{number}", facts={}, at=now + timedelta(seconds=number)
        ),
    )

    assert Forecast.objects.get().code == f"code_{MANY - 1}"
