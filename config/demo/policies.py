"""The demonstration's sign-up policies: small ones, with one rule of each kind that a newcomer may want to see."""

from __future__ import annotations

from typing import Any

COMMENT = "To begin with."

_NO_THROW_AWAY = {
    "id": "throw-away-addresses",
    "name": "Throw-away addresses",
    "when": [{"subject": "hint", "test": "one_of", "values": ["disposable"]}],
    "then": {
        "refuse": {
            "text": {
                "en": "Please sign up with your address at work. {contact}",
                "de": "Bitte registrieren Sie sich mit Ihrer beruflichen Adresse. {contact}",
            }
        }
    },
}

# Whoever signs up with the default flow waits for a person, as ever.
_PARTNERS = [
    _NO_THROW_AWAY,
    {
        "id": "country-of-german-speakers",
        "name": "Country of German speakers",
        "steps": ["check_status"],
        "when": [{"subject": "language", "test": "one_of", "values": ["de"]}],
        "then": {"set": {"claim": "country", "value": "Germany"}},
    },
    {
        "id": "partners-of-long-standing",
        "name": "Partners of long standing",
        "shadow": True,
        "when": [{"subject": "email_domain", "test": "one_of", "values": ["litware.example", "woodgrovebank.example"]}],
        "then": {"approve": {}},
    },
]

_SUPPLIERS = [
    _NO_THROW_AWAY,
    {"id": "identity", "name": "Verify the identity", "then": {"verify": {}}},
    {
        "id": "verified",
        "name": "Verified suppliers",
        "when": [{"subject": "verification", "test": "one_of", "values": ["passed"]}],
        "then": {"approve": {}},
    },
]

POLICIES: dict[str, dict[str, Any]] = {
    "partners": {"policy": 1, "rules": _PARTNERS},
    "suppliers": {"policy": 1, "rules": _SUPPLIERS},
}
