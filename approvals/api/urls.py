"""The addresses of the staff API, under /api/v1/."""

from __future__ import annotations

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from approvals.api import deciding, reading

app_name = "api"

urlpatterns = [
    path("requests/", reading.list_requests, name="requests"),
    path("requests/<str:reference>/", reading.show_request, name="request"),
    path("requests/<str:reference>/approve", deciding.approve, name="approve"),
    path("requests/<str:reference>/deny", deciding.deny, name="deny"),
    path("requests/<str:reference>/undo", deciding.undo, name="undo"),
    path("requests/<str:reference>/reopen", deciding.reopen, name="reopen"),
    path("requests/<str:reference>/retry", deciding.retry, name="retry"),
    path("flows/", reading.list_flows, name="flows"),
    path("audit-events/", reading.list_audit_events, name="audit-events"),
    path("schema", SpectacularAPIView.as_view(), name="schema"),
]
