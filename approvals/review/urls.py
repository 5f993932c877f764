"""Addresses of the review pages."""

from __future__ import annotations

from django.urls import path
from django.views.generic import RedirectView

from approvals.review import decisions, detail, foresight, history, queue
from approvals.review.policy import (
    carrying,
    dry_running,
    list_pages,
    policies,
    rule_page,
    rules,
    trying,
    version_pages,
)

app_name = "review"
urlpatterns = [
    path("", RedirectView.as_view(pattern_name="review:queue", query_string=True), name="home"),
    path("requests/", queue.queue, name="queue"),
    path("requests/<str:reference>/", detail.request_page, name="request"),
    path("requests/<str:reference>/progress", detail.progress, name="progress"),
    path("requests/<str:reference>/forecast", foresight.forecast, name="forecast"),
    path("requests/<str:reference>/look", foresight.look, name="look"),
    path("requests/<str:reference>/approve", decisions.approve, name="approve"),
    path("requests/<str:reference>/deny", decisions.deny, name="deny"),
    path("requests/<str:reference>/deny/preview", decisions.deny_preview, name="deny-preview"),
    path("requests/<str:reference>/undo", decisions.undo, name="undo"),
    path("requests/<str:reference>/reopen", decisions.reopen, name="reopen"),
    path("requests/<str:reference>/retry", decisions.retry, name="retry"),
    path("history/", history.history, name="history"),
    # Beside the flows and not among them: any slug may be a flow's, and any id a rule's.
    path("policy/", policies.policies, name="policies"),
    path("domain-lists/", list_pages.lists_page, name="domain-lists"),
    path("domain-lists/<slug:slug>/", list_pages.list_page, name="domain-list"),
    path("policy/<slug:slug>/", rules.rules_page, name="policy-rules"),
    path("policy/<slug:slug>/change", rules.change, name="policy-change"),
    path("policy/<slug:slug>/presets", rules.add_preset, name="policy-presets"),
    path("policy/<slug:slug>/new-rule/", rule_page.new_rule, name="policy-new-rule"),
    path("policy/<slug:slug>/rules/<slug:rule_id>/", rule_page.rule_page, name="policy-rule"),
    path("policy/<slug:slug>/try/", trying.try_page, name="policy-try"),
    path("policy/<slug:slug>/dry-run/", dry_running.dry_run_page, name="policy-dry-run"),
    path("policy/<slug:slug>/versions/", version_pages.versions_page, name="policy-versions"),
    path("policy/<slug:slug>/versions/<int:number>/", version_pages.version_page, name="policy-version"),
    path("policy/<slug:slug>/versions/<int:number>/restore", version_pages.restore, name="policy-restore"),
    path("policy/<slug:slug>/file/", carrying.file_page, name="policy-file"),
    path("policy/<slug:slug>/policy.yaml", carrying.export, name="policy-yaml"),
]
