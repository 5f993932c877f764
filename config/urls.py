"""Every address of the product."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from accounts.signin.views import admin_sign_in
from config import health, pages

urlpatterns = [
    *pages.urlpatterns,
    path("api/v1/", include("approvals.api.urls")),
    path("api/", include("connector.urls")),
    path("admin/login/", admin_sign_in),
    path("admin/", admin.site.urls),
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("metrics", health.metrics),
]
