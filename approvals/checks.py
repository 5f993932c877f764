"""System checks: a configuration that cannot work is refused at the start, with a hint."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.utils.module_loading import import_string


@register()
def outbox_handlers_exist(**_kwargs: Any) -> list[CheckMessage]:
    """Every dotted path in OUTBOX_HANDLERS and OUTBOX_GIVE_UP can be imported (approvals.E001)."""
    paths = {
        **settings.OUTBOX_HANDLERS,
        **{f"{kind} (give up)": p for kind, p in settings.OUTBOX_GIVE_UP.items()},
    }
    return [problem for kind, path in paths.items() if (problem := _problem(kind, path))]


@register()
def outbox_limits_make_sense(**_kwargs: Any) -> list[CheckMessage]:
    """OUTBOX_PATIENCE and OUTBOX_AT_ONCE name families that there are, and leave room for work (approvals.E002)."""
    families = {kind.partition(".")[0] for kind in settings.OUTBOX_HANDLERS}
    return [
        Error(f"{name} has {family}={value}.", hint=f"One of {sorted(families)}, above zero.", id="approvals.E002")
        for name in ("OUTBOX_PATIENCE", "OUTBOX_AT_ONCE")
        for family, value in getattr(settings, name).items()
        if value <= 0 or (family not in families and (name, family) != ("OUTBOX_PATIENCE", "default"))
    ]


@register()
def policy_doors_exist(**_kwargs: Any) -> list[CheckMessage]:
    """POLICY_CLAIMS_READER and POLICY_ANSWER_WRITER can be imported (approvals.E003)."""
    problems: list[CheckMessage] = []
    for name in ("POLICY_CLAIMS_READER", "POLICY_ANSWER_WRITER"):
        try:
            import_string(getattr(settings, name))
        except ImportError as error:
            problems.append(Error(f"{name} cannot be imported.", hint=str(error), id="approvals.E003"))
    return problems


def _problem(kind: str, path: str) -> CheckMessage | None:
    try:
        import_string(path)
    except ImportError as error:
        hint = f"{path}: {error}"
        return Error(f"The outbox handler for “{kind}” cannot be imported.", hint=hint, id="approvals.E001")
    return None
