"""The addresses that a mail leads to: all that a worker needs to know of the pages, which it does not serve."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("approvals.review.urls")),
    path("accounts/", include("accounts.urls")),
]
