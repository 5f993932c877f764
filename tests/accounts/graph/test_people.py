"""Who is the applicant, and who is not."""

from __future__ import annotations

import pytest

from accounts.graph.people import Person, find_applicant, read_person
from approvals.errors import Never
from tests.factories import make_applicant, make_identity

ADDRESS = "john.smith@fabrikam.example"
MINE = ("google.com", "108204268033311374519")
THEIRS = ("google.com", "1")

GOOGLE = make_applicant(ADDRESS, identities=(make_identity(),))
ENTRA = make_applicant(ADDRESS)


def person(number: str = "1", **fields: object) -> Person:
    """A guest with the applicant's address."""
    return Person(number, **{"addresses": frozenset({ADDRESS}), **fields})  # type: ignore[arg-type]


def test_it_finds_nobody_among_nobody() -> None:
    assert find_applicant([], GOOGLE) is None


def test_it_finds_the_one_with_the_identity() -> None:
    mine = person("2", identities=frozenset({THEIRS, MINE}), addresses=frozenset())

    assert find_applicant([person(), mine], GOOGLE) is mine


def test_it_prefers_an_account_that_can_be_used() -> None:
    usable = person("2")

    assert find_applicant([person(is_blocked=True), usable], ENTRA) is usable


@pytest.mark.parametrize(
    ("applicant", "other", "code"),
    [
        (GOOGLE, person(), "another_guest"),
        (GOOGLE, person(identities=frozenset({THEIRS})), "another_guest"),
        (GOOGLE, person(is_guest=False), "internal_account"),
        (GOOGLE, person(identities=frozenset({MINE}), is_blocked=True), "account_blocked"),
        (ENTRA, person(identities=frozenset({MINE})), "another_guest"),
        (ENTRA, person(is_guest=False), "internal_account"),
        (ENTRA, person(is_blocked=True), "account_blocked"),
    ],
)
def test_it_says_who_stands_in_the_way(applicant: object, other: Person, code: str) -> None:
    with pytest.raises(Never) as raised:
        find_applicant([other], applicant)  # type: ignore[arg-type]

    assert raised.value.code == code


def test_it_reads_what_graph_says_and_does_not_say() -> None:
    assert read_person({"id": "1"}) == Person("1", is_guest=False)
    assert read_person(
        {
            "id": "1",
            "userType": "Guest",
            "accountEnabled": False,
            "mail": "A@b.example",
            "otherMails": ["C@d.example", None],
            "externalUserState": "PendingAcceptance",
            "identities": [
                {"signInType": "userPrincipalName", "issuer": "contoso.onmicrosoft.com", "issuerAssignedId": "a"},
                {"signInType": "federated", "issuer": "Google.com", "issuerAssignedId": "1"},
                {"signInType": "federated", "issuer": "ExternalAzureAD", "issuerAssignedId": None},
            ],
        }
    ) == Person(
        "1",
        is_guest=True,
        is_blocked=True,
        is_pending=True,
        addresses=frozenset({"a@b.example", "c@d.example"}),
        identities=frozenset({THEIRS, ("externalazuread", "")}),
    )
