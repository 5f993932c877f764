"""Publishing a policy. Every version stays; the highest number is in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from approvals import audit
from approvals.models import Action, DomainList, PolicyVersion, UserFlow
from approvals.plaintext import plain
from approvals.policy import in_force
from approvals.policy.document import dump, parse
from approvals.policy.errors import PolicyChanged, PolicyError, Problem
from approvals.policy.lists import refuse_others
from approvals.policy.rules import Policy

if TYPE_CHECKING:
    from accounts.models import User

LONGEST_COMMENT = 300


def current(flow: UserFlow) -> PolicyVersion | None:
    """The version in force; None while the flow has no policy. One query."""
    return PolicyVersion.objects.filter(flow=flow).order_by("-number").first()


def publish(flow: UserFlow, document: Any, *, base: int, actor: User | None, comment: str = "") -> PolicyVersion:
    """Put a document in force, made from version `base` (0 when there is none yet).

    The same rules again are no new version: the current one is returned. Raises PolicyError for a document that cannot
    be used, NotAllowed for anybody but an administrator, or PolicyChanged when `base` is not the newest any more, and
    has then changed nothing.
    """
    refuse_others(actor)
    try:
        with transaction.atomic(durable=True):
            version = write(flow, document, base=base, actor=actor, comment=comment)
    except IntegrityError as error:
        raise PolicyChanged from error
    in_force.forget()
    return version


def write(flow: UserFlow, document: Any, *, base: int, actor: User | None, comment: str = "") -> PolicyVersion:
    """What `publish` does, within a transaction of the caller's; an IntegrityError means PolicyChanged."""
    policy = parse(document)
    _refuse_missing_lists(policy)
    wanted, newest = dump(policy), current(flow)
    if newest is not None and newest.document == wanted:
        return newest
    if (newest.number if newest else 0) != base:
        raise PolicyChanged
    version = PolicyVersion.objects.create(
        flow=flow,
        number=base + 1,
        document=wanted,
        author=actor,
        author_name=actor.get_display_name() if actor else "",
        comment=_checked(comment),
    )
    changes = changed_rules(newest.document if newest else {}, wanted)
    audit.record(
        Action.POLICY_CHANGED, flow=flow, actor=actor, number=version.number, base=base, note=version.comment, **changes
    )
    return version


def changed_rules(before: Any, after: Any) -> dict[str, Any]:
    """Which rules differ between two documents, by their ids: `added`, `removed`, `changed`, and whether any `moved`."""
    old, new = _by_id(before), _by_id(after)
    shared = [rule_id for rule_id in new if rule_id in old]
    return {
        "added": [rule_id for rule_id in new if rule_id not in old],
        "removed": [rule_id for rule_id in old if rule_id not in new],
        "changed": [rule_id for rule_id in shared if old[rule_id] != new[rule_id]],
        "moved": [rule_id for rule_id in old if rule_id in new] != shared,
    }


def _by_id(document: Any) -> dict[str, Any]:
    """The rules of a stored document, which may be of a form that nobody reads any more."""
    rules = document.get("rules") if isinstance(document, dict) else None
    listed = rules if isinstance(rules, list) else []
    return {rule["id"]: rule for rule in listed if isinstance(rule, dict) and isinstance(rule.get("id"), str)}


def _checked(comment: str) -> str:
    comment = plain(comment)
    if len(comment) > LONGEST_COMMENT:
        raise PolicyError(_("The comment has at most %(limit)s characters.") % {"limit": LONGEST_COMMENT})
    return comment


def _refuse_missing_lists(policy: Policy) -> None:
    """A rule that asks for a list that is not there could never be evaluated."""
    known = set(DomainList.objects.filter(slug__in=policy.lists()).values_list("slug", flat=True))
    problems = [
        Problem(_("there is no list “%(list)s”.") % {"list": condition.list_slug}, number, rule.id, place, "list")
        for number, rule in enumerate(policy.rules, 1)
        for place, condition in enumerate(rule.when, 1)
        if condition.list_slug and condition.list_slug not in known
    ]
    if problems:
        raise PolicyError(problems)
