"""What the OpenAPI description covers, and what it says beyond what can be read off the serializers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension

PREFIX = "/api/v1/"


def only_staff_api(endpoints: list[tuple[str, str, str, Any]]) -> list[tuple[str, str, str, Any]]:
    """The endpoints of the staff API: the connector's are Entra's business and described by Microsoft."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith(PREFIX)]


class StrictBodies(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Says of strict serializers that they refuse names that they do not know."""

    target_class = "approvals.api.strict.StrictSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: str) -> Any:
        """The usual description, closed."""
        described = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return {**described, "additionalProperties": False}
