"""The kinds of conditions in words, and which fields of the form each has."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from approvals.policy.condition_form import FORMS
from approvals.review.policy.fields import Words

ISSUERS: dict[str, Words] = {
    "google": "Google",
    "facebook": "Facebook",
    "mail": _("One-time passcode by email"),
    "microsoft": _("Microsoft Entra or a Microsoft account"),
}
HINTS: dict[str, Words] = {
    "look_alike": _("the domain looks like a known one"),
    "disposable": _("disposable address"),
    "free_mail": _("free mail service"),
    "first_from_domain": _("first from this domain"),
    "denied_before": _("denied before"),
    "same_person_elsewhere": _("same person in another flow"),
    "imitates_colleague": _("name imitates a colleague"),
    "link_in_name": _("link in the name"),
    "mixed_scripts": _("mixed scripts"),
    "unusual_volume": _("unusually many from the domain"),
}
VERIFICATIONS: dict[str, Words] = {
    "passed": pgettext_lazy("verification", "passed"),
    "failed": pgettext_lazy("verification", "failed"),
    "refer": pgettext_lazy("verification", "referred to a person"),
    "unavailable": pgettext_lazy("verification", "not available"),
    "none": pgettext_lazy("verification", "not made yet"),
}
PLACES: dict[str, Words] = {
    "this_flow": _("in this user flow"),
    "other_flow": _("in another user flow"),
    "any_flow": _("in any user flow"),
}
KINDS: tuple[tuple[Words, tuple[tuple[str, Words], ...]], ...] = (
    (
        _("Email domain"),
        (
            ("email_domain.one_of", _("Email domain: is one of")),
            ("email_domain.under", _("Email domain: is one of, or below")),
            ("email_domain.wildcard", _("Email domain: looks like")),
            ("email_domain.in_list", _("Email domain: is on a list")),
        ),
    ),
    (
        _("Claim"),
        (
            ("claim.present", _("Claim: is given")),
            ("claim.equals", _("Claim: is equal to")),
            ("claim.one_of", _("Claim: is one of")),
            ("claim.matches", _("Claim: matches a pattern")),
            ("claim.length", _("Claim: number of characters")),
            ("claim.number", _("Claim: number in a range")),
        ),
    ),
    (
        _("Person"),
        (
            ("issuer.one_of", _("Signs in with")),
            ("language.one_of", _("Language")),
            ("earlier.denied", _("Was denied before")),
            ("earlier.approved", _("Was approved before")),
        ),
    ),
    (
        _("Findings"),
        (("hint.one_of", _("Hint for the reviewer")), ("verification.one_of", _("Identity verification"))),
    ),
)
# Where the document's `values` of a subject are typed, and its other fields whose names Python has for itself.
VALUES = {
    "email_domain": ("domains",),
    "issuer": ("issuers", "other_issuers"),
    "claim": ("values",),
    "language": ("languages",),
    "hint": ("hints",),
    "verification": ("verifications",),
}
OWN_NAMES = {"list": "list_slug", "min": "least", "max": "most"}


def fields_of(kind: str) -> tuple[str, ...]:
    """The fields that a kind of condition has."""
    subject, _dot, test = kind.partition(".")
    names = FORMS.get(subject, {}).get(test, ())
    return tuple(
        each for name in names for each in (VALUES[subject] if name == "values" else (OWN_NAMES.get(name, name),))
    )


ALL_KINDS = tuple(f"{subject}.{test}" for subject, tests in FORMS.items() for test in tests)
KINDS_OF = {
    field: " ".join(kind.replace(".", "-") for kind in ALL_KINDS if field in fields_of(kind))
    for field in dict.fromkeys(field for kind in ALL_KINDS for field in fields_of(kind))
}
