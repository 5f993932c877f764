"""Reading what callers send: nothing that they wrote is passed over in silence."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses names it does not know: a misspelt filter must not list everything, nor a misspelt field send mail."""

    def to_internal_value(self, data: Any) -> Any:
        """The values by name. Raises ValidationError by name, also for names that mean nothing here."""
        unknown = data.keys() - self.fields.keys() if hasattr(data, "keys") else ()
        if unknown:
            raise serializers.ValidationError({name: ["There is nothing of this name here."] for name in unknown})
        return super().to_internal_value(data)
