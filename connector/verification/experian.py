"""Experian CrossCore: JSON is posted, signed over the very bytes that are sent, with a client certificate.

Source of the fields and answers: Microsoft's sample for API connectors with CrossCore, and public integrations.
`applicantionId` is how the service spells it. What the sample leaves open is closed here: the status is looked at, and
nothing but CONTINUE is a pass.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from approvals.applicant import Applicant
from connector.verification import checks
from connector.verification.base import (
    Answer,
    Inputs,
    NoAnswer,
    Outcome,
    SettingField,
    Settings,
    Vendor,
    codes,
    present,
    reference,
)
from connector.verification.trust import trust
from connector.verification.wire import Call, post

CLAIMS = {
    "firstName": "givenName",
    "surName": "surname",
    "street": "streetAddress",
    "postTown": "city",
    "postal": "postalCode",
    "stateProvinceCode": "state",
    "countryCode": "country",
}
EXTENSIONS = {"middleNames": "MiddleName", "number": "PhoneNumber"}
NAMES = ("firstName", "middleNames", "surName")
ADDRESS = ("street", "postTown", "postal", "stateProvinceCode", "countryCode")
OUTCOMES = {"CONTINUE": Outcome.PASSED, "REFER": Outcome.REFER, "STOP": Outcome.FAILED}


class CrossCore(Vendor):
    """Name, address and telephone against what a CrossCore workflow looks at."""

    kind = "experian"
    name = "Experian CrossCore"
    required = ("firstName", "surName")
    fields = (
        SettingField("url", _("address"), check=checks.address),
        SettingField("tenant_id", _("tenant id"), help=_("Of CrossCore, not of Entra."), check=checks.word),
        SettingField("request_type", _("request type"), check=checks.word),
        SettingField("workflow", _("workflow"), default="wf1", check=checks.word),
        SettingField("org_code", _("organisation code"), check=checks.word),
        SettingField("model_code", _("model code"), check=checks.word),
        SettingField("signature_key", _("signature key"), secret=True, check=checks.word),
        SettingField(
            "client_certificate", _("client certificate"), help=_("PEM."), lines=True, check=checks.certificate
        ),
        SettingField(
            "client_key",
            _("its private key"),
            help=_("PEM, without a password."),
            secret=True,
            lines=True,
            check=checks.private_key,
        ),
        SettingField(
            "extension_app_id",
            _("application id of custom attributes"),
            help=_("The 32 digits in “extension_…_PhoneNumber”. Without it neither telephone nor middle name is sent."),
            required=False,
            check=checks.application_id,
        ),
        SettingField(
            "ca_certificates",
            _("certificate authorities"),
            help=_("PEM; empty for the system's own. Only these are trusted then."),
            required=False,
            lines=True,
            check=checks.authorities,
        ),
    )

    def inputs(self, applicant: Applicant, settings: Settings) -> dict[str, str]:
        """Name, address and telephone, as they were typed."""
        claims = present(applicant.attributes)
        names = dict(CLAIMS)
        if app_id := settings.get("extension_app_id"):
            names |= {ours: f"extension_{app_id}_{theirs}" for ours, theirs in EXTENSIONS.items()}
        return {ours: claims[theirs] for ours, theirs in names.items() if theirs in claims}

    def ask(self, inputs: Inputs, settings: Settings, *, timeout: float) -> Answer:
        """Post the signed body and read the decision. Raises NoAnswer."""
        event = uuid4()
        body = as_bytes(request_body(inputs, settings, event, timezone.now()))
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "hmac-signature": signature(body, settings["signature_key"]),
        }
        own = trust(settings["ca_certificates"], settings["client_certificate"], settings["client_key"])
        return read(post(Call(settings["url"], body, headers, own), timeout=timeout), event)

    def check(self, settings: Settings) -> None:
        """The private key must be the certificate's."""
        checks.belong_together(settings["client_certificate"], settings["client_key"])


def signature(body: bytes, key: str) -> str:
    """The value of `hmac-signature` for a body."""
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


def as_bytes(document: Any) -> bytes:
    """The bytes that are signed and sent."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def request_body(inputs: Inputs, settings: Settings, event: UUID, now: datetime) -> dict[str, Any]:
    """The whole question. What has no value is left out; no device, for Entra tells no address of one."""
    moment = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    applicant = {
        "id": "MAINAPPLICANT_1",
        "type": "INDIVIDUAL",
        "applicantType": "APPLICANT",
        "contactId": "MAINCONTACT_1",
    }
    return {
        "header": {
            "tenantId": settings["tenant_id"],
            "requestType": settings["request_type"],
            "clientReferenceId": str(event),
            "messageTime": moment,
            "options": {"workflow": settings["workflow"]},
        },
        "payload": {
            "source": "WEB",
            "control": [
                {"option": "ORG_CODE", "value": settings["org_code"]},
                {"option": "MODEL_CODE", "value": settings["model_code"]},
                {"option": "EVENT_ID", "value": str(event)},
            ],
            "application": {
                "type": "APPLICANT",
                "applicantionId": "APPLICATION_1",
                "originalRequestTime": moment,
                "applicants": [applicant],
            },
            "contacts": [_contact(inputs)],
        },
    }


def _contact(inputs: Inputs) -> dict[str, Any]:
    name = {"id": "MAINPERSONNAME_1", "type": "CURRENT", **_some(inputs, NAMES)}
    contact: dict[str, Any] = {"id": "MAINCONTACT_1", "person": {"names": [name]}}
    if address := _some(inputs, ADDRESS):
        contact["addresses"] = [{"id": "MAINADDRESS_1", "addressType": "CURRENT", **address}]
    if number := inputs.get("number"):
        contact["telephones"] = [{"id": "MAINAPPLICANT_PHONE", "phoneIdentifier": "HOME", "number": number}]
    return contact


def _some(inputs: Inputs, names: tuple[str, ...]) -> dict[str, str]:
    return {name: inputs[name] for name in names if name in inputs}


# --- The answer --------------------------------------------------------------------------------------------------


def read(body: bytes, event: UUID) -> Answer:
    """What an answer to the question `event` says. Raises NoAnswer when it is none, or only an error."""
    document = _parse(body)
    header = _object(document.get("responseHeader"))
    overall = _object(header.get("overallResponse"))
    decision, failed_parts = overall.get("decision"), list(_errors(document))
    is_error = header.get("responseType") == "ERROR"
    if (decision is None and is_error) or decision == "ERROR":
        raise NoAnswer(_error_code(header))
    outcome = OUTCOMES.get(decision, Outcome.REFER) if isinstance(decision, str) else Outcome.REFER
    if outcome != Outcome.REFER and (is_error or failed_parts or not _is_ours(header, event)):
        # A decision that leaves something out, or contradicts itself, or is about another question.
        outcome = Outcome.REFER
    said = [decision, *_list(overall.get("decisionReasons")), header.get("responseCode"), *failed_parts]
    return Answer(outcome, reference(header.get("expRequestId")), codes(said))


def _parse(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise NoAnswer("unusable_answer") from None
    if not isinstance(document, dict) or not isinstance(document.get("responseHeader"), dict):
        raise NoAnswer("unusable_answer")
    return document


def _error_code(header: dict[str, Any]) -> str:
    """The service's own code for its error, else a general one."""
    return next(iter(codes([header.get("responseCode")])), "service_error")


def _errors(document: dict[str, Any]) -> Iterator[object]:
    """The codes with which services behind CrossCore say that they could not do their part."""
    for element in _list(_object(document.get("clientResponsePayload")).get("decisionElements")):
        for problem in _list(_object(element).get("warningsErrors")):
            if _object(problem).get("responseType") == "ERROR":
                yield _object(problem).get("responseCode") or "service_error"


def _is_ours(header: dict[str, Any], event: UUID) -> bool:
    """Whether the answer is to our question: it repeats our reference. One without any is taken for ours."""
    return header.get("clientReferenceId") in (None, str(event))


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
