"""What a CrossCore request looks like, as a JSON Schema: every name as it is spelled there, no nulls, nothing else."""

from __future__ import annotations

from typing import Any

TEXT = {"type": "string", "minLength": 1}
GUID = {"type": "string", "pattern": r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}
MOMENT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}


def just(value: str) -> dict[str, Any]:
    """This text and no other."""
    return {"const": value}


def record(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    """An object with these properties and no others."""
    return {
        "type": "object",
        "required": list(required),
        "properties": {**required, **optional},
        "additionalProperties": False,
    }


def one(item: dict[str, Any]) -> dict[str, Any]:
    """A list of exactly one."""
    return {"type": "array", "items": item, "minItems": 1, "maxItems": 1}


NAME = record(
    {"id": just("MAINPERSONNAME_1"), "type": just("CURRENT"), "firstName": TEXT, "surName": TEXT}, middleNames=TEXT
)
ADDRESS = record(
    {"id": just("MAINADDRESS_1"), "addressType": just("CURRENT")},
    street=TEXT,
    postTown=TEXT,
    postal=TEXT,
    stateProvinceCode=TEXT,
    countryCode=TEXT,
)
TELEPHONE = record({"id": just("MAINAPPLICANT_PHONE"), "phoneIdentifier": just("HOME"), "number": TEXT})
APPLICANT = record(
    {
        "id": just("MAINAPPLICANT_1"),
        "type": just("INDIVIDUAL"),
        "applicantType": just("APPLICANT"),
        "contactId": just("MAINCONTACT_1"),
    }
)
HEADER = record(
    {
        "tenantId": TEXT,
        "requestType": TEXT,
        "clientReferenceId": GUID,
        "messageTime": MOMENT,
        "options": record({"workflow": TEXT}),
    }
)
CONTROL = {
    "type": "array",
    "prefixItems": [
        record({"option": just("ORG_CODE"), "value": TEXT}),
        record({"option": just("MODEL_CODE"), "value": TEXT}),
        record({"option": just("EVENT_ID"), "value": GUID}),
    ],
    "minItems": 3,
    "items": False,
}
CONTACT = record(
    {"id": just("MAINCONTACT_1"), "person": record({"names": one(NAME)})},
    addresses=one(ADDRESS),
    telephones=one(TELEPHONE),
)
APPLICATION = record(
    {
        "type": just("APPLICANT"),
        "applicantionId": just("APPLICATION_1"),
        "originalRequestTime": MOMENT,
        "applicants": one(APPLICANT),
    }
)
PAYLOAD = record({"source": just("WEB"), "control": CONTROL, "application": APPLICATION, "contacts": one(CONTACT)})
REQUEST = record({"header": HEADER, "payload": PAYLOAD})
