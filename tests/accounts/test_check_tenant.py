"""`manage.py check_tenant`."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from approvals.models import UserFlow
from tests.factories import make_flow
from tests.simulator_process import SimulatorProcess, start_simulator

GROUP = "7d0c2f6e-1f5b-4c7e-9a54-6f6a0f3b9d11"
UNKNOWN_GROUP = "00000000-1111-4222-8333-444444444444"


def check() -> tuple[list[str], str]:
    """The lines that the command prints, and the one with which it refuses."""
    out, refusal = io.StringIO(), ""
    try:
        call_command("check_tenant", stdout=out)
    except CommandError as error:
        refusal = str(error)
    return out.getvalue().splitlines(), refusal


def lines_with(mark: str, lines: list[str]) -> list[str]:
    """What stands after a mark."""
    return [line.removeprefix(f"{mark} ") for line in lines if line.startswith(mark)]


def test_it_finds_a_good_tenant_good(tenant: SimulatorProcess, flow: UserFlow) -> None:
    flow.group_ids = [GROUP]
    flow.save()

    lines, refusal = check()

    assert refusal == ""
    assert lines == [
        "✓ The tenant's domain is set: fabrikam.onmicrosoft.com",
        "✓ Microsoft Entra gives Foyer's application an access token",
        "✓ Foyer may invite guests (User.Invite.All)",
        "✓ Foyer may create guests and set their attributes (User.ReadWrite.All)",
        "✓ Foyer may put guests into groups (GroupMember.ReadWrite.All)",
        "✓ Foyer may read the directory's users",
        "✓ fabrikam.onmicrosoft.com is a verified domain of the tenant",
        "✓ The tenant lets applications invite guests",
        f"✓ Group “Partner portal guests” ({GROUP}) is there",
    ]


def test_it_changes_nothing(tenant: SimulatorProcess, flow: UserFlow) -> None:
    check()

    assert {call["method"] for call in tenant.get("graph-calls")} == {"GET"}
    assert tenant.users() == []


def test_it_stops_where_there_is_no_token(tenant: SimulatorProcess, flow: UserFlow) -> None:
    tenant.fault("expired_secret")

    lines, refusal = check()

    assert refusal == "1 check failed."
    assert lines[1] == "✗ No access token from Microsoft Entra (secret_expired)"
    assert "ENTRA_CLIENT_SECRET" in lines[2]
    assert len(lines) == 3


def test_it_names_every_permission_that_is_missing(tenant: SimulatorProcess, flow: UserFlow) -> None:
    flow.group_ids = [GROUP]
    flow.save()
    tenant.fault("missing_permission")

    lines, refusal = check()

    assert lines_with("✗", lines) == [
        "Foyer may not invite guests",
        "Foyer may not create guests and set their attributes",
        "Foyer may not put guests into groups",
        "Foyer may not read the directory's users",
    ]
    assert refusal == "4 checks failed."
    advice = "\n".join(lines)
    for permission in ("User.Invite.All", "User.ReadWrite.All", "GroupMember.ReadWrite.All"):
        assert permission in advice
    assert f"· Group {GROUP} cannot be read (that needs GroupMember.ReadWrite.All)" in lines
    assert "GroupMember.Read.All" not in advice


@pytest.mark.parametrize("group_id", [UNKNOWN_GROUP, "no group"])
def test_it_names_groups_that_are_not_there(tenant: SimulatorProcess, flow: UserFlow, group_id: str) -> None:
    flow.group_ids = [GROUP, group_id]
    flow.save()

    lines, refusal = check()

    assert lines_with("✗", lines) == [f"Group {group_id} is not in the directory"]
    assert refusal == "1 check failed."


@pytest.mark.parametrize("kind", [{"groupTypes": ["DynamicMembership"]}, {"onPremisesSyncEnabled": True}])
def test_it_names_groups_that_take_no_members(
    tenant: SimulatorProcess, flow: UserFlow, kind: dict[str, object]
) -> None:
    flow.group_ids = [UNKNOWN_GROUP]
    flow.save()
    tenant.post("groups", {"id": UNKNOWN_GROUP, "displayName": "Synced", **kind})

    lines, _refusal = check()

    assert lines_with("✗", lines) == [f"Group {UNKNOWN_GROUP} takes no members from Foyer"]


@pytest.mark.parametrize(
    ("domain", "found"),
    [
        ("", "The tenant's domain is not set"),
        ("contoso.onmicrosoft.com", "ENTRA_TENANT_DOMAIN is not a verified domain of the tenant"),
    ],
)
def test_it_checks_the_domain(
    tenant: SimulatorProcess, flow: UserFlow, settings: Settings, domain: str, found: str
) -> None:
    settings.ENTRA_TENANT_DOMAIN = domain

    lines, refusal = check()

    assert found in lines_with("✗", lines)
    assert refusal
    assert "fabrikam.onmicrosoft.com" in "\n".join(lines)


def test_it_needs_no_permission_when_entra_makes_all_guests(tenant: SimulatorProcess, db: None) -> None:
    make_flow("suppliers", provisioning=UserFlow.Provisioning.ON_RETURN, group_ids=[UNKNOWN_GROUP])
    tenant.fault("missing_permission")

    lines, refusal = check()

    assert refusal == ""
    assert len(lines_with("·", lines)) == 1


def test_it_survives_a_tenant_that_is_out_of_order(tenant: SimulatorProcess, flow: UserFlow) -> None:
    tenant.fault("unavailable", value=502)

    lines, refusal = check()

    assert lines_with("✗", lines).count("Microsoft Graph does not answer as it should (graph_unavailable)") == 3
    assert refusal == "3 checks failed."


@pytest.fixture
def narrow_tenant(tmp_path: Path, tenant: SimulatorProcess, settings: Settings) -> Iterator[SimulatorProcess]:
    """A tenant whose administrator consented to the two permissions that are needed, and to no other."""
    with start_simulator(tmp_path, SIMULATOR_PERMISSIONS="User.Invite.All User.ReadWrite.All") as running:
        settings.ENTRA_LOGIN_URL, settings.GRAPH_URL = running.login_url, running.graph_url
        settings.ENTRA_CA_BUNDLE = str(running.ca_bundle)
        yield running


def test_it_is_content_with_the_least_permissions(narrow_tenant: SimulatorProcess, flow: UserFlow) -> None:
    lines, refusal = check()

    assert refusal == ""
    assert lines_with("·", lines) == [
        "The tenant's domains cannot be read (Organization.Read.All would allow it; not needed for Foyer to work)",
        "The policy on invitations cannot be read (Policy.Read.All would let reviewers see when it forbids to invite)",
    ]


def test_it_says_that_the_tenant_forbids_invitations(tenant: SimulatorProcess, flow: UserFlow) -> None:
    tenant.fault("invitations_forbidden")

    lines, refusal = check()

    assert lines_with("✗", lines) == ["The tenant does not let applications invite guests"]
    assert refusal == "1 check failed."
