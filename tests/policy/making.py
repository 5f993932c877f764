"""Rules and facts in a line each, and strategies for all that somebody could write or claim."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from hypothesis import strategies as st

from approvals.applicant import Applicant, Identity
from approvals.policy.attributes import ATTRIBUTES
from approvals.policy.condition_form import PLACES, VERIFICATIONS
from approvals.policy.document import parse
from approvals.policy.domains import DomainSet
from approvals.policy.engine import Earlier, Facts, Verdict, evaluate
from approvals.policy.rules import Policy
from tests.factories import make_applicant

EXTENSION = f"extension_{'0123456789abcdef' * 2}_Dept"


def document(*rules: dict[str, Any]) -> dict[str, Any]:
    """A document of these rules."""
    return {"policy": 1, "rules": list(rules)}


def rule(rule_id: str, then: dict[str, Any] | str, *when: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """One rule; an outcome that needs no details may be given by its name."""
    outcome = {then: DETAILS.get(then, {})} if isinstance(then, str) else then
    return {"id": rule_id, "name": rule_id.capitalize(), "when": list(when), "then": outcome, **fields}


DETAILS: dict[str, dict[str, Any]] = {
    "refuse": {"text": "No."},
    "correct": {"attribute": "jobTitle", "text": "Longer, please."},
    "set": {"claim": "country", "value": "US"},
    "review": {"reason": "Look."},
}


def policy(*rules: dict[str, Any]) -> Policy:
    """A policy of these rules."""
    return parse(document(*rules))


def domain(*values: str, test: Any = "one_of", **fields: Any) -> dict[str, Any]:
    """A condition on the domain of the address."""
    return {"subject": "email_domain", "test": test, "values": list(values), **fields}


def claim(name: str, test: str, **fields: Any) -> dict[str, Any]:
    """A condition on a claim."""
    return {"subject": "claim", "name": name, "test": test, **fields}


def facts(applicant: Applicant | None = None, step: str = "submit", **fields: Any) -> Facts:
    """What is known of an applicant, John Smith by default."""
    return Facts(applicant or make_applicant(), step, **fields)


def decide(*rules: dict[str, Any], step: str = "submit", applicant: Applicant | None = None, **fields: Any) -> Verdict:
    """What the rules say of an applicant."""
    return evaluate(policy(*rules), facts(applicant, step, **fields))


def raising() -> Iterable[Any]:
    """Stands for a lookup that breaks."""
    raise OSError("away")


def earlier(decision: str, *, this_flow: bool = True, days_ago: float = 1) -> Earlier:
    """A decision on an earlier request."""
    return Earlier(decision, this_flow, timezone.now() - timedelta(days=days_ago))


# --- Strategies ----------------------------------------------------------------------------------------------

_words = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=20).filter(str.strip)
_labels = st.text("abc019", min_size=1, max_size=6)
domain_names = st.one_of(
    st.sampled_from(["fabrikam.com", "münchen.example", "xn--mnchen-3ya.example", "fabrikam.example"]),
    st.lists(_labels, min_size=2, max_size=3).map(".".join),
)
_names = st.sampled_from([*ATTRIBUTES, "email", EXTENSION])
_scalars = st.one_of(_words, st.booleans(), st.integers(-(2**31), 2**31 - 1))
_bounds = st.one_of(st.integers(-1000, 1000), st.floats(-1000, 1000))


def _condition(subject: str, test: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    fixed = {"subject": st.just(subject), "test": st.just(test), **fields}
    return st.fixed_dictionaries(fixed, optional={"not": st.booleans()})


def _ranges(bounds: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    pairs = st.tuples(bounds, bounds).map(sorted)
    return pairs.flatmap(lambda p: st.sampled_from([{"min": p[0], "max": p[1]}, {"min": p[0]}, {"max": p[1]}]))


def _with_range(test: str, bounds: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(lambda c, r: {**c, **r}, _condition("claim", test, name=_names), _ranges(bounds))


conditions = st.one_of(
    _condition("email_domain", "one_of", values=st.lists(domain_names, min_size=1, max_size=4)),
    _condition("email_domain", "under", values=st.lists(domain_names, min_size=1, max_size=4)),
    _condition("email_domain", "wildcard", values=st.just(["*.fabrikam.*", "fab*.example"])),
    _condition("email_domain", "in_list", list=st.sampled_from(["partners", "missing"])),
    _condition(
        "issuer",
        "one_of",
        values=st.lists(st.sampled_from(["google", "mail", "microsoft", "x y"]), min_size=1, max_size=3),
    ),
    _condition("claim", "present", name=_names),
    _condition("claim", "equals", name=_names, value=_scalars),
    _condition("claim", "one_of", name=_names, values=st.lists(_scalars, min_size=1, max_size=4)),
    _condition("claim", "matches", name=_names, pattern=st.sampled_from(["a", "^.{3,9}$", "(x+)+y", r"\d"])),
    _with_range("length", st.integers(0, 300)),
    _with_range("number", _bounds),
    _condition("language", "one_of", values=st.lists(st.sampled_from(["de", "fr", "en-US"]), min_size=1, max_size=3)),
    _condition("earlier", "denied", where=st.sampled_from(PLACES), within_days=st.integers(1, 400)),
    _condition("earlier", "approved", where=st.sampled_from(PLACES)),
    _condition(
        "hint", "one_of", values=st.lists(st.sampled_from(["disposable", "look_alike"]), min_size=1, max_size=3)
    ),
    _condition("verification", "one_of", values=st.lists(st.sampled_from(VERIFICATIONS), min_size=1, max_size=3)),
)
texts = st.one_of(_words, st.dictionaries(st.sampled_from(["en", "de", "fr"]), _words, min_size=1, max_size=3))
outcomes = st.one_of(
    st.builds(lambda text: {"refuse": {"text": text}}, texts),
    st.builds(lambda text: {"correct": {"attribute": "jobTitle", "text": text}}, texts),
    st.builds(lambda value: {"set": {"claim": EXTENSION, "value": value}}, _scalars),
    st.sampled_from([{"approve": {}}, {"verify": {}}, {"review": {}}]),
    st.builds(lambda reason: {"review": {"reason": reason}}, _words),
)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A document that `parse` takes."""
    rules = []
    for number in range(draw(st.integers(0, 4))):
        then = draw(outcomes)
        early = [["check_status"], ["check_status", "submit"]] if next(iter(then)) in ("refuse", "set") else []
        when = draw(st.lists(conditions, max_size=3))
        flags = {name: draw(st.booleans()) for name in ("enabled", "shadow")}
        steps = draw(st.sampled_from([["submit"], *early]))
        rules.append(rule(f"r{number}", then, *when, steps=steps, **flags) | {"name": draw(_words).strip()})
    return document(*rules)


def _moments() -> st.SearchStrategy[datetime]:
    return st.integers(0, 500).map(lambda days: timezone.now() - timedelta(days=days))


_decisions = st.builds(Earlier, st.sampled_from(["denied", "approved"]), st.booleans(), _moments())
_weird = st.one_of(
    _words, st.booleans(), st.integers(), st.none(), st.lists(st.integers(), max_size=2), st.text(max_size=9)
)
applicants = st.builds(
    Applicant,
    email=st.one_of(st.builds("x@{}".format, domain_names), st.text(max_size=30)),
    identities=st.lists(
        st.builds(
            Identity, st.just("federated"), st.sampled_from(["google.com", "microsoft", "Mail", "?"]), st.just("1")
        ),
        max_size=1,
    ).map(tuple),
    attributes=st.dictionaries(st.sampled_from([*ATTRIBUTES, EXTENSION]), _weird, max_size=5),
    locales=st.lists(st.sampled_from(["de-DE", "en", "fr_CA", ""]), max_size=2).map(tuple),
)


def all_facts() -> st.SearchStrategy[Facts]:
    """What may be known of somebody, with lookups that break."""
    return st.builds(
        Facts,
        applicants,
        st.sampled_from(["check_status", "submit", "later"]),
        lists=st.sampled_from([{}, {"partners": DomainSet.of(["fabrikam.com", ".example"])}]),
        earlier=st.one_of(st.just(raising), st.lists(_decisions, max_size=3).map(lambda found: lambda: found)),
        hints=st.one_of(st.just(raising), st.sampled_from([frozenset, lambda: {"disposable"}, lambda: None])),
        verification=st.sampled_from([None, *VERIFICATIONS]),
    )
