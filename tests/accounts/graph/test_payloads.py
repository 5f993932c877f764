"""The bodies that are sent."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.graph import payloads
from approvals.applicant import Applicant
from approvals.policy.attributes import ATTRIBUTES
from tests.accounts.graph.schemas import problems
from tests.factories import make_applicant, make_identity

DOMAIN = "contoso.onmicrosoft.com"
EXTENSION = "extension_831374b3bd5041bfaa54263ec9e050fc_TeamSize"

texts = st.text(max_size=300)
applicants = st.builds(
    Applicant,
    email=st.from_regex(r"[a-z'+é]{1,200}@[a-z]{1,50}\.com", fullmatch=True),
    attributes=st.dictionaries(
        st.sampled_from([*ATTRIBUTES, "email", "ui_locales", "lastName", "step", "department", EXTENSION, "x"]),
        texts | st.integers(-9, 9) | st.booleans(),
    ).map(lambda found: {name: value for name, value in found.items() if name == EXTENSION or isinstance(value, str)}),
    locales=st.lists(st.sampled_from(["en-US", "es", "EN-us", "de-DE", "zh-Hant-TW"]), max_size=3).map(tuple),
)


def guest(applicant: Applicant) -> dict[str, Any]:
    """The body for someone who signs in with Google."""
    return payloads.guest(applicant, make_identity(), DOMAIN)


@given(applicants)
def test_it_sends_what_graph_takes_whatever_was_collected(applicant: Applicant) -> None:
    attributes = payloads.attributes(applicant)

    assert problems("graphGuestCreate", guest(applicant)) == []
    assert attributes == {} or problems("graphUserPatch", attributes) == []
    assert "" not in attributes.values()


@given(applicants, st.sampled_from(["en", "es", "pt"]), st.booleans())
def test_it_invites_as_graph_takes_it(applicant: Applicant, language: str, send: bool) -> None:
    body = payloads.invitation(applicant, redirect_url="https://app.example/", language=language, send_message=send)

    assert problems("graphInvitationCreate", body) == []
    assert body["sendInvitationMessage"] is send


def test_it_asks_for_no_password() -> None:
    assert "passwordProfile" not in guest(make_applicant())


@pytest.mark.parametrize("value", [7, 0, True, False, "seven"])
def test_it_keeps_the_json_type_of_a_custom_attribute(value: Any) -> None:
    sent = payloads.attributes(make_applicant(**{EXTENSION: value}))[EXTENSION]

    assert sent == value
    assert type(sent) is type(value)


def test_it_falls_back_to_the_address_for_a_name() -> None:
    assert guest(Applicant(email="john@fabrikam.com"))["displayName"] == "john"


@pytest.mark.parametrize(
    ("locales", "language"), [(("es", "es-MX"), "es-MX"), (("ES-mx",), None), ((), None), (("pt-BR", "en-US"), "pt-BR")]
)
def test_it_tells_the_preferred_language_in_the_form_that_graph_has(
    locales: tuple[str, ...], language: str | None
) -> None:
    assert payloads.attributes(make_applicant(locales=locales)).get("preferredLanguage") == language


@pytest.mark.parametrize(
    ("issuer", "expected"),
    [("google", "google.com"), ("FACEBOOK.com", "facebook.com"), ("Mail", "mail"), ("login.live.com", None)],
)
def test_it_knows_which_identities_graph_can_create(issuer: str, expected: str | None) -> None:
    identity = payloads.guest_identity(make_applicant(identities=(make_identity(issuer),)))

    assert (identity and identity.issuer) == expected


def test_it_refers_to_a_member_in_the_cloud_that_is_asked() -> None:
    body = payloads.member("https://graph.microsoft.us/v1.0", "1")

    assert body == {"@odata.id": "https://graph.microsoft.us/v1.0/directoryObjects/1"}
