"""IDology ExpectID: a form is posted, XML comes back, also for errors with status 200.

Source of the fields and answers: Microsoft's sample for API connectors with IDology, and public integrations. The sample
binds names that Entra does not send, and passes whoever is not failed in so many words; both are put right here.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import fromstring
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
    "lastName": "surname",
    "address": "streetAddress",
    "city": "city",
    "zip": "postalCode",
}
LETTERS_OF_A_STATE = 2
MATCH, NO_MATCH = "result.match", "result.no.match"


class ExpectID(Vendor):
    """Name and address against IDology's records."""

    kind = "idology"
    name = "IDology ExpectID"
    required = ("firstName", "lastName", "address", "zip")
    fields = (
        SettingField("url", _("address"), default="https://web.idologylive.com/api/idiq.svc", check=checks.address),
        SettingField("username", _("user name"), check=checks.word),
        SettingField("password", _("password"), secret=True, check=checks.word),
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
        """Name and address. A state goes out as its two letters or not at all."""
        claims = present(applicant.attributes)
        told = {name: claims[claim] for name, claim in CLAIMS.items() if claim in claims}
        state = claims.get("state", "")
        if len(state) == LETTERS_OF_A_STATE and state.isalpha():
            told["state"] = state.upper()
        # In an address a person may press Enter.
        return {name: " ".join(value.split()) for name, value in told.items()}

    def ask(self, inputs: Inputs, settings: Settings, *, timeout: float) -> Answer:
        """Post the form and read the XML. Raises NoAnswer."""
        form = {"username": settings["username"], "password": settings["password"], **inputs}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/xml, text/xml"}
        call = Call(settings["url"], urlencode(form).encode(), headers, trust(settings["ca_certificates"]))
        return read(post(call, timeout=timeout))


def read(body: bytes) -> Answer:
    """What an answer says. Raises NoAnswer when it is an error, or none of IDology's."""
    root = _parse(body)
    if problem := _problem(root):
        raise NoAnswer(problem)
    summary, result = _keys(root, "summary-result/key"), _keys(root, "results/key")
    qualifiers = _keys(root, "qualifiers/qualifier/key")
    told = codes([*summary, *result, *qualifiers, *_keys(root, "idliveq-error/key")])
    return Answer(_outcome(summary, result), reference(root.findtext("id-number")), told)


def _outcome(summary: list[str], result: list[str]) -> Outcome:
    """One clear pass passes, one clear failure fails; all else is for a person: partial, restricted, missing, unknown."""
    if summary == ["id.success"] and result == [MATCH]:
        return Outcome.PASSED
    if summary == ["id.failure"] and result in ([], [MATCH], [NO_MATCH]):
        return Outcome.FAILED
    return Outcome.REFER


def _parse(body: bytes) -> Element:
    """The root element of well-formed XML without a DTD, and so without entities."""
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except (ParseError, ValueError, LookupError):  # what defusedxml forbids is a ValueError
        raise NoAnswer("unusable_answer") from None
    if root.tag != "response":
        raise NoAnswer("unusable_answer")
    return root


def _problem(root: Element) -> str:
    """The code of an error that stands in place of an answer. Its text is IDology's, and is not kept."""
    texts = [element.text or "" for name in ("error", "failed") for element in root.findall(name)]
    if not texts:
        return ""
    return "credentials_refused" if _mentions(texts, ("username", "password")) else "service_error"


def _mentions(texts: Iterable[str], words: tuple[str, ...]) -> bool:
    return any(word in text.lower() for text in texts for word in words)


def _keys(root: Element, path: str) -> list[str]:
    return [(element.text or "").strip() for element in root.findall(path)]
