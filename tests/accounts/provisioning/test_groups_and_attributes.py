"""What a guest gets once it is there, and what may be wrong with it."""

from __future__ import annotations

import pytest

from approvals import workflow
from approvals.models import UserFlow
from tests.accounts.provisioning.conftest import GROUP, OTHER_GROUP, Approve
from tests.accounts.provisioning.steps import attempt, calls, delivery, failure, guests, the_guest
from tests.simulator_process import SimulatorProcess

UNKNOWN_GROUP = "00000000-1111-4222-8333-444444444444"
UNKNOWN_ATTRIBUTE = "extension_831374b3bd5041bfaa54263ec9e050fc_Unheard"


def with_groups(flow: UserFlow, *group_ids: str) -> None:
    """Let the flow's guests join these groups."""
    flow.group_ids = list(group_ids)
    flow.save(update_fields=["group_ids"])


def test_it_takes_a_member_for_a_success(tenant: SimulatorProcess, flow: UserFlow, with_entra: Approve) -> None:
    [existing] = tenant.post("users", {"mail": "john.smith@fabrikam.example", "externalUserState": "Accepted"})
    tenant.post("groups", {"id": GROUP, "displayName": "Guests", "members": [existing["id"]]})
    with_groups(flow, GROUP)
    request = with_entra()

    attempt(request)

    assert delivery(request).state == "done"


def test_it_names_a_group_that_is_not_there(tenant: SimulatorProcess, flow: UserFlow, with_google: Approve) -> None:
    with_groups(flow, GROUP, UNKNOWN_GROUP)
    request = with_google()

    assert attempt(request) is None

    state, code, explanation = failure(request)
    assert (state, code) == ("failed", "group_unknown")
    assert UNKNOWN_GROUP in explanation
    assert the_guest(tenant)["groups"] == [GROUP]


def test_it_goes_on_where_it_was_after_the_groups_were_corrected(
    tenant: SimulatorProcess, flow: UserFlow, with_google: Approve
) -> None:
    with_groups(flow, GROUP, UNKNOWN_GROUP)
    request = with_google()
    attempt(request)
    before = len(calls(tenant))

    with_groups(flow, GROUP, OTHER_GROUP)
    workflow.retry_delivery(request.pk, actor=None)
    attempt(request)

    assert delivery(request).state == "done"
    assert the_guest(tenant)["groups"] == [GROUP, OTHER_GROUP]
    assert calls(tenant)[before:] == ["POST groups/{id}/members/$ref", "GET users/{id}"]


@pytest.mark.parametrize("group", ["../users", "not a group", "x/members/$ref"])
def test_it_survives_a_group_id_that_is_none(
    tenant: SimulatorProcess, flow: UserFlow, with_google: Approve, group: str
) -> None:
    with_groups(flow, group)
    request = with_google()

    assert attempt(request) is None

    assert failure(request)[:2] == ("failed", "group_unknown")
    assert len(guests(tenant)) == 1


def test_it_names_the_permission_that_groups_need(
    tenant: SimulatorProcess, flow: UserFlow, with_google: Approve
) -> None:
    with_groups(flow, GROUP)
    tenant.fault("missing_permission", value="GroupMember.ReadWrite.All")
    request = with_google()

    attempt(request)

    state, code, explanation = failure(request)
    assert (state, code) == ("queued", "permission_missing")
    assert "GroupMember.ReadWrite.All" in explanation


@pytest.mark.parametrize("applicant", ["with_google", "with_entra"])
def test_it_tries_an_unknown_attribute_a_few_times_and_then_names_it(
    tenant: SimulatorProcess, applicant: str, request: pytest.FixtureRequest
) -> None:
    asked = request.getfixturevalue(applicant)(**{UNKNOWN_ATTRIBUTE: "x"})

    delays = [later.delay if (later := attempt(asked, attempts=n)) else None for n in (1, 2, 3, 4)]

    assert delays == [5.0, 20.0, 60.0, None]
    state, code, explanation = failure(asked)
    assert (state, code) == ("failed", "attribute_unavailable")
    assert UNKNOWN_ATTRIBUTE in explanation


def test_it_names_the_property_whose_value_the_directory_refuses(
    tenant: SimulatorProcess, with_google: Approve
) -> None:
    name = f"extension_{tenant.extensions_app_id}_TeamSize"
    request = with_google(**{name: "seven"})

    attempt(request)

    state, code, explanation = failure(request)
    assert (state, code) == ("failed", "value_refused")
    assert name in explanation
    assert "seven" not in explanation


def test_it_sends_nothing_that_a_user_does_not_have(tenant: SimulatorProcess, with_google: Approve) -> None:
    request = with_google(department="Sales", ui_locales="en", step="B", jobTitle="")

    attempt(request)

    assert delivery(request).state == "done"
    assert "department" not in the_guest(tenant)
