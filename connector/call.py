"""One call of Entra's as the endpoints see it: what it says, or what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from approvals.languages import choose_language
from connector.body import Environ, body_bytes, content_type, read_json
from connector.claims import SignUp, Unusable, locales_of, parse

__all__ = ["Call", "Environ"]


@dataclass(frozen=True)
class Call:
    """A call, read before anything that may fail is touched: so a failure can be told in the applicant's language."""

    sign_up: SignUp | None
    unusable: str
    locales: tuple[str, ...]
    body_bytes: int
    content_type: str

    @classmethod
    def read(cls, environ: Environ) -> Call:
        """Read the body, whatever it is. Raises nothing for what a caller may send."""
        sign_up, unusable, body = None, "", None
        try:
            body = read_json(environ)
            sign_up = parse(body)
        except Unusable as error:
            unusable = error.code
        locales = sign_up.applicant.locales if sign_up else _locales(body)
        return cls(sign_up, unusable, locales, body_bytes(environ), content_type(environ)[:100])

    def language(self, fallback: str = "en") -> str:
        """The shipped language that the applicant reads."""
        return choose_language(self.locales, fallback)


def _locales(body: Any) -> tuple[str, ...]:
    return locales_of(body.get("ui_locales")) if isinstance(body, dict) else ()
