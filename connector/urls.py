"""The connector's addresses: a pair for each flow, and those of Microsoft's approval sample for the default flow.

What answers there is no view of Django's: `connector.shield` calls it. Each may end in a slash: somebody types them into Entra, where nobody sees one too many.
"""

from __future__ import annotations

from typing import Any

from django.urls import path

from connector import views

# Django expects views here, and never gets to call these.
check_status: Any = views.check_status
submit: Any = views.submit

app_name = "connector"
urlpatterns = [
    path("connectors/<str:flow>/check-status", check_status, name="check-status"),
    path("connectors/<str:flow>/submit", submit, name="submit"),
    path("approvals/checkstatus", check_status, name="sample-check-status"),
    path("approvals/submit", submit, name="sample-submit"),
    path("connectors/<str:flow>/check-status/", check_status),
    path("connectors/<str:flow>/submit/", submit),
    path("approvals/checkstatus/", check_status),
    path("approvals/submit/", submit),
]
