"""Refusals as problem documents (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import structlog
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from approvals.api.rendering import AsciiJSONRenderer
from approvals.errors import ApprovalError

log = structlog.get_logger(__name__)

PROBLEM_JSON = "application/problem+json"


def problem(status: int, code: str, detail: str, **more: Any) -> Response:
    """A problem document. `code` is for programs and stable, `detail` for people; `more` are further members."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, "code": code}
    return Response({**body, **more}, status=status, content_type=PROBLEM_JSON)


def problem_response(error: Exception, context: dict[str, Any]) -> Response:
    """REST framework's exception handler: every refusal and failure of the API is a problem document, in JSON."""
    # Whatever the caller would accept of the answer proper: the schema is YAML, and some accept nothing we have.
    context["request"].accepted_renderer = AsciiJSONRenderer()
    context["request"].accepted_media_type = PROBLEM_JSON
    if isinstance(error, ApprovalError):
        return problem(error.status, error.code, str(error))
    answer = exception_handler(error, context)
    if answer is None:
        log.error("api_broke", exc_info=error)
        return problem(500, "internal_error", "Something broke on our side. It has been logged.")
    described = problem(answer.status_code, *_code_and_detail(error), **_field_errors(error))
    for name, value in answer.items():
        if name.lower() != "content-type":
            described[name] = value
    return described


def _code_and_detail(error: Exception) -> tuple[str, str]:
    """The error's own code and sentence."""
    if isinstance(error, exceptions.ValidationError):
        return "invalid", "Some of the values cannot be used; `errors` says which."
    refusal = error if isinstance(error, exceptions.APIException) else _twin(error)
    return str(refusal.get_codes()), str(refusal.detail)


def _twin(error: Exception) -> exceptions.APIException:
    """The REST framework's error for one of the two of Django's that it understands."""
    return exceptions.NotFound() if isinstance(error, Http404) else exceptions.PermissionDenied()


def _field_errors(error: Exception) -> dict[str, Any]:
    return {"errors": error.detail} if isinstance(error, exceptions.ValidationError) else {}
