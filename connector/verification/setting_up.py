"""Setting up, changing and switching off the verification service of a flow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import structlog
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import audit
from approvals.models import Action, UserFlow
from connector.models import VerificationService
from connector.verification import registry
from connector.verification.base import Vendor
from connector.verification.sealing import SealBroken, reseal, seal

if TYPE_CHECKING:
    from accounts.models import User

log = structlog.get_logger(__name__)

RULES = ("mode", "on_failed", "tries", "budget_seconds")


def configure(
    flow: UserFlow, kind: str, values: Mapping[str, str], *, actor: User | None, **rules: Any
) -> VerificationService:
    """Let this service verify the flow's applicants, instead of any other.

    `values` are the service's settings by name. One that is left out stays as it was, or gets its default; so does a
    secret that is empty, for nobody is shown the old one. `rules` are `mode`, `on_failed`, `tries` and `budget_seconds`;
    those that are left out stay, too. Raises ValidationError with what is wrong by field, and changes nothing then; nor
    does it when all is as it was. The audit trail gets the names of what changed, and no values.
    """
    vendor = find(kind)
    with transaction.atomic():
        UserFlow.objects.select_for_update().get(pk=flow.pk)
        service = VerificationService.objects.filter(flow=flow).first() or VerificationService(flow=flow)
        before = kept_settings(service, kind)
        settings = vendor.clean(merged(vendor, before, values))
        changed = sorted(name for name, value in settings.items() if before.get(name, "") != value)
        changed += [name for name in RULES if rules.get(name, getattr(service, name)) != getattr(service, name)]
        if service.pk and service.kind == kind and not changed:
            return service
        _write(service, kind, settings, rules)
        audit.record(Action.VERIFICATION_CHANGED, flow=flow, actor=actor, kind=kind, changed=changed)
    return service


def seal_anew(flow: UserFlow, *, actor: User | None) -> bool:
    """Seal the service's settings with the present SECRET_KEY, so that an earlier one may go. False without a service.

    Raises SealBroken when they cannot be read.
    """
    with transaction.atomic():
        service = VerificationService.objects.select_for_update().filter(flow=flow).first()
        if service is None:
            return False
        service.sealed = reseal(service.sealed)
        service.save(update_fields=["sealed"])
        audit.record(Action.VERIFICATION_CHANGED, flow=flow, actor=actor, kind=service.kind, sealed_anew=True)
    return True


def switch_off(flow: UserFlow, *, actor: User | None) -> bool:
    """Let nobody verify the flow's applicants any more, and forget the settings. False, the second time, for nothing."""
    with transaction.atomic():
        service = VerificationService.objects.select_for_update().filter(flow=flow).first()
        if service is None:
            return False
        service.delete()
        audit.record(Action.VERIFICATION_CHANGED, flow=flow, actor=actor, kind=service.kind, switched_off=True)
    log.info("verification_switched_off", flow=flow.slug)
    return True


def find(kind: str) -> Vendor:
    """The service of that kind. Raises ValidationError for one that is not there."""
    try:
        return registry.vendor(kind)
    except registry.UnknownService:
        known = ", ".join(registry.VENDORS)
        raise ValidationError(_("There is no such service. There are: %(known)s.") % {"known": known}) from None


def kept_settings(service: VerificationService, kind: str) -> Mapping[str, str]:
    """The settings that a change of the service starts from; none when they are another service's, or cannot be read."""
    if not service.sealed or service.kind != kind:
        return {}
    try:
        return service.settings()
    except SealBroken:
        log.warning("verification_settings_unreadable", flow=service.flow.slug)
        return {}


def merged(vendor: Vendor, before: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """The settings as somebody wants them: the given ones over those before. Raises ValidationError for unknown names."""
    fields = {field.name: field for field in vendor.fields}
    if unknown := values.keys() - fields.keys():
        names = ", ".join(sorted(unknown))
        raise ValidationError(
            _("%(service)s has no such setting: %(names)s.") % {"service": vendor.name, "names": names}
        )
    given = {name: value for name, value in values.items() if value.strip() or not fields[name].secret}
    return {name: value for name, value in before.items() if name in fields} | given


def _write(service: VerificationService, kind: str, settings: Mapping[str, str], rules: Mapping[str, Any]) -> None:
    service.kind, service.sealed, service.changed_at = kind, seal(settings), timezone.now()
    for name, value in rules.items():
        if name not in RULES:
            raise TypeError(name)
        setattr(service, name, value)
    service.full_clean(validate_unique=False, validate_constraints=False)
    service.save()
