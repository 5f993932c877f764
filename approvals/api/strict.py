"""Reading what callers send: nothing that they wrote is passed over in silence."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

# Python's idea of white space has a few control characters more than that of OpenAPI's regular expressions.
NOT_BLANK = r"^[^\x00]*[^\s\x00\x1c-\x1f\x85][^\x00]*$"
NO_NUL = r"^[^\x00]*$"


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses names it does not know: a misspelt filter must not list everything, nor a misspelt field send mail."""

    def to_internal_value(self, data: Any) -> Any:
        """The values by name. Raises ValidationError by name, also for names that mean nothing here."""
        unknown = data.keys() - self.fields.keys() if hasattr(data, "keys") else ()
        if unknown:
            raise serializers.ValidationError({name: ["There is nothing of this name here."] for name in unknown})
        return super().to_internal_value(data)


class WordsField(serializers.RegexField):
    """Text that says something. The pattern tells callers what the trimming of white space means."""

    def __init__(self, *, max_length: int, help_text: str) -> None:
        super().__init__(NOT_BLANK, max_length=max_length, required=False, help_text=help_text)


class ProseField(serializers.RegexField):
    """Text that may be empty. NUL, which no database keeps, is refused and said to be."""

    def __init__(self, *, max_length: int, help_text: str) -> None:
        super().__init__(NO_NUL, max_length=max_length, allow_blank=True, required=False, help_text=help_text)

    def to_internal_value(self, data: Any) -> str:
        """The text. Raises ValidationError for a number, which would else be read as its digits."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class WholeNumberField(serializers.IntegerField):
    """A JSON number without a fraction."""

    def to_internal_value(self, data: Any) -> int:
        """The number. Raises ValidationError for text and for truth values, which Python takes for numbers."""
        if not isinstance(data, int | float) or isinstance(data, bool):
            self.fail("invalid")
        return super().to_internal_value(data)


class TruthField(serializers.BooleanField):
    """JSON's true or false: nobody is to guess what `"off"` or 2 does to a mail."""

    def to_internal_value(self, data: Any) -> bool:
        """The truth value. Raises ValidationError for everything else."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data
