"""Why nothing could be found out, in words. Facts: `why` is a code, `permission` what is missing, `again` says that Foyer goes on trying."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

Facts = Mapping[str, Any]

_UNREACHABLE = gettext_lazy("The tenant could not be reached at %(time)s; approving will still be tried.")
_PASSING: dict[str, Promise] = {
    "unreachable": _UNREACHABLE,
    "no_answer": _UNREACHABLE,
    "certificate_untrusted": _UNREACHABLE,
    "sign_in_unavailable": _UNREACHABLE,
    "sign_in_garbled": _UNREACHABLE,
    "graph_unavailable": gettext_lazy("The tenant was out of order at %(time)s; approving will still be tried."),
    "throttled": gettext_lazy("The tenant asked for fewer calls at %(time)s; approving will still be tried."),
}
_OTHER = gettext_lazy("Foyer could not look into the tenant at %(time)s; approving will still be tried.")
# These stop every guest: an approval is taken, and its delivery waits with the same cause.
_NO_TOKEN = gettext_lazy("The tenant does not let Foyer's application in. “manage.py check_tenant” says why.")
_STANDSTILLS: dict[str, Promise] = {
    "permission_missing": gettext_lazy(
        "Foyer may not look into the directory: its application lacks the permission %(permission)s."
    ),
    "secret_expired": gettext_lazy("Foyer cannot look into the tenant: the client secret has expired."),
    "not_configured": gettext_lazy(
        "Foyer is not set up for a tenant yet. “manage.py check_tenant” says what is missing."
    ),
    **dict.fromkeys(
        (
            *("secret_wrong", "secret_missing", "application_not_found", "application_disabled", "tenant_not_found"),
            *("tenant_id_malformed", "scope_wrong", "certificate_wrong", "consent_missing", "token_denied"),
            *("token_refused", "application_unknown", "ca_bundle_unreadable", "certificate_unreadable"),
        ),
        _NO_TOKEN,
    ),
}


def words_for_unknown(facts: Facts, at: datetime | None) -> tuple[str, str]:
    """The sentence and what follows from it."""
    why, advice = str(facts.get("why", "")), []
    if why in _STANDSTILLS:
        advice.append(_("An approval waits until an administrator has mended that."))
    if facts.get("again"):
        advice.append(_("Foyer looks again by itself."))
    template = _STANDSTILLS.get(why) or _PASSING.get(why, _OTHER)
    time = date_format(timezone.localtime(at), "H:i") if at else "?"
    named = {"time": time, "permission": str(facts.get("permission") or "User.Read.All")}
    return str(template) % named, " ".join(advice)
