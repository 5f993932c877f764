"""What a look into the tenant may find, and how a reviewer should take it."""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """Everything that a look may find. Facts beside it are named in `words`."""

    WILL_INVITE = "will_invite"
    WILL_CREATE = "will_create"
    ON_RETURN = "on_return"
    ALREADY_GUEST = "already_guest"
    MEMBER_OF_TENANT = "member_of_tenant"
    GUEST_BLOCKED = "guest_blocked"
    ADDRESS_TAKEN = "address_taken"
    DELETED_GUEST_BLOCKS = "deleted_guest_blocks"
    CANNOT_CREATE = "cannot_create"
    CANNOT_INVITE = "cannot_invite"
    CANNOT_INVITE_PLUS = "cannot_invite_plus"
    OWN_DOMAIN = "own_domain"
    INVITATIONS_FORBIDDEN = "invitations_forbidden"
    UNKNOWN = "unknown"


class Tone(StrEnum):
    """Whether an approval would do what it is meant to."""

    GOOD = "good"
    ATTENTION = "attention"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"


TONES = {
    **dict.fromkeys(Code, Tone.BLOCKED),
    Code.WILL_INVITE: Tone.GOOD,
    Code.WILL_CREATE: Tone.GOOD,
    Code.ON_RETURN: Tone.GOOD,
    Code.ALREADY_GUEST: Tone.ATTENTION,
    Code.UNKNOWN: Tone.UNKNOWN,
}
