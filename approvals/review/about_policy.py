"""Audit events of the sign-up policy and of identity verification in words, whatever their data holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.models import Action, Verification
from approvals.policy.words import cause

_VERIFIED = {
    Verification.Outcome.PASSED: ("good", gettext_lazy("Identity verified")),
    Verification.Outcome.FAILED: ("bad", gettext_lazy("Identity not verified")),
    Verification.Outcome.REFER: ("turn", gettext_lazy("Identity verification leaves it to a person")),
    Verification.Outcome.UNAVAILABLE: ("turn", gettext_lazy("Identity verification could not say")),
}
MOST_NAMED = 5


def tone(action: str, data: dict[str, Any]) -> str:
    """How a verification ended; empty for any other event."""
    return _outcome(data)[0] if action == Action.VERIFIED else ""


def what(action: str, data: dict[str, Any]) -> str:
    """What came of a verification; empty for any other event, whose action says enough."""
    return str(_outcome(data)[1]) if action == Action.VERIFIED else ""


def detail(action: str, data: dict[str, Any]) -> str:
    """One more line: the rule, the service with its codes, what was changed; empty where there is nothing to add."""
    tell = _DETAILS.get(action)
    return tell(data) if tell else ""


def _why(data: dict[str, Any]) -> str:
    name = _text(data, "name")
    return _("Rule “%(rule)s”") % {"rule": name} if name else cause(_text(data, "cause"))


def _answers(data: dict[str, Any]) -> str:
    return _("What was verified are the earlier answers.") if data.get("after_verification") is True else ""


def _verification(data: dict[str, Any]) -> str:
    codes = _names(data, "reasons")
    return _joined(
        _labelled(_("Service"), data, "vendor"),
        _labelled(_("Its reference"), data, "reference"),
        _("Codes: %(codes)s") % {"codes": codes} if codes else "",
    )


def _policy(data: dict[str, Any]) -> str:
    return _joined(_labelled(_("Version"), data, "number"), _text(data, "note"), _rules(data))


def _domain_list(data: dict[str, Any]) -> str:
    return _joined(_labelled(_("List"), data, "list"), _labelled(_("Version"), data, "version"), _changes(data))


def _service(data: dict[str, Any]) -> str:
    return _joined(_labelled(_("Service"), data, "kind"), _set_up(data))


_DETAILS: dict[str, Callable[[dict[str, Any]], str]] = {
    Action.APPROVED_BY_POLICY: _why,
    Action.REFUSED_BY_POLICY: _why,
    Action.ANSWERS_CHANGED: _answers,
    Action.VERIFIED: _verification,
    Action.POLICY_CHANGED: _policy,
    Action.DOMAIN_LIST_CHANGED: _domain_list,
    Action.VERIFICATION_CHANGED: _service,
}


def _outcome(data: dict[str, Any]) -> tuple[str, Any]:
    outcome = data.get("outcome")
    known = outcome if isinstance(outcome, str) else ""
    return _VERIFIED.get(known, ("", ""))  # type: ignore[call-overload,no-any-return]


def _rules(data: dict[str, Any]) -> str:
    """Which rules are others now, by their ids."""
    moved = _("order changed") if data.get("moved") is True else ""
    return "; ".join(part for part in (_changes(data), moved) if part)


def _changes(data: dict[str, Any]) -> str:
    kinds = {"added": _("added: %(names)s"), "changed": _("changed: %(names)s"), "removed": _("removed: %(names)s")}
    return "; ".join(words % {"names": _names(data, kind)} for kind, words in kinds.items() if _names(data, kind))


def _set_up(data: dict[str, Any]) -> str:
    if data.get("switched_off") is True:
        return _("switched off, its settings forgotten")
    if data.get("sealed_anew") is True:
        return _("sealed with the present key")
    return _changes(data)


def _labelled(label: str, data: dict[str, Any], name: str) -> str:
    value = _text(data, name)
    return f"{label} {value}" if value else ""


def _text(data: dict[str, Any], name: str) -> str:
    value = data.get(name)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _names(data: dict[str, Any], name: str) -> str:
    """A few of the names in a list."""
    values = data.get(name)
    names = [value for value in values if isinstance(value, str)] if isinstance(values, list) else []
    return ", ".join([*names[:MOST_NAMED], "…"] if len(names) > MOST_NAMED else names)


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)
