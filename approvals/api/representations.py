"""What the API shows of requests, flows and audit events."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from approvals.api.filters import DELIVERY_STATES
from approvals.forecasts import Code, Tone, outlook_of
from approvals.hints.reading import flow_names
from approvals.hints.words import FlowNames, shown, tells_of_flows
from approvals.models import Action, AuditEvent, Delivery, SignUpRequest, UserFlow

NO_DELIVERY = {
    "state": "none",
    "stage": None,
    "made": None,
    "guest_id": None,
    "code": None,
    "explanation": None,
    "next_try_at": None,
}


class ApplicantSerializer(serializers.Serializer[SignUpRequest]):
    """Who asks."""

    name = serializers.CharField(source="display_name")
    email = serializers.CharField()
    identity_provider = serializers.SerializerMethodField(
        help_text="`google`, `facebook`, `mail` (one-time passcode) or another issuer; null for a Microsoft account."
    )
    attributes = serializers.JSONField(help_text="What the guest account gets, by Graph's property names.")
    language = serializers.CharField()

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_identity_provider(self, request: SignUpRequest) -> str | None:
        """Whom the person signed in with."""
        identity = request.applicant.identity
        return identity.provider if identity else None


class DeliverySerializer(serializers.Serializer[Any]):
    """How far the guest account is. All but `state` is null as long as there is nothing to say."""

    state = serializers.ChoiceField(choices=DELIVERY_STATES)
    stage = serializers.ChoiceField(choices=Delivery.Stage.choices, allow_null=True)
    made = serializers.ChoiceField(choices=Delivery.Made.choices, allow_null=True)
    guest_id = serializers.CharField(allow_null=True, help_text="The guest's object id in the directory.")
    code = serializers.CharField(allow_null=True, help_text="What went wrong, for programs.")
    explanation = serializers.CharField(allow_null=True, help_text="What went wrong and what to do, for people.")
    next_try_at = serializers.DateTimeField(allow_null=True)


class ForecastSerializer(serializers.Serializer[Any]):
    """What approving would do, as a look into the tenant found it. Null for a request that is decided."""

    code = serializers.ChoiceField(
        choices=[code.value for code in Code], allow_null=True, help_text="Null: not known yet."
    )
    tone = serializers.ChoiceField(choices=[tone.value for tone in Tone])
    sentence = serializers.CharField(help_text="The same for people.")
    advice = serializers.CharField(help_text="What to do next; empty when nothing stands in the way.")
    at = serializers.DateTimeField(allow_null=True, help_text="When the tenant was looked into.")


class HintSerializer(serializers.Serializer[Any]):
    """Something that was noticed. It decides nothing."""

    code = serializers.CharField(help_text="What it is, for programs. There may be more of them in a later release.")
    level = serializers.ChoiceField(choices=["look", "info"], help_text="Worth a second look, or only good to know.")
    sentence = serializers.CharField(help_text="What was noticed and why it matters, for people.")


class LinksSerializer(serializers.Serializer[Any]):
    """Where to go on."""

    self = serializers.URLField(help_text="This request in the API.")
    page = serializers.URLField(help_text="This request on the review pages.")


class RequestSerializer(serializers.Serializer[SignUpRequest]):
    """A sign-up request."""

    reference = serializers.CharField()
    flow = serializers.SlugField(source="flow.slug")
    status = serializers.ChoiceField(choices=SignUpRequest.Status.choices)
    version = serializers.IntegerField(help_text="Send it with a decision, to decide on nothing you have not seen.")
    delivery = serializers.SerializerMethodField()
    forecast = serializers.SerializerMethodField()
    applicant = ApplicantSerializer(source="*")
    submitted_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    decided_by = serializers.CharField(
        source="decided_by.username", default=None, allow_null=True, help_text="A user name; null for nobody."
    )
    decided_by_policy = serializers.BooleanField(help_text="The sign-up policy decided, and no person.")
    effects_at = serializers.DateTimeField(allow_null=True, help_text="Until then the decision can be undone.")
    reason = serializers.CharField(help_text="What the applicant was told.")
    note = serializers.CharField(help_text="For reviewers alone.")
    tell_applicant = serializers.BooleanField()
    previous = serializers.CharField(
        source="previous.reference", default=None, allow_null=True, help_text="The same person's request before."
    )
    hints = serializers.SerializerMethodField(
        help_text="What was noticed about the sign-up, some moments after it came in; the most telling first."
    )
    links = serializers.SerializerMethodField()

    @extend_schema_field(HintSerializer(many=True))
    def get_hints(self, request: SignUpRequest) -> list[dict[str, Any]]:
        """What the caller may know of them."""
        flows = self._flow_names if tells_of_flows(request.hints) else {}
        return [dict(HintSerializer(hint).data) for hint in shown(request.hints, flows)]

    @cached_property
    def _flow_names(self) -> FlowNames:
        """Read once for all requests of an answer."""
        return flow_names(self.context["request"].user)

    @extend_schema_field(DeliverySerializer)
    def get_delivery(self, request: SignUpRequest) -> dict[str, Any]:
        """The delivery, or that there is none."""
        delivery = getattr(request, "delivery", None)
        if delivery is None:
            return NO_DELIVERY
        shown = {name: getattr(delivery, name) or None for name in NO_DELIVERY}
        return dict(DeliverySerializer(shown).data)

    @extend_schema_field(ForecastSerializer(allow_null=True))
    def get_forecast(self, request: SignUpRequest) -> dict[str, Any] | None:
        """What approving would do, as long as that is a question."""
        outlook = outlook_of(request)
        if outlook is None:
            return None
        shown = {name: getattr(outlook, name) for name in ("tone", "sentence", "advice", "at")}
        return dict(ForecastSerializer({**shown, "code": outlook.code or None}).data)

    @extend_schema_field(LinksSerializer)
    def get_links(self, request: SignUpRequest) -> dict[str, str]:
        """The request's two addresses."""
        absolute = self.context["request"].build_absolute_uri
        return {
            "self": absolute(reverse("api:request", args=[request.reference])),
            "page": absolute(reverse("review:request", args=[request.reference])),
        }


class AuditEventSerializer(serializers.Serializer[AuditEvent]):
    """One thing that happened."""

    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    action = serializers.ChoiceField(choices=Action.choices)
    label = serializers.CharField(source="get_action_display", help_text="The action in words.")  # type: ignore[assignment]
    request = serializers.CharField(
        source="request.reference", default=None, allow_null=True, help_text="The request's reference."
    )
    flow = serializers.CharField(source="flow.slug", default=None, allow_null=True, help_text="The flow's slug.")
    by = serializers.CharField(
        source="actor.username", default=None, allow_null=True, help_text="A user name; null for the system."
    )
    by_name = serializers.CharField(source="actor_name", help_text="The name at the time; empty for the system.")
    data = serializers.JSONField(  # type: ignore[assignment]
        help_text="Facts by name: ids, codes, and reviewers' own words."
    )


class RequestDetailSerializer(RequestSerializer):
    """A sign-up request with all that is known of it."""

    claims = serializers.SerializerMethodField(help_text="What Entra sent, unchanged, each claim with its JSON type.")
    timeline = AuditEventSerializer(source="timeline_events", many=True, help_text="Oldest first.")

    @extend_schema_field({"type": "object", "additionalProperties": {}})
    def get_claims(self, request: SignUpRequest) -> Any:
        """The claims. A number too large for JSON, which Python reads as infinity, is shown as a word."""
        return json.loads(request.received, parse_constant=str)


class FlowSerializer(serializers.Serializer[Any]):
    """A user flow that the caller reviews."""

    slug = serializers.SlugField()
    name = serializers.CharField()
    provisioning = serializers.ChoiceField(choices=UserFlow.Provisioning.choices)
    language = serializers.CharField()
    contact = serializers.CharField()
    redirect_url = serializers.URLField()
    is_default = serializers.BooleanField()
    waiting = serializers.IntegerField(help_text="How many requests wait for a decision.")
    failed = serializers.IntegerField(help_text="How many deliveries have failed.")
