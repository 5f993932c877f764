"""What the OpenAPI description covers."""

from __future__ import annotations

from typing import Any

PREFIX = "/api/v1/"


def only_staff_api(endpoints: list[tuple[str, str, str, Any]]) -> list[tuple[str, str, str, Any]]:
    """The endpoints of the staff API: the connector's are Entra's business and described by Microsoft."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith(PREFIX)]
