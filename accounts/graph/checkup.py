"""Is the tenant set up so that Foyer can make guests? Asks, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.graph import client, tokens
from accounts.graph.errors import GraphRefused
from accounts.graph.sorting import sort
from approvals.errors import Later, Never

# For each task, the permissions of which any one is enough; the first is the least.
TO_INVITE = (client.INVITE_USERS, client.WRITE_USERS, "Directory.ReadWrite.All")
TO_WRITE = (client.WRITE_USERS, "Directory.ReadWrite.All")
TO_JOIN = (client.WRITE_MEMBERS, "Group.ReadWrite.All", "Directory.ReadWrite.All")


@dataclass(frozen=True)
class Finding:
    """The end of one check. `good` None: it could not be found out, which need not be bad."""

    good: bool | None
    what: str
    advice: str = ""


def check_up(group_ids: Iterable[str], *, makes_guests: bool = True) -> Iterator[Finding]:
    """All findings, as they come. Without a token there is nothing further to find.

    `makes_guests` False: Entra makes the guests of every flow itself, and no permission is needed.
    """
    yield _tenant_domain()
    try:
        token = tokens.token()
    except (Later, Never) as problem:
        yield Finding(False, _("No access token from Microsoft Entra (%s)") % problem.code, problem.reason)
        return
    yield Finding(True, _("Microsoft Entra gives Foyer's application an access token"))
    if not makes_guests:
        yield Finding(None, _("No user flow has its guests made by Foyer: no permission is needed"))
        return
    groups = sorted(set(group_ids))
    yield from _permissions(token.value, joins_groups=bool(groups))
    for check in (_reading, _organization, _invitation_policy):
        yield _asked(check)
    for group_id in groups:
        yield _asked(lambda wanted=group_id: _group(wanted))  # type: ignore[misc]


def _asked(check: Callable[[], Finding]) -> Finding:
    """A check that calls Graph; whatever it did not expect is a finding too."""
    try:
        return check()
    except GraphRefused as refused:
        problem = sort(refused)
    except (Later, Never) as other:
        problem = other
    return Finding(False, _("Microsoft Graph does not answer as it should (%s)") % problem.code, problem.reason)


def _tenant_domain() -> Finding:
    domain = settings.ENTRA_TENANT_DOMAIN
    if domain:
        return Finding(True, _("The tenant's domain is set: %s") % domain)
    advice = _("Set ENTRA_TENANT_DOMAIN to the tenant's initial domain, such as contoso.onmicrosoft.com.")
    return Finding(False, _("The tenant's domain is not set"), advice)


def _permissions(token: str, *, joins_groups: bool) -> Iterator[Finding]:
    roles = tokens.roles_in(token)
    if roles is None:
        yield Finding(None, _("The permissions in the token cannot be read; the calls below show whether they do"))
        return
    yield _permission(_("invite guests"), TO_INVITE, roles)
    yield _permission(_("create guests and set their attributes"), TO_WRITE, roles)
    if joins_groups:
        yield _permission(_("put guests into groups"), TO_JOIN, roles)


def _permission(task: str, sufficient: tuple[str, ...], roles: frozenset[str]) -> Finding:
    held = [name for name in sufficient if name in roles]
    if held:
        return Finding(True, _("Foyer may %(task)s (%(permission)s)") % {"task": task, "permission": held[0]})
    advice = _(
        "Grant the application permission %s with admin consent (Entra admin center > App registrations > API "
        "permissions)."
    )
    return Finding(False, _("Foyer may not %s") % task, advice % sufficient[0])


def _reading() -> Finding:
    try:
        client.read_one_user()
    except GraphRefused as refused:
        if refused.status != 403:
            raise
        return Finding(False, _("Foyer may not read the directory's users"), sort(refused).reason)
    return Finding(True, _("Foyer may read the directory's users"))


def _organization() -> Finding:
    try:
        tenant = client.read_organization()
    except GraphRefused as refused:
        if refused.status != 403:
            raise
        return Finding(
            None,
            _("The tenant's domains cannot be read (%s would allow it; not needed for Foyer to work)")
            % refused.permission,
        )
    domains = {str(each.get("name", "")).lower() for each in tenant.get("verifiedDomains") or []}
    if settings.ENTRA_TENANT_DOMAIN.lower() in domains:
        return Finding(True, _("%s is a verified domain of the tenant") % settings.ENTRA_TENANT_DOMAIN)
    advice = _("Set ENTRA_TENANT_DOMAIN to one of: %s.") % ", ".join(sorted(domains))
    return Finding(False, _("ENTRA_TENANT_DOMAIN is not a verified domain of the tenant"), advice)


def _invitation_policy() -> Finding:
    try:
        forbidden = client.forbids_invitations()
    except GraphRefused as refused:
        if refused.status not in (400, 403, 404):
            raise
        return Finding(
            None,
            _("The policy on invitations cannot be read (%s would let reviewers see when it forbids to invite)")
            % refused.permission,
        )
    if not forbidden:
        return Finding(True, _("The tenant lets applications invite guests"))
    advice = _(
        "Under External Identities > External collaboration settings, allow guest invites for member users or for "
        "everyone. The change takes up to an hour."
    )
    return Finding(False, _("The tenant does not let applications invite guests"), advice)


def _group(group_id: str) -> Finding:
    try:
        group = client.read_group(group_id)
    except GraphRefused as refused:
        if refused.status == 403:
            # One permission to put guests into a group and to read it: naming the lesser one too would confuse.
            told = _("Group %(id)s cannot be read (that needs %(permission)s)")
            return Finding(None, told % {"id": group_id, "permission": TO_JOIN[0]})
        if refused.status not in (400, 404):
            raise
        advice = _("Correct the groups of the user flow.")
        return Finding(False, _("Group %(id)s is not in the directory") % {"id": group_id}, advice)
    if "DynamicMembership" in (group.get("groupTypes") or []) or group.get("onPremisesSyncEnabled"):
        advice = _("Choose a group with assigned members that is managed in Entra.")
        return Finding(False, _("Group %(id)s takes no members from Foyer") % {"id": group_id}, advice)
    named = {"name": group.get("displayName") or "", "id": group_id}
    return Finding(True, _("Group “%(name)s” (%(id)s) is there") % named)
