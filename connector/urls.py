"""The connector's addresses: a pair for each flow, and those of Microsoft's approval sample for the default flow.

Each may end in a slash: somebody types them into Entra, where nobody sees one too many.
"""

from __future__ import annotations

from django.urls import path

from connector import views

app_name = "connector"
urlpatterns = [
    path("connectors/<str:flow>/check-status", views.check_status, name="check-status"),
    path("connectors/<str:flow>/submit", views.submit, name="submit"),
    path("approvals/checkstatus", views.check_status, name="sample-check-status"),
    path("approvals/submit", views.submit, name="sample-submit"),
    path("connectors/<str:flow>/check-status/", views.check_status),
    path("connectors/<str:flow>/submit/", views.submit),
    path("approvals/checkstatus/", views.check_status),
    path("approvals/submit/", views.submit),
]
