"""What may be wrong with a policy, and with the changing of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from approvals.errors import ApprovalError, Conflict


@dataclass(frozen=True)
class Problem:
    """One thing to mend: `sentence` says what, the rest where. Rules and conditions count from 1."""

    sentence: str
    rule: int | None = None
    rule_id: str = ""
    condition: int | None = None
    field: str = ""

    @property
    def where(self) -> str:
        """The place in words, such as “rule 2 (partner-domains), condition 1, values”; empty for the whole policy."""
        parts = []
        if self.rule is not None:
            number = gettext("rule %(number)s") % {"number": self.rule}
            parts.append(f"{number} ({self.rule_id})" if self.rule_id else number)
        if self.condition is not None:
            parts.append(gettext("condition %(number)s") % {"number": self.condition})
        if self.field:
            parts.append(self.field)
        return ", ".join(parts)

    def __str__(self) -> str:
        return f"{self.where}: {self.sentence}" if self.where else self.sentence


class PolicyError(ApprovalError):
    """A policy cannot be used. `problems` are all that is wrong with it, in the document's order."""

    code = "invalid_policy"
    status = 400
    message = _("This policy cannot be used.")

    def __init__(self, problems: Sequence[Problem] | str) -> None:
        self.problems = (Problem(problems),) if isinstance(problems, str) else tuple(problems)
        super().__init__(" ".join(str(problem) for problem in self.problems))


class InvalidDomainList(ApprovalError):
    """A list of domains holds what is no domain, or has an unusable name."""

    code = "invalid_domain_list"
    status = 400
    message = _("This list of domains cannot be used.")


class PolicyChanged(Conflict):
    """Somebody published another version since."""

    code = "policy_changed"
    message = _("The policy has changed since you opened it. Nothing was saved.")


class DomainListChanged(Conflict):
    """Somebody saved the list since."""

    code = "domain_list_changed"
    message = _("The list has changed since you opened it. Nothing was saved.")
