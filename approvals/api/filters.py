"""The query parameters of the lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet
from rest_framework import serializers

from approvals.api.strict import StrictSerializer, WordsField
from approvals.lanes import Values, with_keys
from approvals.models import Action, AuditEvent, Delivery, SignUpRequest, UserFlow
from approvals.models.sign_up_request import SignUpRequestQuerySet, holds, normalise_reference

if TYPE_CHECKING:
    from accounts.models import User

DELIVERY_STATES = ["none", *Delivery.State.values]
LONGEST_PAGE = 200


class PageFilters(StrictSerializer):
    """What all lists take."""

    order = serializers.ChoiceField(choices=["oldest", "newest"], required=False, help_text="Which come first.")
    limit = serializers.IntegerField(
        min_value=1, max_value=LONGEST_PAGE, required=False, help_text="How many on a page; 50 if left out."
    )
    # Set by `narrow` when what was asked for is in too many rows to find them all: see `approvals.paging`.
    among: Q | None = None

    cursor = WordsField(max_length=500, help_text="Where a page begins: from the `next` or `previous` of another page.")


class RequestFilters(PageFilters):
    """Which requests to list. All that are given must hold."""

    status = serializers.ChoiceField(choices=SignUpRequest.Status.choices, required=False)
    delivery = serializers.ChoiceField(choices=DELIVERY_STATES, required=False)
    flow = serializers.SlugField(max_length=50, required=False, help_text="The slug of a user flow.")
    email = WordsField(max_length=320, help_text="The whole address, whatever its case.")
    q = WordsField(
        max_length=200,
        help_text="Part of a name or address, or how a reference begins; with fewer than three letters, how an address "
        "or a word of a name begins. Where very many match, a page may hold few and yet have a next one.",
    )
    submitted_after = serializers.DateTimeField(required=False, help_text="This instant or later.")
    submitted_before = serializers.DateTimeField(required=False, help_text="Earlier than this instant.")

    def narrow(self, requests: SignUpRequestQuerySet) -> SignUpRequestQuerySet:
        """Those of the requests that the validated filters mean, as far as `lanes` does not say it."""
        asked = self.validated_data
        requests = requests.filter(**_between("submitted_at", asked, "submitted"))
        if "delivery" in asked:
            requests = requests.with_delivery(asked["delivery"])
        if "email" in asked:
            requests = requests.with_email(asked["email"])
        if "q" in asked:
            found = SignUpRequest.objects.holding(asked["q"])
            self.among = holds(asked["q"]) if found is None else None
            requests = requests if found is None else with_keys(requests, found)
        return requests

    def lanes(self, reader: User) -> dict[str, Values]:
        """The flows and the states that are asked for, among those that this person may see."""
        asked = self.validated_data
        statuses = [asked["status"]] if "status" in asked else SignUpRequest.Status.values
        if "delivery" in asked:
            # Only the approved have one: the other lanes would be read to their ends in vain.
            approved = SignUpRequest.Status.APPROVED.value
            statuses = [each for each in statuses if (each == approved) is not (asked["delivery"] == "none")]
        return {"flow_id": _flows(reader, asked), "status": statuses}

    @property
    def are_few(self) -> bool:
        """Whether the filters leave so few that they are found and put in order, instead of read in order."""
        asked = self.validated_data
        return "email" in asked or ("q" in asked and not self.among) or asked.get("delivery") == "queued"


class AuditFilters(PageFilters):
    """Which audit events to list. All that are given must hold."""

    action = serializers.ChoiceField(choices=Action.choices, required=False)
    flow = serializers.SlugField(max_length=50, required=False, help_text="The slug of a user flow.")
    reference = WordsField(max_length=20, help_text="The reference of a request.")
    at_after = serializers.DateTimeField(required=False, help_text="This instant or later.")
    at_before = serializers.DateTimeField(required=False, help_text="Earlier than this instant.")

    def narrow(self, events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        """Those of the events that the validated filters mean, as far as `lanes` does not say it."""
        asked = self.validated_data
        if "reference" in asked:
            events = events.filter(request__reference=normalise_reference(asked["reference"]))
        return events.filter(**_between("at", asked, "at"))

    def lanes(self, reader: User) -> dict[str, Values]:
        """The flows and the actions that are asked for, among those that this person may see."""
        asked = self.validated_data
        flows: Values = _flows(reader, asked)
        if reader.is_superuser and "flow" not in asked:
            flows = [*UserFlow.objects.values_list("pk", flat=True), None]
        return {"flow_id": flows, **({"action": [asked["action"]]} if "action" in asked else {})}

    @property
    def are_few(self) -> bool:
        """Whether the filters leave so few that they are found and put in order, instead of read in order."""
        return "reference" in self.validated_data


def _flows(reader: User, asked: dict[str, Any]) -> QuerySet[UserFlow]:
    flows = UserFlow.objects.reviewed_by(reader)
    return flows.filter(slug=asked["flow"]) if "flow" in asked else flows


def _between(column: str, asked: dict[str, Any], prefix: str) -> dict[str, Any]:
    """Conditions for a half-open span of time: spans that touch share no row."""
    ends = {f"{prefix}_after": f"{column}__gte", f"{prefix}_before": f"{column}__lt"}
    return {condition: asked[name] for name, condition in ends.items() if name in asked}
