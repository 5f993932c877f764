"""How the sign-in service says no to Foyer's application, sorted. Pure.

All of it is *later*: an outage passes, and a standstill ends when the administrator has mended its cause.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.graph.errors import retry_after
from approvals.errors import Later, Standstill

REASONS: dict[int, tuple[str, Promise]] = {
    7000215: (
        "secret_wrong",
        gettext_lazy(
            "Microsoft Entra does not accept the client secret. Often the secret's id was copied instead of its value: "
            "make a new secret in the app registration and put its value into the file that ENTRA_CLIENT_SECRET_FILE "
            "names, or into ENTRA_CLIENT_SECRET and restart."
        ),
    ),
    7000222: (
        "secret_expired",
        gettext_lazy(
            "The client secret has expired. Make a new one in the app registration and put its value into the file that "
            "ENTRA_CLIENT_SECRET_FILE names, or into ENTRA_CLIENT_SECRET and restart."
        ),
    ),
    7000218: (
        "secret_missing",
        gettext_lazy(
            "No client secret or certificate was sent. Set ENTRA_CLIENT_SECRET or ENTRA_CLIENT_CERTIFICATE and restart."
        ),
    ),
    700016: (
        "application_not_found",
        gettext_lazy(
            "This tenant has no application with the id in ENTRA_CLIENT_ID. Check that id and ENTRA_TENANT_ID against "
            "the app registration, correct them and restart."
        ),
    ),
    7000112: (
        "application_disabled",
        gettext_lazy(
            "Foyer's application is disabled in this tenant. Allow sign-in for it under Entra admin center > Enterprise "
            "applications > Properties."
        ),
    ),
    90002: (
        "tenant_not_found",
        gettext_lazy(
            "There is no tenant with the id in ENTRA_TENANT_ID in this cloud. Check that setting and ENTRA_CLOUD, "
            "correct them and restart."
        ),
    ),
    900023: (
        "tenant_id_malformed",
        gettext_lazy("ENTRA_TENANT_ID is neither a tenant id (a GUID) nor a domain name. Correct it and restart."),
    ),
    1002012: (
        "scope_wrong",
        gettext_lazy("The address of Microsoft Graph is not one that tokens exist for. Correct GRAPH_URL and restart."),
    ),
    700027: (
        "certificate_wrong",
        gettext_lazy(
            "Microsoft Entra does not know the certificate in ENTRA_CLIENT_CERTIFICATE. Upload it to the app "
            "registration (Certificates & secrets), or set the one that is there."
        ),
    ),
    65001: (
        "consent_missing",
        gettext_lazy("An administrator has not consented to Foyer's application. Grant admin consent."),
    ),
}
REASONS[70011] = REASONS[500011] = REASONS[1002012]


def sort(status: int, body: str, headers: Mapping[str, str]) -> Later:
    """What to do about an answer of the sign-in service that is not a success."""
    if status == 429 or status >= 500 or status == 408:
        reason = _("Microsoft's sign-in service is out of order or asks for fewer calls.")
        return Later("sign_in_unavailable", reason, delay=retry_after(headers))
    numbers = _numbers(body)
    for number in numbers:
        if number in REASONS:
            name, text = REASONS[number]
            return Standstill(name, str(text))
    reason = _(
        "Microsoft Entra refuses to give Foyer's application a token (%(answer)s). Look the code up in Microsoft's "
        "list of AADSTS errors, and correct the ENTRA_ settings or the app registration."
    )
    answer = f"AADSTS{numbers[0]}" if numbers else str(status)
    return Standstill("token_denied", reason % {"answer": answer})


def _numbers(body: str) -> list[int]:
    try:
        document: Any = json.loads(body)
    except ValueError:
        return []
    numbers = document.get("error_codes") if isinstance(document, dict) else None
    return [each for each in numbers if isinstance(each, int)] if isinstance(numbers, list) else []
