"""The endpoints that show: requests, flows and audit events. Only what the caller reviews."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Count, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.api.endpoint import caller, endpoint
from approvals.api.filters import AuditFilters, PageFilters, RequestFilters
from approvals.api.paging import answer_page
from approvals.api.representations import (
    AuditEventSerializer,
    FlowSerializer,
    RequestDetailSerializer,
    RequestSerializer,
)
from approvals.lanes import in_lanes
from approvals.models import AuditEvent, SignUpRequest, UserFlow
from approvals.models.sign_up_request import SignUpRequestQuerySet, normalise_reference

SHOWN_WITH_A_REQUEST = ("flow", "delivery", "decided_by", "forecast", "previous")
Filters = TypeVar("Filters", bound=PageFilters)


def page_of(name: str, item: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    """The description of a page of items."""
    links = {link: serializers.URLField(allow_null=True) for link in ("next", "previous")}
    return inline_serializer(name, {**links, "results": item(many=True)})


@endpoint(
    "GET",
    answer=page_of("RequestPage", RequestSerializer),
    refusals=(400, 404),
    parameters=[RequestFilters],
    tags=["requests"],
    summary="List sign-up requests",
)
def list_requests(request: Request) -> Response:
    """The requests of the flows that you review, oldest first, page by page."""
    filters = _validated(RequestFilters, request)
    found = filters.narrow(SignUpRequest.objects.select_related(*SHOWN_WITH_A_REQUEST))
    return _page(found, "submitted_at", filters, request, RequestSerializer)


@endpoint("GET", answer=RequestDetailSerializer, refusals=(404,), tags=["requests"], summary="Show a sign-up request")
def show_request(request: Request, reference: str) -> Response:
    """One request with its claims as Entra sent them and everything that has happened to it."""
    events = AuditEvent.objects.select_related("request", "flow", "actor").order_by("at", "id")
    timeline = Prefetch("events", queryset=events, to_attr="timeline_events")
    found = find_request(request, reference, shown_requests(request).prefetch_related(timeline))
    return Response(RequestDetailSerializer(found, context={"request": request}).data)


@endpoint(
    "GET",
    answer=inline_serializer("FlowList", {"results": FlowSerializer(many=True)}),
    refusals=(),
    tags=["flows"],
    summary="List user flows",
)
def list_flows(request: Request) -> Response:
    """The user flows that you review, with what there is to do in each."""
    requests = SignUpRequest.objects
    flows = UserFlow.objects.reviewed_by(caller(request)).annotate(
        waiting=_number(requests.needing_decision()), failed=_number(requests.failed())
    )
    return Response({"results": FlowSerializer(list(flows), many=True).data})


@endpoint(
    "GET",
    answer=page_of("AuditEventPage", AuditEventSerializer),
    refusals=(400, 404),
    parameters=[AuditFilters],
    tags=["audit"],
    summary="List audit events",
)
def list_audit_events(request: Request) -> Response:
    """What happened in the flows that you review, oldest first; to an administrator, what happened at all."""
    filters = _validated(AuditFilters, request)
    events = filters.narrow(AuditEvent.objects.select_related("request", "flow", "actor"))
    return _page(events, "at", filters, request, AuditEventSerializer)


def _number(requests: SignUpRequestQuerySet) -> Coalesce:
    """How many of the requests a flow has, counted for itself: both counts over one join would read all its requests."""
    of_flow = requests.filter(flow=OuterRef("pk")).order_by().values("flow").annotate(number=Count("pk"))
    return Coalesce(Subquery(of_flow.values("number")), 0)


def shown_requests(request: Request) -> SignUpRequestQuerySet:
    """The requests that the caller may see, with all that a representation needs."""
    visible = SignUpRequest.objects.visible_to(caller(request))
    return visible.select_related(*SHOWN_WITH_A_REQUEST)


def find_request(request: Request, reference: str, requests: QuerySet[SignUpRequest] | None = None) -> SignUpRequest:
    """The request with this reference. Raises NotFound, also when it is there and not the caller's to see."""
    visible = shown_requests(request) if requests is None else requests
    found = visible.filter(reference=normalise_reference(reference)).first()
    if found is None:
        raise NotFound("There is no such request among those that you review.")
    return found


def _page(
    rows: QuerySet[Any],
    column: str,
    filters: RequestFilters | AuditFilters,
    request: Request,
    serializer: type[serializers.Serializer[Any]],
) -> Response:
    """The page of the rows in the caller's lanes: read along the index, unless the filters leave few."""
    lanes = filters.lanes(caller(request))
    if filters.are_few:
        return answer_page(rows.filter(in_lanes(lanes)), column, filters, request, serializer)
    return answer_page(rows, column, filters, request, serializer, lanes)


def _validated(kind: type[Filters], request: Request) -> Filters:
    """The filters of the query. Raises ValidationError, also for one that is empty or given twice."""
    given = {name: values[0] if len(values) == 1 else values for name, values in request.query_params.lists()}
    filters = kind(data=given)
    filters.is_valid(raise_exception=True)
    return filters
