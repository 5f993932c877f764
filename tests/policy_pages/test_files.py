"""A policy as a file on pages: downloaded, looked at before it is in force, and put in force."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from approvals.models import DomainList, PolicyVersion, UserFlow
from approvals.policy import transfer
from approvals.policy.lists import save_list
from tests.policy.making import domain, rule
from tests.policy_pages.conftest import at, rules_now

LISTED = {"subject": "email_domain", "test": "in_list", "list": "partners"}
FILE = """policy: 1
rules:
  - id: partners
    name: Partners
    when: [{subject: email_domain, test: in_list, list: partners}]
    then: {approve: {}}
lists:
  partners: {name: Partners, domains: [fabrikam.com, contoso.example]}
"""


def send(browser: Client, deed: str, *, base: int = 0, **fields: Any) -> Any:
    return browser.post(at("policy-file"), {"base": base, "deed": deed, **fields})


def upload(content: bytes, name: str = "policy.yaml") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_it_downloads_the_policy_with_its_lists(annas: Client, admin, published) -> None:
    save_list("partners", "Partners", ["fabrikam.com", "xn--mnchen-3ya.example"], base_version=0, actor=admin)
    published(rule("a", "approve", LISTED))
    response = annas.get(at("policy-yaml"))
    assert response["Content-Type"] == "application/yaml; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="partners-policy-1.yaml"'
    found = transfer.from_yaml(response.content.decode())
    assert [each["id"] for each in found.document["rules"]] == ["a"]
    assert "münchen.example" in response.content.decode()


def test_there_is_nothing_to_download_without_a_policy(annas: Client, flow: UserFlow) -> None:
    response = annas.get(at("policy-yaml"))
    assert response.status_code == 404
    assert "This user flow has no policy." in response.content.decode()


@pytest.mark.parametrize("how", ["text", "file"])
def test_it_shows_what_a_file_would_change_before_it_is_in_force(admins: Client, published, admin, how: str) -> None:
    save_list("partners", "Partners", ["fabrikam.com", "old.example"], base_version=0, actor=admin)
    published(rule("a", "approve"))
    sent = {"text": FILE} if how == "text" else {"file": upload(b"\xef\xbb\xbf" + FILE.encode())}
    response = send(admins, "check", base=1, comment="From test.", **sent)
    page = response.content.decode()
    assert response.status_code == 200
    assert "1 rule, nothing to mend." in page
    assert "Added: Partners." in page
    assert "Removed: A." in page
    assert "List Partners (partners): 1 added, 1 removed" in page
    assert "id: partners" in page
    assert 'value="From test."' in page
    assert "Put in force" in page
    assert PolicyVersion.objects.count() == 1


def test_it_puts_a_file_in_force_with_its_lists(admins: Client, flow: UserFlow) -> None:
    response = send(admins, "import", text=FILE, comment="From test.")
    assert response.status_code == 302
    assert [each["id"] for each in rules_now(flow)] == ["partners"]
    assert DomainList.objects.get(slug="partners").domains == ["contoso.example", "fabrikam.com"]
    assert PolicyVersion.objects.get(flow=flow).comment == "From test."
    assert send(admins, "import", text=FILE).status_code == 302
    assert PolicyVersion.objects.count() == 1


def test_what_was_exported_can_be_imported(admins: Client, flow: UserFlow, published) -> None:
    published(
        rule("a", "approve", domain("münchen.example")), rule("b", {"refuse": {"text": {"en": "No.", "de": "Nein."}}})
    )
    written = admins.get(at("policy-yaml")).content
    before = rules_now(flow)
    published()
    assert send(admins, "import", base=2, file=upload(written)).status_code == 302
    assert rules_now(flow) == before


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("rules: [", "This is no YAML that can be read"),
        ("just words", "This is no policy"),
        ("policy: 2\nrules: []", "this must be 1"),
        ("policy: 1\nrules: [{id: A B, name: x, then: {explode: {}}}]", "rule 1"),
        (FILE.replace("contoso.example", "'no domain!'"), "These are no domains"),
        ("policy: 1\nrules: &a []\nlists: *a", "references and tags are not possible here"),
        ("policy: 1\nrules: []\n" + "x: [" * 50, "This is no YAML"),
    ],
)
def test_it_says_what_is_wrong_with_a_file_and_keeps_it(admins: Client, text: str, sentence: str) -> None:
    for deed in ("check", "import"):
        response = send(admins, deed, text=text)
        page = response.content.decode()
        assert response.status_code == 400
        assert "There is something to mend" in page
        assert sentence in page
        assert text.split("\n")[0].replace("&", "&amp;") in page
        assert "Put in force" not in page
    assert PolicyVersion.objects.count() == 0


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Please choose a file, or paste its text."),
        ({"text": "   "}, "Please choose a file, or paste its text."),
        ({"text": "a\0b"}, "Null characters are not allowed."),
        ({"file": b"\xff\xfe\x00"}, "This file is not in UTF-8."),
        ({"file": b"x" * (transfer.LARGEST_FILE + 1)}, "This file is too large."),
        ({"file": b""}, "The submitted file is empty."),
        ({"text": FILE, "comment": "x" * 301}, "at most 300 characters"),
    ],
)
def test_it_says_what_is_wrong_with_what_was_sent(admins: Client, fields: dict[str, Any], sentence: str) -> None:
    sent: dict[str, Any] = {
        name: upload(value) if isinstance(value, bytes) else value for name, value in fields.items()
    }
    response = send(admins, "check", **sent)
    assert response.status_code == 400
    assert sentence in response.content.decode()


def test_bytes_that_are_no_text_are_no_error_page(admins: Client) -> None:
    for content in (b"\x00\x01\x02", b"\x1b[31m", b"!!python/object:os.system {}", bytes(range(1, 127)) * 900):
        assert send(admins, "import", file=upload(content)).status_code == 400


def test_who_comes_second_keeps_the_text(admins: Client, flow: UserFlow, published) -> None:
    published(rule("a", "approve"))
    published(rule("b", "approve"))
    response = send(admins, "import", base=1, text=FILE, comment="Mine.")
    page = response.content.decode()
    assert response.status_code == 409
    assert "The policy has changed since you opened it" in page
    assert "id: partners" in page
    assert 'value="Mine."' in page
    assert 'name="base" value="2"' in page
    assert "Removed: B." in page
    assert [each["id"] for each in rules_now(flow)] == ["b"]
    assert not DomainList.objects.exists()
    assert send(admins, "import", base=2, text=FILE).status_code == 302
