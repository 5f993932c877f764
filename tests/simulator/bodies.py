"""Request bodies that Graph accepts, to be spoiled by tests."""

from __future__ import annotations

from typing import Any

from tests.simulator_process import SimulatorProcess

PREFIX = f"extension_{SimulatorProcess.extensions_app_id}"


def guest(**changes: Any) -> dict[str, Any]:
    """POST /users for a person with a Google account; a change to None leaves the property out."""
    body = {
        "userPrincipalName": f"ana_example.org#EXT#@{SimulatorProcess.tenant_domain}",
        "accountEnabled": True,
        "mail": "ana@example.org",
        "mailNickname": "ana",
        "userType": "Guest",
        "identities": [identity()],
        "displayName": "Ana Lima",
        "givenName": "Ana",
        f"{PREFIX}_Justification": "We deliver on Mondays.",
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


def identity(issuer: str = "google.com", assigned_id: str = "108234567890123456789") -> dict[str, str]:
    """A federated identity."""
    return {"signInType": "federated", "issuer": issuer, "issuerAssignedId": assigned_id}


def other_guest(**changes: Any) -> dict[str, Any]:
    """Another person altogether, before the changes."""
    return guest(
        **{
            "userPrincipalName": f"ben_example.com#EXT#@{SimulatorProcess.tenant_domain}",
            "mail": "ben@example.com",
            "identities": [identity("facebook.com", "10223344556677889")],
            "displayName": "Ben Okafor",
            **changes,
        }
    )


def invitation(address: str = "ana@example.org", **changes: Any) -> dict[str, Any]:
    """POST /invitations."""
    return {"invitedUserEmailAddress": address, "inviteRedirectUrl": "https://portal.example/", **changes}
