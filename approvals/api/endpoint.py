"""What all endpoints of the staff API have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view, renderer_classes
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.api.problems import problems
from approvals.api.rendering import AsciiJSONRenderer

if TYPE_CHECKING:
    from accounts.models import User

View = Callable[..., Response]

# Not signed in; a token that may only read, or a missing CSRF token; an Accept header that JSON does not meet.
ALWAYS = (401, 403, 406)


def endpoint(method: str, *, refusals: tuple[int, ...], answer: Any, **described: Any) -> Callable[[View], Any]:
    """Make an endpoint of a function and describe it.

    `answer` is the serializer of the answer, `refusals` are the statuses that this endpoint may refuse with.
    """

    def decorate(view: View) -> Any:
        responses: dict[Any, Any] = {200: answer, **problems(*ALWAYS, *refusals)}
        handler = api_view([method])(renderer_classes([AsciiJSONRenderer])(view))
        return extend_schema(operation_id=view.__name__, responses=responses, **described)(handler)

    return decorate


def caller(request: Request) -> User:
    """Who calls. Every endpoint refuses those who are not signed in before it begins."""
    return cast("User", request.user)
