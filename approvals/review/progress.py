"""How far the guest of an approved request is, in steps and in two words."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext_lazy

from approvals.models import Delivery, SignUpRequest

Stage, State, Made = Delivery.Stage, Delivery.State, Delivery.Made

_STARTING = {Stage.WAITING: gettext_lazy("Waiting to start")}
_MAKING = {
    Stage.CREATING: gettext_lazy("Creating the guest"),
    Stage.INVITING: gettext_lazy("Inviting the guest"),
}
_MADE = {
    Made.CREATED: gettext_lazy("Guest created"),
    Made.INVITED: gettext_lazy("Guest invited"),
    Made.ADOPTED: gettext_lazy("Was already a guest"),
    Made.RETURNED: gettext_lazy("Guest signed up"),
}
# Where each stage stands among the steps that follow the approval.
_PLACE = {Stage.WAITING: 1, Stage.LOOKING: 1, Stage.CREATING: 2, Stage.INVITING: 2, Stage.UPDATING: 3, Stage.GROUPS: 3}
_WORDS = {
    Stage.WAITING: pgettext_lazy("delivery", "queued"),
    Stage.AWAITING_RETURN: pgettext_lazy("delivery", "waiting for sign-up"),
    Stage.LOOKING: pgettext_lazy("delivery", "looking up…"),
    Stage.CREATING: pgettext_lazy("delivery", "creating…"),
    Stage.INVITING: pgettext_lazy("delivery", "inviting…"),
    Stage.UPDATING: pgettext_lazy("delivery", "updating…"),
    Stage.GROUPS: pgettext_lazy("delivery", "adding groups…"),
}
_DONE_WORDS = {
    Made.CREATED: pgettext_lazy("delivery", "guest created"),
    Made.INVITED: pgettext_lazy("delivery", "invited"),
    Made.ADOPTED: pgettext_lazy("delivery", "was a guest"),
    Made.RETURNED: pgettext_lazy("delivery", "signed up"),
}


@dataclass(frozen=True)
class Step:
    """One step: `state` is done, now, waiting (for a person), failed or ahead."""

    name: Promise | str
    state: str


def delivery_of(request: SignUpRequest) -> Delivery | None:
    """The delivery of an approved request, else None."""
    return getattr(request, "delivery", None)


def is_moving(delivery: Delivery) -> bool:
    """Whether the next step may come any second, so that watching is worth while."""
    return delivery.state == State.QUEUED and delivery.stage != Stage.AWAITING_RETURN


def steps_of(delivery: Delivery) -> list[Step]:
    """The way from the approval to the guest, with what is done, under way and ahead."""
    names = _names(delivery)
    if delivery.state == State.DONE:
        return [Step(name, "done") for name in names]
    place = _PLACE.get(Stage(delivery.stage), 1)
    here = "waiting" if delivery.stage == Stage.AWAITING_RETURN else "now"
    here = "failed" if delivery.state == State.FAILED else here
    states = ["done" if n < place else here if n == place else "ahead" for n in range(len(names))]
    return [Step(name, state) for name, state in zip(names, states, strict=True)]


def _names(delivery: Delivery) -> list[Promise | str]:
    approved = pgettext_lazy("step", "Approved")
    if _went_on_at_once(delivery):
        return [approved, gettext_lazy("Applicant went on, and Entra made the account")]
    if delivery.stage == Stage.AWAITING_RETURN or delivery.made == Made.RETURNED:
        return [approved, gettext_lazy("Applicant signs up again"), gettext_lazy("Guest signed up")]
    making = _MAKING.get(Stage(delivery.stage), gettext_lazy("Creating or inviting the guest"))
    if delivery.state == State.DONE:
        return [approved, _MADE.get(Made(delivery.made), gettext_lazy("Guest ready"))]
    return [
        approved,
        _STARTING.get(Stage(delivery.stage), gettext_lazy("Looking in the directory")),
        making,
        gettext_lazy("Setting attributes and groups"),
        gettext_lazy("Guest ready"),
    ]


def _went_on_at_once(delivery: Delivery) -> bool:
    """Whether the policy approved while the applicant was signing up."""
    request = delivery.request
    return delivery.made == Made.RETURNED and request.decided_by_policy and request.closed_at == request.decided_at


def delivery_words(delivery: Delivery) -> Promise | str:
    """The delivery in two words, for a row of the queue."""
    if delivery.state == State.FAILED:
        return pgettext_lazy("delivery", "failed")
    if delivery.state == State.DONE:
        return _DONE_WORDS.get(Made(delivery.made), pgettext_lazy("delivery", "guest ready"))
    if delivery.code:
        return pgettext_lazy("delivery", "delayed")
    return _WORDS.get(Stage(delivery.stage), pgettext_lazy("delivery", "queued"))
