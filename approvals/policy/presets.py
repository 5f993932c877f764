"""Ready-made rules for what most flows want, among them all that Microsoft's quickstarts for API connectors do in code.

Each gives a document. `combined` puts several into one; texts are in the language of whoever asks, to be edited.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from approvals.applicant import AttributeValue
from approvals.policy.document import FORM
from approvals.policy.domains import parse, readable
from approvals.policy.phrases import any_of, attribute_label

Document = dict[str, Any]

BOTH = ["check_status", "submit"]


def allowed_domains(names: Sequence[str], *, text: str = "") -> Document:
    """Refuse everybody whose address is of another domain, right after signing in. Raises ValueError for no domain."""
    shown = [readable(parse(name)) for name in names]
    refusal = text or _("Please sign up with an address of %(domains)s.") % {"domains": any_of(shown)}
    others = {"subject": "email_domain", "test": "one_of", "values": shown, "not": True}
    return _document("other-domains", _("Other domains"), {"refuse": {"text": refusal}}, others, steps=BOTH)


def job_title(least: int = 5, *, required: bool = False, text: str = "") -> Document:
    """Ask for a longer job title. One that is left out is asked for only when it is `required`."""
    return _long_enough("jobTitle", least, required=required, text=text)


def display_name(least: int = 5, *, required: bool = True, text: str = "") -> Document:
    """Ask for a longer display name, or for one at all."""
    return _long_enough("displayName", least, required=required, text=text)


def returned_claim(claim: str, value: AttributeValue) -> Document:
    """Set a claim, whatever the applicant typed. It is stored, and the guest gets it."""
    name = _("Set %(claim)s") % {"claim": attribute_label(claim)}
    return _document(_slug("set", claim), name, {"set": {"claim": claim, "value": value}})


def everybody_else() -> Document:
    """Approve at once whoever nothing else stops, as the quickstarts do. Without it, a person decides."""
    return _document("everybody-else", _("Everybody else"), {"approve": {}})


def dotnet_quickstart(names: Sequence[str], claim: str = "jobTitle", value: AttributeValue = "Guest") -> Document:
    """What the .NET quickstart does: allowed domains, a display name of five characters, a returned claim."""
    return combined(allowed_domains(names), display_name(), returned_claim(claim, value), everybody_else())


def job_title_quickstart(names: Sequence[str]) -> Document:
    """What the Node.js and Python quickstarts do: allowed domains, and a job title of five characters if there is one."""
    return combined(allowed_domains(names), job_title(), everybody_else())


def combined(*documents: Document) -> Document:
    """The rules of all documents in one; the id of a rule that is there already gets a number."""
    rules: list[dict[str, Any]] = []
    for document in documents:
        for rule in document["rules"]:
            rules.append({**rule, "id": _free(rule["id"], {each["id"] for each in rules})})
    return {"policy": FORM, "rules": rules}


def _free(rule_id: str, taken: Iterable[str]) -> str:
    number, free = 1, rule_id
    while free in taken:
        number += 1
        free = f"{rule_id}-{number}"
    return free


def _long_enough(claim: str, least: int, *, required: bool, text: str) -> Document:
    label = attribute_label(claim)
    words = text or _("%(claim)s: please use at least %(least)s characters.") % {"claim": label, "least": least}
    too_short = {"subject": "claim", "name": claim, "test": "length", "min": least, "not": True}
    given = {"subject": "claim", "name": claim, "test": "present"}
    when = [too_short] if required else [given, too_short]
    name = _("%(claim)s too short") % {"claim": label}
    return _document(_slug("short", claim), name, {"correct": {"attribute": claim, "text": words}}, *when)


def _slug(verb: str, claim: str) -> str:
    """An id such as short-jobtitle; of a custom attribute, its own name."""
    name = claim.split("_", 2)[-1] if claim.startswith("extension_") else claim
    return f"{verb}-{''.join(c for c in name.lower() if c.isascii() and c.isalnum())[:40] or 'claim'}"


def _document(
    rule_id: str, name: str, then: dict[str, Any], *when: dict[str, Any], steps: Sequence[str] = ()
) -> Document:
    rule = {"id": rule_id, "name": name[:100], "steps": list(steps) or ["submit"], "when": list(when), "then": then}
    return {"policy": FORM, "rules": [rule]}
