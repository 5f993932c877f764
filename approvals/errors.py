"""What may go wrong in the domain, as errors with a code; the page, the API and the commands turn them into words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _


class ApprovalError(Exception):
    """A refusal. `code` is for programs, `str(error)` for people; nothing was changed."""

    code = "refused"
    status = 409
    message = _("This could not be done.")

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.message)


class NotAllowed(ApprovalError):
    """The person does not review this user flow."""

    code = "not_allowed"
    status = 403
    message = _("You do not review this user flow.")


class Conflict(ApprovalError):
    """The request is no longer what the person saw."""

    code = "conflict"


class AlreadyDecided(Conflict):
    """Somebody decided first."""

    code = "already_decided"
    message = _("This request has already been decided. Your decision was not saved.")


class RequestChanged(Conflict):
    """The request was changed after the page was loaded: new answers, or decided and opened again."""

    code = "request_changed"
    message = _("This request has changed since you opened it. Nothing was saved.")


class NotDecided(Conflict):
    """There is no decision to take back."""

    code = "not_decided"
    message = _("There is no decision to take back.")


class TooLateToUndo(Conflict):
    """The decision's effects have begun."""

    code = "too_late_to_undo"
    message = _("It is too late to undo this: the decision has taken effect.")


class CannotReopen(Conflict):
    """The guest exists, is being made, or nothing was decided."""

    code = "cannot_reopen"
    message = _("This request cannot be opened again.")


class AnotherRequestOpen(Conflict):
    """The same applicant has asked again since."""

    code = "another_request_open"
    message = _("This person has asked again since, and that newer request is open.")


class NothingToRetry(Conflict):
    """The delivery has not failed."""

    code = "nothing_to_retry"
    message = _("There is no failed delivery to try again.")


class NothingToForesee(Conflict):
    """The request is decided: what approving would do is no question any more."""

    code = "nothing_to_foresee"
    message = _("This request has been decided, so there is nothing to look for.")


class LookedJustNow(ApprovalError):
    """The tenant was looked into for this request a moment ago, or is being looked into."""

    code = "looked_just_now"
    status = 429
    message = _("Foyer looked into the tenant a moment ago. Check again in half a minute.")


class InvalidDecision(ApprovalError):
    """The texts of a decision cannot be used."""

    code = "invalid_decision"
    status = 400
    message = _("The reason is too long.")


class Later(Exception):
    """Raised by an outbox handler: not now. `delay` is in seconds, None for the usual back-off.

    `counts` says whether the attempt lengthens later delays of the usual kind. Left out, it does if it got one: to be
    told when to come back is no failure.
    """

    def __init__(self, code: str, reason: str = "", *, delay: float | None = None, counts: bool | None = None) -> None:
        super().__init__(code)
        self.code, self.reason, self.delay = code, reason, delay
        self.counts = delay is None if counts is None else counts


class Standstill(Later):
    """Later, and not because of this request: none of its kind can be done until an administrator has mended something.

    `reason` says what, and where. What waits goes on by itself afterwards.
    """


class Never(Exception):
    """Raised by an outbox handler: this cannot succeed by trying again. `reason` is for a person."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(code)
        self.code, self.reason = code, reason
