"""The quickstarts for API connectors, each by its own table of behaviour, against the preset that stands for it.

Read in Azure-Samples/active-directory-{dotnet,nodejs,python}-external-identities-api-connector-azure-function-validate.
Where the Node.js sample's code has slips (it blocks the allowed domains, and overwrites its ValidationError), what its
page says it does counts. The texts are our own.
"""

from __future__ import annotations

from typing import Any

import pytest

from approvals.policy import presets
from approvals.policy.document import dump, parse
from approvals.policy.engine import Facts, Verdict, evaluate
from connector import claims
from tests.policy.making import EXTENSION

ALLOWED = ["fabrikam.com", "fabricam.com"]
ANSWERS = {"refuse": "ShowBlockPage", "correct": "ValidationError", "approve": "Continue"}
Body = dict[str, Any] | None


def answer(document: dict[str, Any], body: Body) -> tuple[str, Verdict | None]:
    """What Entra would be told of this body by an endpoint with this policy."""
    try:
        sign_up = claims.parse(body)
    except claims.Unusable:
        return "ShowBlockPage", None
    policy = parse(document)
    early = evaluate(policy, Facts(sign_up.applicant, "check_status"))
    verdict = early if early.outcome == "refuse" else evaluate(policy, Facts(sign_up.applicant, "submit"))
    return ANSWERS[verdict.outcome], verdict


def person(email: str = "john@fabrikam.com", **attributes: Any) -> dict[str, Any]:
    return {"email": email, "ui_locales": "en-US", **attributes}


# What all three do with the address.
ADDRESSES: list[tuple[Body, str]] = [
    (None, "ShowBlockPage"),
    ({}, "ShowBlockPage"),
    ({"displayName": "John Smith"}, "ShowBlockPage"),
    (person(""), "ShowBlockPage"),
    (person("john"), "ShowBlockPage"),
    (person("john@contoso.com", displayName="John Smith", jobTitle="Engineer"), "ShowBlockPage"),
    (person("john@fabrikam.com.evil.com", displayName="John Smith"), "ShowBlockPage"),
    (person("john@de.fabrikam.com", displayName="John Smith"), "ShowBlockPage"),
    (person("john@contoso.com", displayName="J", jobTitle="x"), "ShowBlockPage"),
    (person("john@FABRIKAM.com", displayName="John Smith", jobTitle="Engineer"), "Continue"),
    (person("john@fabricam.com", displayName="John Smith", jobTitle="Engineer"), "Continue"),
]
DOTNET: list[tuple[Body, str]] = [
    *ADDRESSES,
    (person(), "ValidationError"),
    (person(displayName=""), "ValidationError"),
    (person(displayName="John"), "ValidationError"),
    (person(displayName="Johnn"), "Continue"),
    (person(displayName="John Smith", jobTitle="x"), "Continue"),
]
JOB_TITLE: list[tuple[Body, str]] = [
    *ADDRESSES,
    (person(), "Continue"),
    (person(jobTitle=""), "Continue"),
    (person(jobTitle="Boss"), "ValidationError"),
    (person(jobTitle="Chief"), "Continue"),
    (person(displayName="J"), "Continue"),
]


@pytest.mark.parametrize(("body", "action"), DOTNET)
def test_dotnet(body: Body, action: str) -> None:
    document = presets.dotnet_quickstart(ALLOWED, "jobTitle", "Set by the connector")
    given, verdict = answer(document, body)
    assert given == action
    if action == "Continue":
        assert verdict is not None
        assert verdict.claims == {"jobTitle": "Set by the connector"}
    if action == "ValidationError":
        assert verdict is not None
        assert [each.attribute for each in verdict.corrections] == ["displayName"]


@pytest.mark.parametrize(("body", "action"), JOB_TITLE)
def test_nodejs_and_python(body: Body, action: str) -> None:
    given, verdict = answer(presets.job_title_quickstart(ALLOWED), body)
    assert given == action
    if action == "Continue":
        assert verdict is not None
        assert verdict.claims == {}
    if action == "ValidationError":
        assert verdict is not None
        assert [each.texts.choose("en") for each in verdict.corrections] == [
            "Job title: please use at least 5 characters."
        ]


def test_the_refusal_names_the_domains() -> None:
    _action, verdict = answer(presets.dotnet_quickstart(ALLOWED), person("john@contoso.com"))
    assert verdict is not None
    assert verdict.texts.choose("en") == "Please sign up with an address of fabrikam.com or fabricam.com."


def test_a_text_of_ones_own_is_taken() -> None:
    document = presets.allowed_domains(ALLOWED, text="Partners only.")
    assert document["rules"][0]["then"] == {"refuse": {"text": "Partners only."}}
    assert presets.job_title(3, text="More.")["rules"][0]["then"]["correct"]["text"] == "More."


def test_a_required_job_title_is_asked_for() -> None:
    document = presets.combined(presets.job_title(required=True), presets.everybody_else())
    assert answer(document, person())[0] == "ValidationError"


def test_a_claim_of_the_tenants_own_is_returned() -> None:
    document = presets.combined(presets.returned_claim(EXTENSION, 12345), presets.everybody_else())
    _action, verdict = answer(document, person())
    assert verdict is not None
    assert verdict.claims == {EXTENSION: 12345}


def test_rules_that_are_put_together_keep_ids_of_their_own() -> None:
    document = presets.combined(presets.job_title(), presets.job_title(9), presets.job_title(2))
    assert [rule["id"] for rule in document["rules"]] == ["short-jobtitle", "short-jobtitle-2", "short-jobtitle-3"]
    parse(document)


@pytest.mark.parametrize(
    "document",
    [
        presets.allowed_domains(["münchen.example"]),
        presets.job_title(),
        presets.display_name(),
        presets.returned_claim(EXTENSION, True),
        presets.everybody_else(),
    ],
)
def test_every_preset_can_be_published(document: dict[str, Any]) -> None:
    assert len(dump(parse(document))["rules"]) == 1


def test_it_refuses_what_is_no_domain() -> None:
    with pytest.raises(ValueError, match="no domain"):
        presets.allowed_domains(["a b"])
