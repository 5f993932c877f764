"""Policies as YAML, to be kept with other configuration and carried between installations.

The file is the document, and the lists of domains that its rules speak of in a section of their own. It is read as
plain data of few kinds: no tags, no references, no names twice, and nothing that YAML takes for a date or a boolean
because it looks like one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from approvals.models import DomainList, PolicyVersion, UserFlow
from approvals.policy import domains, in_force, lists, reading, versions
from approvals.policy.document import dump, parse
from approvals.policy.errors import InvalidDomainList, PolicyChanged, PolicyError, Problem
from approvals.policy.reading import Place

if TYPE_CHECKING:
    from accounts.models import User

LARGEST_FILE = 1_000_000
DEEPEST = 20
MOST_LISTS = 100


@dataclass(frozen=True)
class NamedDomains:
    """A list of domains as a file has it."""

    name: str
    domains: tuple[str, ...]


@dataclass(frozen=True)
class Transfer:
    """What a file holds. The document is checked, the lists are in their form."""

    document: dict[str, Any]
    lists: Mapping[str, NamedDomains] = field(default_factory=dict)


def to_yaml(transfer: Transfer) -> str:
    """The file that `from_yaml` reads as the same."""
    content = dict(transfer.document)
    if transfer.lists:
        content["lists"] = {
            slug: {"name": each.name, "domains": [_readable(entry) for entry in each.domains]}
            for slug, each in sorted(transfer.lists.items())
        }
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=120)


def _readable(entry: str) -> str:
    return "." + domains.readable(entry[1:]) if entry.startswith(".") else domains.readable(entry)


def from_yaml(text: str) -> Transfer:
    """What a file holds. Raises PolicyError for whatever is no policy, with everything that is wrong with one that almost is."""
    content = _load(text)
    if not isinstance(content, dict):
        raise PolicyError(_("This is no policy: a file has “policy: 1” and rules."))
    problems: list[Problem] = []
    named = _lists(Place(problems), content.pop("lists", None))
    try:
        document = dump(parse(content))
    except PolicyError as error:
        raise PolicyError([*error.problems, *problems]) from error
    if problems:
        raise PolicyError(problems)
    return Transfer(document, named)


def _lists(place: Place, raw: Any) -> dict[str, NamedDomains]:
    if raw is None:
        return {}
    if not isinstance(raw, dict) or len(raw) > MOST_LISTS:
        place.note("lists", _("this must be lists by their slugs, at most %(limit)s.") % {"limit": MOST_LISTS})
        return {}
    return {str(slug): _list(place, slug, each) for slug, each in raw.items()}


def _list(place: Place, slug: Any, raw: Any) -> NamedDomains:
    where = f"lists.{reading.as_name(slug)}"
    reading.slug(place, slug, where, lists.LONGEST_SLUG)
    if not isinstance(raw, dict):
        place.note(where, _("a list has a name and domains."))
        return NamedDomains("", ())
    place.note_unknown(raw, ("name", "domains"), where)
    name = reading.text(place, raw.get("name"), f"{where}.name", lists.LONGEST_NAME)
    entries = reading.items(place, raw.get("domains"), f"{where}.domains", lists.MOST_DOMAINS, required=False)
    try:
        return NamedDomains(name, tuple(lists.normalise(entries)))
    except InvalidDomainList as error:
        place.note(f"{where}.domains", str(error))
        return NamedDomains("", ())


def export_policy(flow: UserFlow) -> str:
    """The flow's policy as a file, with the lists that it speaks of. Raises PolicyError when there is none, or it is broken."""
    version = versions.current(flow)
    if version is None:
        raise PolicyError(_("This user flow has no policy."))
    policy = parse(version.document)
    rows = DomainList.objects.filter(slug__in=policy.lists())
    return to_yaml(Transfer(dump(policy), {row.slug: NamedDomains(row.name, tuple(row.domains)) for row in rows}))


def import_policy(
    flow: UserFlow, text: str, *, actor: User | None, comment: str = "", base: int | None = None
) -> PolicyVersion:
    """Put a file in force as the flow's newest version, and its lists in place of those of the same slug: all or nothing.

    With `base`, only in place of that version. The same file again changes nothing. Raises what `publish` and
    `save_list` raise.
    """
    transfer = from_yaml(text)
    lists.refuse_others(actor)
    try:
        with transaction.atomic(durable=True):
            _save(transfer.lists.items(), actor)
            if base is None:
                newest = versions.current(flow)
                base = newest.number if newest else 0
            version = versions.write(flow, transfer.document, base=base, actor=actor, comment=comment)
    except IntegrityError as error:
        raise PolicyChanged from error
    in_force.forget()
    return version


def _save(named: Iterable[tuple[str, NamedDomains]], actor: User | None) -> None:
    for slug, each in named:
        version = DomainList.objects.filter(slug=slug).values_list("version", flat=True).first()
        lists.write(slug, each.name, each.domains, base_version=version or 0, actor=actor)


class _Loader(yaml.SafeLoader):
    """YAML with as little in it as a policy needs."""

    # Made by `add_implicit_resolver` below. Without those of SafeLoader, `no` is a word and 1:30 no number.
    yaml_implicit_resolvers: dict[str, Any] = {}
    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Compose a node. Refuses references, which a small file can use to be a huge one, tags, and deep nesting."""
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) or getattr(event, "tag", None):
            raise yaml.composer.ComposerError(
                None, None, _("references and tags are not possible here"), event.start_mark
            )
        self._depth += 1
        if self._depth > DEEPEST:
            raise yaml.composer.ComposerError(None, None, _("this is nested too deeply"), event.start_mark)
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Make a mapping. Refuses the same name twice, of which one would be lost without a word."""
        names = Counter(name.value for name, _value in node.value if isinstance(name, yaml.ScalarNode))
        twice = next((name for name, times in names.items() if times > 1), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(
                None, None, _("“%(name)s” is there twice") % {"name": reading.as_name(twice)}, node.start_mark
            )
        return super().construct_mapping(node, deep=deep)


# Each takes no more than SafeLoader would, so that what `safe_dump` writes without quotes is read as it was.
for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?(?:0|[1-9][0-9]{0,17})", "-+0123456789"),
    ("float", r"[-+]?[0-9]{1,18}\.[0-9]{1,18}(?:[eE][-+][0-9]{1,3})?", "-+0123456789"),
    ("null", r"~|null|Null|NULL|", "~nN\0"),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), ["" if c == "\0" else c for c in _first]
    )


def _load(text: str) -> Any:
    if len(text) > LARGEST_FILE:
        raise PolicyError(_("This file is larger than %(limit)s characters.") % {"limit": LARGEST_FILE})
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader, and less
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise PolicyError(_said(error)) from error


def _said(error: Exception) -> str:
    """What is wrong with the file as YAML, and in which line."""
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    if mark is None or not problem:
        return _("This is no YAML.")
    return _("This is no YAML that can be read: line %(line)s: %(problem)s.") % {
        "line": mark.line + 1,
        "problem": problem,
    }
