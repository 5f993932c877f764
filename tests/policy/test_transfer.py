"""Policies as YAML: out and in again, and what a hostile file gets."""

from __future__ import annotations

import io
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from approvals.models import AuditEvent, DomainList, PolicyVersion, UserFlow
from approvals.policy.document import dump, parse
from approvals.policy.errors import PolicyChanged, PolicyError
from approvals.policy.lists import normalise, save_list
from approvals.policy.transfer import LARGEST_FILE, NamedDomains, Transfer, from_yaml, import_policy, to_yaml
from approvals.policy.versions import publish
from tests.commands.running import refusal, run
from tests.factories import make_flow
from tests.policy.making import EXTENSION, claim, document, documents, domain, domain_names, rule

WRITTEN = """\
policy: 1
rules:
  - id: partner-domains
    name: Partner domains
    when:
      - {subject: email_domain, test: in_list, list: partners}
    then: {approve: {}}
  - id: norway
    name: Norway
    steps: [check_status, submit]
    when:
      - {subject: claim, name: country, test: one_of, values: [no, yes, on, 1:30, 2024-01-01, 0123, 089, "12", 12, 0x1F]}
    then: {refuse: {text: {en: "No.", de: Nein.}}}
lists:
  partners:
    name: Partners
    domains: [Fabrikam.com, "*.contoso.com", münchen.example]
"""


def test_it_reads_a_file_as_people_write_it() -> None:
    found = from_yaml(WRITTEN)
    values = found.document["rules"][1]["when"][0]["values"]
    assert values == ["no", "yes", "on", "1:30", "2024-01-01", "0123", "089", "12", 12, "0x1F"]
    assert found.lists == {
        "partners": NamedDomains("Partners", (".contoso.com", "fabrikam.com", "xn--mnchen-3ya.example"))
    }
    assert from_yaml(to_yaml(found)) == found
    assert "münchen.example" in to_yaml(found)


_named = st.builds(
    lambda name, entries: NamedDomains(name.strip(), tuple(normalise(entries))),
    st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=20).filter(str.strip),
    st.lists(st.one_of(domain_names, domain_names.map(".{}".format)), max_size=4),
)


@given(documents(), st.dictionaries(st.sampled_from(["partners", "no", "12", "a-b"]), _named, max_size=3))
def test_what_is_written_is_read_as_the_same(raw: dict[str, Any], named: dict[str, NamedDomains]) -> None:
    named = {slug: each for slug, each in named.items() if slug != "12"}
    transfer = Transfer(dump(parse(raw)), named)
    assert from_yaml(to_yaml(transfer)) == transfer


@given(st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=12).filter(str.strip))
def test_a_text_stays_a_text(text: str) -> None:
    raw = document(rule("a", "approve", claim(EXTENSION, "equals", value=text)))
    written = Transfer(dump(parse(raw)))
    assert from_yaml(to_yaml(written)) == written


LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(9)
)
HOSTILE = {
    "aliases": LAUGHS,
    "anchor": "policy: &one 1",
    "merge": "base: &b {policy: 1}\n<<: *b",
    "python": "!!python/object/apply:os.system ['true']",
    "tag": "policy: !!int 1",
    "sexagesimal": "policy: !!int 1" + ":1" * 400_000,
    "deep": "policy: " + "[" * 100_000,
    "deep blocks": "\n".join(" " * n + "a:" for n in range(500)),
    "twice": "policy: 1\npolicy: 1\nrules: []",
    "twice among many": "\n".join(f"k{n}: 1" for n in range(2000)) + "\nk1999: 1",
    "two documents": "policy: 1\n---\npolicy: 1",
    "complex key": "? [policy]\n: 1",
    "large": "# " + "x" * LARGEST_FILE,
    "nul": "policy: \0",
    "surrogate": "policy: \ud800",
    "digits": "policy: " + "9" * 5000,
    "empty": "",
    "text": "policy",
    "unclosed": "policy: [",
    "tab": "policy:\n\t- 1",
    "no rules": "policy: 1",
    "lists": "policy: 1\nrules: []\nlists: 5",
    "list": "policy: 1\nrules: []\nlists: {a: [x.example]}",
    "list slug": "policy: 1\nrules: []\nlists: {A B: {name: x, domains: []}}",
    "list domains": "policy: 1\nrules: []\nlists: {a: {name: x, domains: [a b]}}",
    "list name": "policy: 1\nrules: []\nlists: {a: {domains: []}}",
    "list number": "policy: 1\nrules: []\nlists: {1: {name: x, domains: []}}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_it_refuses_what_is_no_policy_in_one_line_and_little_time(name: str) -> None:
    began = time.thread_time()
    with pytest.raises(PolicyError) as refused:
        from_yaml(HOSTILE[name])
    assert time.thread_time() - began < 5
    assert len(str(refused.value)) < 1000


def test_it_says_in_which_line() -> None:
    with pytest.raises(PolicyError, match="line 1: “policy” is there twice"):
        from_yaml(HOSTILE["twice"])


def test_it_tells_of_rules_and_lists_at_once() -> None:
    with pytest.raises(PolicyError) as refused:
        from_yaml("policy: 1\nrules: [{id: a, name: A, then: {let_in: {}}}]\nlists: {b: {name: '', domains: [a b]}}")
    assert [each.field for each in refused.value.problems] == ["then", "lists.b.name", "lists.b.domains"]


# --- The command ---------------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with the policy above."""
    path = tmp_path / "policy.yaml"
    path.write_text(WRITTEN, encoding="utf-8")
    return path


def test_with_a_base_it_replaces_that_version_only(flow: UserFlow, admin: User) -> None:
    text = to_yaml(Transfer(document(rule("b", "approve"))))
    publish(flow, document(rule("a", "approve")), base=0, actor=admin)
    with pytest.raises(PolicyChanged):
        import_policy(flow, text, actor=admin, base=0)
    assert import_policy(flow, text, actor=admin, base=1).number == 2
    assert import_policy(flow, text, actor=admin, base=1).number == 2


def test_it_imports_and_exports(flow: UserFlow, admin: User, file: Path, tmp_path: Path) -> None:
    assert run("policy", "import", "partners", "--file", str(file), "--by", "admin", "--comment", "Go.") == (
        "partners: version 1\n"
    )
    version = PolicyVersion.objects.get()
    assert (version.author, version.comment) == (admin, "Go.")
    assert DomainList.objects.get().domains[0] == ".contoso.com"
    assert AuditEvent.objects.filter(action__startswith="policy.", actor=admin).count() == 2
    printed = run("policy", "export", "partners")
    run("policy", "export", "partners", "--file", str(tmp_path / "out.yaml"))
    assert (tmp_path / "out.yaml").read_text(encoding="utf-8") == printed
    assert from_yaml(printed) == from_yaml(WRITTEN)
    assert yaml.safe_load(printed)["policy"] == 1


def test_the_same_file_again_changes_nothing(flow: UserFlow, file: Path) -> None:
    run("policy", "import", "partners", "--file", str(file))
    assert run("policy", "import", "partners", "--file", str(file)) == "partners: version 1 (unchanged)\n"
    assert AuditEvent.objects.filter(action__startswith="policy.").count() == 2


def test_it_carries_a_policy_to_another_flow(flow: UserFlow, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_flow("suppliers")
    run("policy", "import", "partners", "--file", str(file))
    monkeypatch.setattr(sys, "stdin", io.StringIO(run("policy", "export", "partners")))
    assert run("policy", "import", "suppliers", "--file", "-") == "suppliers: version 1\n"
    assert run("policy", "export", "suppliers") == run("policy", "export", "partners")


def test_it_shows_the_rules_in_plain_words(flow: UserFlow, file: Path) -> None:
    run("policy", "import", "partners", "--file", str(file))
    assert run("policy", "show", "partners").splitlines()[0] == (
        "Partner domains: If the email domain is on the list “partners”: approve at once."
    )


def test_it_checks_a_file_and_changes_nothing(db: None, file: Path) -> None:
    assert run("policy", "check", "--file", str(file)) == "2 rules, 1 lists: nothing to mend.\n"
    assert not PolicyVersion.objects.exists()
    file.write_text(WRITTEN.replace("approve", "let_in"))
    assert "rule 1 (partner-domains), then" in refusal("policy", "check", "--file", str(file))


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ((), "export|import|show|check"),
        (("delete", "partners"), "delete"),
        (("export", "nobody"), "no user flow “nobody”"),
        (("export", "partners"), "has no policy"),
        (("show", "partners"), "no policy"),
        (("import", "partners"), "--file"),
        (("import", "partners", "--file", "/nowhere"), "cannot be read"),
        (("import", "partners", "--file", "."), "cannot be read"),
        (("import", "partners", "--file", "FILE", "--by", "nobody"), "nobody with the user name"),
        (("import", "partners", "--file", "FILE", "--by", "anna"), "Only an administrator"),
        (("import", "partners", "--file", "FILE", "--comment", "x" * 301), "300"),
        (("import", "partners", "--file", "BINARY"), "UTF-8"),
    ],
)
def test_it_refuses_in_one_line(flow: UserFlow, anna: User, file: Path, argv: tuple[str, ...], words: str) -> None:
    binary = file.with_name("binary")
    binary.write_bytes(b"\xff\xfe")
    named = {"FILE": str(file), "BINARY": str(binary)}
    assert words in refusal("policy", *(named.get(each, each) for each in argv))
    assert not PolicyVersion.objects.exists()
    assert not DomainList.objects.exists()


def test_a_refused_policy_leaves_the_lists_alone(flow: UserFlow, file: Path) -> None:
    save_list("partners", "Partners", ["old.example"], base_version=0, actor=None)
    file.write_text(WRITTEN.replace("list: partners", "list: missing"), encoding="utf-8")
    assert "no list “missing”" in refusal("policy", "import", "partners", "--file", str(file))
    assert DomainList.objects.get().domains == ["old.example"]


def test_it_cannot_write_everywhere(flow: UserFlow) -> None:
    publish(flow, document(rule("a", "approve", domain("x.example"))), base=0, actor=None)
    assert "cannot be written" in refusal("policy", "export", "partners", "--file", "/nowhere/policy.yaml")
