"""How refusals are described in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from approvals.api.exceptions import PROBLEM_JSON
from approvals.api.representations import RequestSerializer


class ProblemSerializer(serializers.Serializer[Any]):
    """A problem document (RFC 9457)."""

    type = serializers.CharField(help_text="Always `about:blank`; `code` says what happened.")
    title = serializers.CharField(help_text="The words of the HTTP status.")
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What happened, for people.")
    code = serializers.CharField(help_text="What happened, for programs. Stable.")


class InvalidSerializer(ProblemSerializer):
    """Some values cannot be used."""

    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="What is wrong, by the name of the field.",
    )


class ConflictSerializer(ProblemSerializer):
    """The request is not in the state that the deed needs. `code` says which it is."""

    request = RequestSerializer(required=False, help_text="The request as it is now.")


DESCRIBED = {400: InvalidSerializer, 409: ConflictSerializer}


def problems(*statuses: int) -> dict[tuple[int, str], type[ProblemSerializer]]:
    """The refusals that an endpoint may answer with, for `extend_schema(responses=…)`."""
    return {(status, PROBLEM_JSON): DESCRIBED.get(status, ProblemSerializer) for status in statuses}
