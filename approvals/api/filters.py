"""The query parameters of the lists."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from approvals.api.strict import StrictSerializer, WordsField
from approvals.models import Action, AuditEvent, Delivery, SignUpRequest
from approvals.models.sign_up_request import SignUpRequestQuerySet, normalise_reference

DELIVERY_STATES = ["none", *Delivery.State.values]
LONGEST_PAGE = 200


class PageFilters(StrictSerializer):
    """What all lists take."""

    order = serializers.ChoiceField(choices=["oldest", "newest"], required=False, help_text="Which come first.")
    limit = serializers.IntegerField(
        min_value=1, max_value=LONGEST_PAGE, required=False, help_text="How many on a page; 50 if left out."
    )
    cursor = WordsField(max_length=500, help_text="Where a page begins: from the `next` or `previous` of another page.")


class RequestFilters(PageFilters):
    """Which requests to list. All that are given must hold."""

    status = serializers.ChoiceField(choices=SignUpRequest.Status.choices, required=False)
    delivery = serializers.ChoiceField(choices=DELIVERY_STATES, required=False)
    flow = serializers.SlugField(max_length=50, required=False, help_text="The slug of a user flow.")
    email = WordsField(max_length=320, help_text="The whole address, whatever its case.")
    q = WordsField(max_length=200, help_text="Part of a name or address, or a reference.")
    submitted_after = serializers.DateTimeField(required=False, help_text="This instant or later.")
    submitted_before = serializers.DateTimeField(required=False, help_text="Earlier than this instant.")

    def narrow(self, requests: SignUpRequestQuerySet) -> SignUpRequestQuerySet:
        """Those of the requests that the validated filters mean."""
        asked = self.validated_data
        columns = {"status": "status", "flow": "flow__slug"}
        requests = requests.filter(**{column: asked[name] for name, column in columns.items() if name in asked})
        requests = requests.filter(**_between("submitted_at", asked, "submitted"))
        if "delivery" in asked:
            requests = requests.with_delivery(asked["delivery"])
        if "email" in asked:
            requests = requests.with_email(asked["email"])
        return requests.search(asked.get("q", ""))


class AuditFilters(PageFilters):
    """Which audit events to list. All that are given must hold."""

    action = serializers.ChoiceField(choices=Action.choices, required=False)
    flow = serializers.SlugField(max_length=50, required=False, help_text="The slug of a user flow.")
    reference = WordsField(max_length=20, help_text="The reference of a request.")
    at_after = serializers.DateTimeField(required=False, help_text="This instant or later.")
    at_before = serializers.DateTimeField(required=False, help_text="Earlier than this instant.")

    def narrow(self, events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        """Those of the events that the validated filters mean."""
        asked = self.validated_data
        columns = {"action": "action", "flow": "flow__slug"}
        events = events.filter(**{column: asked[name] for name, column in columns.items() if name in asked})
        if "reference" in asked:
            events = events.filter(request__reference=normalise_reference(asked["reference"]))
        return events.filter(**_between("at", asked, "at"))


def _between(column: str, asked: dict[str, Any], prefix: str) -> dict[str, Any]:
    """Conditions for a half-open span of time: spans that touch share no row."""
    ends = {f"{prefix}_after": f"{column}__gte", f"{prefix}_before": f"{column}__lt"}
    return {condition: asked[name] for name, condition in ends.items() if name in asked}
