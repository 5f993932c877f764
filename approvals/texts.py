"""What an applicant reads in Entra's pages: plain text in their language, the flow's own wording before Foyer's.

Placeholders are names in braces and are replaced literally. A sentence whose placeholder has no value is left out, so
that a flow without a contact leaves no dangling words. No query is made here: these texts are shown when the database
is away, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any

from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy

from approvals.models import UserFlow
from approvals.plaintext import plain, plain_lines, shorten

LONGEST = 300
LONGEST_IN_MAIL = 2000
SHORTEST_REASON = 60
LONGEST_FIELD = 60

_REFERENCE = pgettext_lazy("applicant", "Your reference is {reference}.")
_QUESTIONS = pgettext_lazy("applicant", "Questions? {contact}")
_NOT_APPROVED = pgettext_lazy("applicant", "Your request was not approved.")
_REASON = pgettext_lazy("applicant", "Reason: {reason}")

_SHIPPED: dict[str, tuple[Promise | str, ...]] = {
    "recorded": (
        pgettext_lazy("applicant", "Thank you. Your request was received and is waiting for approval."),
        pgettext_lazy("applicant", "We will email you the decision."),
        _REFERENCE,
        _QUESTIONS,
    ),
    "waiting": (
        pgettext_lazy("applicant", "Your request has been waiting for approval since {since}."),
        pgettext_lazy("applicant", "We will email you the decision; you do not need to sign up again."),
        _REFERENCE,
        _QUESTIONS,
    ),
    "denied": (_NOT_APPROVED, _REASON, _REFERENCE, _QUESTIONS),
    "denied_may_reapply": (
        _NOT_APPROVED,
        _REASON,
        pgettext_lazy("applicant", "You may ask again from {date}."),
        _REFERENCE,
        _QUESTIONS,
    ),
    "approved": (
        pgettext_lazy("applicant", "Your request was approved and your access is being set up."),
        pgettext_lazy("applicant", "You will soon get an email with the next step."),
        _REFERENCE,
        _QUESTIONS,
    ),
    "refused": (
        pgettext_lazy("applicant", "Sorry, your sign-up cannot be accepted."),
        _REFERENCE,
        _QUESTIONS,
    ),
    "not_verified": (
        pgettext_lazy("applicant", "We could not confirm your identity with these details."),
        pgettext_lazy("applicant", "Please check your name and address and try again."),
        _QUESTIONS,
    ),
    "problem": (
        pgettext_lazy("applicant", "Sorry, your sign-up could not be processed. Please start again."),
        pgettext_lazy("applicant", "If this message comes back, please mention the code {code}."),
        _QUESTIONS,
    ),
    "try_again": (
        pgettext_lazy("applicant", "Sorry, something went wrong on our side."),
        pgettext_lazy("applicant", "Please try again in a few minutes."),
        _QUESTIONS,
    ),
    "too_long": (pgettext_lazy("applicant", "{field}: please use at most {limit} characters."),),
    "bad_characters": (
        pgettext_lazy("applicant", "{field}: this contains characters that cannot be used. Please type it again."),
    ),
    "wrong_form": (pgettext_lazy("applicant", "{field}: please check this value."),),
}

# What a flow's own text may name. `flow` is the flow's name, `contact` its contact.
PLACEHOLDERS: dict[str, tuple[str, ...]] = {
    "recorded": ("reference", "contact", "flow"),
    "waiting": ("reference", "since", "contact", "flow"),
    "denied": ("reference", "reason", "contact", "flow"),
    "denied_may_reapply": ("reference", "reason", "date", "days", "contact", "flow"),
    "approved": ("reference", "contact", "flow"),
    "refused": ("reference", "contact", "flow"),
    "not_verified": ("contact", "flow"),
    "problem": ("code", "contact", "flow"),
    "try_again": ("contact", "flow"),
    "too_long": ("field", "limit", "contact", "flow"),
    "bad_characters": ("field", "contact", "flow"),
    "wrong_form": ("field", "contact", "flow"),
    # The first words of a mail, after the greeting. Nothing ships under these names: mails have words of their own.
    "mail_received": ("reference", "name", "contact", "flow"),
    "mail_approved": ("reference", "name", "contact", "flow"),
    "mail_denied": ("reference", "name", "reason", "date", "days", "contact", "flow"),
}

FIELDS: dict[str, Promise | str] = {
    "displayName": pgettext_lazy("applicant: form field", "Display name"),
    "givenName": pgettext_lazy("applicant: form field", "Given name"),
    "surname": pgettext_lazy("applicant: form field", "Surname"),
    "jobTitle": pgettext_lazy("applicant: form field", "Job title"),
    "companyName": pgettext_lazy("applicant: form field", "Company name"),
    "department": pgettext_lazy("applicant: form field", "Department"),
    "streetAddress": pgettext_lazy("applicant: form field", "Street address"),
    "city": pgettext_lazy("applicant: form field", "City"),
    "postalCode": pgettext_lazy("applicant: form field", "Postal code"),
    "state": pgettext_lazy("applicant: form field", "State or province"),
    "country": pgettext_lazy("applicant: form field", "Country or region"),
    "email": pgettext_lazy("applicant: form field", "Email address"),
}

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
# A question is no end: it leads up to what follows, as in “Questions? {contact}”.
_SENTENCE_END = re.compile(r"(?<=[.!])\s+|\s*\n\s*")
_EXTENSION = re.compile(r"extension_[0-9a-fA-F]{32}_(\w+)", re.ASCII)


def block_text(flow: UserFlow | None, key: str, language: str, **values: str | int) -> str:
    """The block page's text for a state, at most LONGEST characters of plain text.

    `key` is recorded, waiting, denied, refused, problem or another of those that are shipped; PLACEHOLDERS names the
    values of each. `contact`, `flow` and `days` come from the flow, which is None when it could not be read. The
    reason is shortened to fit. Raises KeyError for an unknown key, and never for what a flow's own texts hold.
    """
    clean = _values(flow, key, values)
    clean["reason"] = _as_sentence(clean.get("reason", ""))
    own = _sentences(_own_text(flow, key, language))
    return _fitted(own, clean) or _fitted(_shipped(key, language), clean)


@cache
def _shipped(key: str, language: str) -> tuple[str, ...]:
    """Foyer's own sentences. There are few, and each call of the connector asks for some."""
    with translation.override(language):
        return tuple(str(part) for part in _SHIPPED[key])


def validation_text(flow: UserFlow | None, key: str, language: str, *, field: str, **values: str | int) -> str:
    """What is wrong with one field of the form: `key` is too_long (with `limit`), bad_characters or wrong_form.

    `field` is the attribute's Graph name. Promises what `block_text` does.
    """
    return block_text(flow, key, language, field=field_label(field, language), **values)


def filled_text(flow: UserFlow, text: str, **values: str | int) -> str:
    """An administrator's own text with `{contact}`, `{flow}`, `{reference}` and such filled in, as `block_text` does it."""
    clean = _values(flow, "refused", values)
    return _fitted(_sentences(text), {**clean, "reason": ""})


def mail_text(flow: UserFlow, key: str, language: str, **values: str | int) -> str:
    """The flow's own words for a mail, filled, with their line breaks; nothing when it has none.

    `key` is mail_received, mail_approved or mail_denied.
    """
    clean = _values(flow, key, values)
    lines = _own_text(flow, key, language).splitlines()
    return plain_lines("\n".join(_filled(_sentences(line), clean) for line in lines))[:LONGEST_IN_MAIL]


def field_label(name: str, language: str) -> str:
    """What the applicant calls an attribute: `jobTitle` is “Job title”, `extension_…_FavouriteColour` “Favourite Colour”."""
    with translation.override(language):
        if name in FIELDS:
            return str(FIELDS[name])
    extension = _EXTENSION.fullmatch(name)
    words = extension[1].replace("_", " ") if extension else name
    return shorten(plain(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", words)), LONGEST_FIELD)


def date_text(when: datetime, language: str) -> str:
    """The day of a moment as people write it in a language: “20. November 2026”. In settings.TIME_ZONE."""
    return _day_text(timezone.localtime(when, timezone.get_default_timezone()).date(), language)


@lru_cache(maxsize=1000)
def _day_text(day: date, language: str) -> str:
    with translation.override(language):
        text = date_format(day, "j F Y" if language == "en" else "DATE_FORMAT")
    # Django writes the Portuguese months with a capital, which the spelling reform of 1990 did away with.
    return text.lower() if language == "pt" else text


def check_texts(texts: Any) -> list[str]:
    """What is wrong with a flow's own texts, as sentences for the administrator; empty when they can be used."""
    if not isinstance(texts, dict):
        return [gettext("Texts must be given per language.")]
    problems = []
    for language, of_language in texts.items():
        if not isinstance(of_language, dict):
            problems.append(gettext("%(language)s: texts must be given per situation.") % {"language": language})
            continue
        problems.extend(f"{language}: {problem}" for key, text in of_language.items() for problem in _check(key, text))
    return [*_unknown_languages(texts), *problems]


def _unknown_languages(texts: Mapping[str, Any]) -> list[str]:
    known = {code for code, _name in UserFlow._meta.get_field("language").choices or ()}
    return [gettext("%(language)s: no such language.") % {"language": code} for code in texts if code not in known]


def _check(key: str, text: Any) -> Iterable[str]:
    if key not in PLACEHOLDERS:
        return [gettext("%(key)s: no such text.") % {"key": key}]
    if not isinstance(text, str):
        return [gettext("%(key)s: this must be a text.") % {"key": key}]
    problems = []
    longest = LONGEST_IN_MAIL if key.startswith("mail_") else LONGEST
    if len(text) > longest:
        problems.append(gettext("%(key)s: at most %(limit)s characters.") % {"key": key, "limit": longest})
    unknown = [name for name in _PLACEHOLDER.findall(text) if name not in PLACEHOLDERS[key]]
    if unknown:
        names = ", ".join(f"{{{name}}}" for name in unknown)
        problems.append(gettext("%(key)s: nothing is known as %(names)s here.") % {"key": key, "names": names})
    return problems


def _values(flow: UserFlow | None, key: str, given: Mapping[str, str | int]) -> dict[str, str]:
    """What can be filled in: what the flow knows, what was given, and nothing for the rest of the key's placeholders."""
    values: dict[str, str | int] = dict.fromkeys(PLACEHOLDERS[key], "")
    if flow:
        values |= {"contact": flow.contact, "flow": flow.name, "days": flow.reapply_after_days or ""}
    return {name: plain(str(value)) for name, value in {**values, **given}.items()}


def _own_text(flow: UserFlow | None, key: str, language: str) -> str:
    """The flow's own text, or nothing. What an administrator wrote into the JSON may have any shape."""
    texts = flow.texts if flow and isinstance(flow.texts, dict) else {}
    of_language = texts.get(language)
    text = of_language.get(key) if isinstance(of_language, dict) else None
    return text if isinstance(text, str) else ""


def _sentences(text: str) -> Sequence[str]:
    return [sentence for sentence in _SENTENCE_END.split(text.strip()) if sentence]


def _fitted(sentences: Sequence[str], values: Mapping[str, str]) -> str:
    """The filled text within LONGEST: at the cost of the reason's end, then of the contact, then of the text's end."""
    text = ""
    for kept in (values, {**values, "contact": ""}):
        text = _filled(sentences, kept)
        if len(text) > LONGEST:
            text = _filled(sentences, _with_shorter_reason(kept, len(text) - LONGEST))
        if len(text) <= LONGEST:
            return text
    return shorten(text, LONGEST)


def _with_shorter_reason(values: Mapping[str, str], excess: int) -> Mapping[str, str]:
    reason = values["reason"]
    return {**values, "reason": shorten(reason, max(len(reason) - excess, SHORTEST_REASON))}


def _filled(sentences: Sequence[str], values: Mapping[str, str]) -> str:
    """The sentences with their placeholders replaced once: a value that looks like a placeholder stays as it is."""
    told = (s for s in sentences if all(values.get(name, name) for name in _named(s)))
    return plain(" ".join(_PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), s) for s in told))


@lru_cache(maxsize=1000)
def _named(sentence: str) -> tuple[str, ...]:
    """The placeholders in a sentence, of which an installation has a few."""
    return tuple(_PLACEHOLDER.findall(sentence))


def _as_sentence(reason: str) -> str:
    """The reason with a full stop when it ends without any mark, for another sentence follows it."""
    return f"{reason}." if reason and reason[-1].isalnum() else reason
