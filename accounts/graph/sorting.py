"""What follows from a refusal of Graph's: *later* with a delay, a standstill, or *never* with a reason. Pure.

Each reason says what happened and what the administrator can do, without an address or a claim in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.graph.errors import GraphRefused
from approvals.errors import Later, Never, Standstill

THROTTLED_CODES = {"TooManyRequests", "activityLimitReached", "Request_ThrottledTemporarily"}
# 507 (storage is full) and 501 do not pass by themselves.
LASTING_FAILURES = {501, 505, 507}


@dataclass(frozen=True)
class Cause:
    """A cause that its code or words of its message tell, and what is said of it.

    `ends_all`: it is not about one applicant, and no guest can be made until it is mended.
    """

    name: str
    reason: str | Promise
    codes: frozenset[str] = frozenset()
    words: tuple[str, ...] = ()
    ends_all: bool = False

    def fits(self, refused: GraphRefused) -> bool:
        """Whether this is the cause."""
        return refused.code in self.codes or any(refused.says(words) for words in self.words)


# The first that fits is taken.
LASTING = (
    Cause(
        "invitations_forbidden",
        gettext_lazy(
            "The tenant does not let applications invite guests. In the Entra admin center, under External Identities > "
            "External collaboration settings, allow guest invites for member users or for everyone; the change takes up "
            "to an hour."
        ),
        ends_all=True,
        words=("guest invitations not allowed for your company",),
    ),
    Cause(
        "application_unknown",
        gettext_lazy(
            "Microsoft Graph does not know Foyer's application in this tenant. Grant admin consent to its app "
            "registration (Entra admin center > App registrations > API permissions)."
        ),
        ends_all=True,
        codes=frozenset({"Authorization_IdentityNotFound"}),
    ),
    Cause(
        "directory_full",
        gettext_lazy(
            "The directory has reached its limit of objects. Delete objects that are not needed or raise the quota."
        ),
        ends_all=True,
        codes=frozenset({"Directory_QuotaExceeded"}),
    ),
    Cause(
        "account_blocked",
        gettext_lazy(
            "The directory already has an account for this person, and it is blocked from signing in. Unblock or "
            "delete it in the Entra admin center, then retry."
        ),
        words=("blocked from signing in",),
    ),
    Cause(
        "internal_account",
        gettext_lazy(
            "The directory already has an internal account with this address, so no guest can be made. Give that "
            "account access to the application instead."
        ),
        words=("already exists in the directory as object", "non-external user already exists"),
    ),
    Cause(
        "own_domain",
        gettext_lazy(
            "The address belongs to a verified domain of this tenant: this is an internal person, who needs an account "
            "and not an invitation."
        ),
        words=("verified domain of this directory",),
    ),
    Cause(
        "group_address",
        gettext_lazy("The address is a group's, and a group cannot be invited. Ask the applicant for a personal one."),
        words=("group email address is not supported",),
    ),
    Cause(
        "domain_blocked",
        gettext_lazy(
            "The tenant's invitation policy blocks the domain of this address. Change the list under External "
            "Identities > External collaboration settings > Collaboration restrictions, then retry."
        ),
        words=("blocked by the invitation policy",),
    ),
    Cause(
        "cross_tenant_blocked",
        gettext_lazy(
            "Cross-tenant access settings block this invitation. An administrator of this tenant, of the applicant's "
            "organization, or of both must allow B2B collaboration between the two; then retry."
        ),
        words=("cross-tenant access settings",),
    ),
)


def sort(refused: GraphRefused) -> Later | Never:
    """What to do about a refusal. Later without a delay means the usual back-off."""
    return _later(refused) or _lasting(refused)


def _later(refused: GraphRefused) -> Later | None:
    if refused.status == 429 or refused.code in THROTTLED_CODES:
        return Later("throttled", _("Microsoft Graph asks for fewer calls."), delay=refused.retry_after)
    if refused.code == "Directory_ConcurrencyViolation":
        reason = _("Another change to the same directory object was under way.")
        return Later("concurrent_change", reason, delay=refused.retry_after)
    if refused.code == "Directory_ObjectNotFound" or refused.says("not a valid reference update"):
        return Later("not_visible_yet", _("The directory does not show the new guest everywhere yet."))
    if refused.status == 408 or (refused.status >= 500 and refused.status not in LASTING_FAILURES):
        return Later("graph_unavailable", _("Microsoft Graph is out of order."), delay=refused.retry_after)
    return None


def _lasting(refused: GraphRefused) -> Never | Standstill:
    if refused.taken:
        return address_taken()
    if refused.unavailable:
        return attribute_unavailable(refused.unavailable)
    for cause in LASTING:
        if cause.fits(refused):
            return (Standstill if cause.ends_all else Never)(cause.name, str(cause.reason))
    return _lasting_by_status(refused)


def _lasting_by_status(refused: GraphRefused) -> Never | Standstill:
    if refused.code == "Authorization_RequestDenied" or refused.says("insufficient privileges"):
        return _permission_missing(refused.permission)
    if refused.status == 401:
        return _token_refused()
    if refused.invalid:
        return _value_refused(refused.invalid)
    return _refused(refused)


def address_taken() -> Never:
    """Another object has the address, and it is nobody that could be taken for the applicant."""
    reason = _(
        "Another object in the directory (a group, a contact, a user or a deleted user) has the applicant's address or "
        "sign-in identity. Find it in the Entra admin center, remove it or free the address, then retry."
    )
    return Never("address_taken", reason)


def attribute_unavailable(names: Iterable[str]) -> Never:
    """A custom attribute that the directory does not have."""
    reason = _(
        "The directory does not have the custom attribute %(names)s. Use it in a user flow of this tenant once, so that "
        "the directory gets it, then retry."
    )
    return Never("attribute_unavailable", reason % {"names": ", ".join(names)})


def _permission_missing(permission: str) -> Standstill:
    reason = _(
        "Foyer's application may not do this in Microsoft Graph. Grant it the application permission %(permission)s "
        "with admin consent (Entra admin center > App registrations > API permissions)."
    )
    return Standstill("permission_missing", reason % {"permission": permission or "User.ReadWrite.All"})


def _token_refused() -> Standstill:
    reason = _(
        "Microsoft Graph refuses Foyer's access token. Check that ENTRA_TENANT_ID, ENTRA_CLOUD and GRAPH_URL belong "
        "together and that the clock of this machine is right."
    )
    return Standstill("token_refused", reason)


def _value_refused(names: Iterable[str]) -> Never:
    reason = _(
        "The directory does not take the value of %(names)s. Ask the applicant to sign up again with another value, or "
        "make the guest by hand."
    )
    return Never("value_refused", reason % {"names": ", ".join(sorted(names))})


def _refused(refused: GraphRefused) -> Never:
    answer = f"{refused.status} {re.sub(r'[^A-Za-z0-9_.-]', '', refused.code)[:64]}".strip()
    reason = _(
        "Microsoft Graph refused the request (%(answer)s). The log has the request ids to give to Microsoft's support; "
        "retry when the cause is found."
    )
    return Never("graph_refused", reason % {"answer": answer})
