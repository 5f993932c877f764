"""Setting up a flow's verification service from the command line. No secret stands in the command or comes out of it."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import pytest

from approvals.models import AuditEvent, UserFlow
from connector.models import VerificationService
from tests.commands.running import refusal, run, run_json

SECRET = "a-secret-of-the-vendor"


@pytest.fixture
def password(tmp_path: Path) -> str:
    """What names the file with the password."""
    file = tmp_path / "password"
    file.write_text(f"{SECRET}\n")
    return f"password=@{file}"


def set_up(password: str, *more: str) -> str:
    return run("verification", "partners", "--kind", "idology", "--set", "username=foyer", "--set", password, *more)


def test_it_sets_up_a_service_and_shows_it_without_its_secret(flow: UserFlow, password: str) -> None:
    said = set_up(password, "--mode", "later", "--on-failed", "correct", "--tries", "2", "--budget-seconds", "6")
    service = VerificationService.objects.get()
    assert (service.kind, service.mode, service.on_failed) == ("idology", "later", "correct")
    assert (service.tries, service.budget_seconds, service.settings()["password"]) == (2, 6, SECRET)
    assert "password: (set)" in said
    assert SECRET not in said
    assert run("verification", "partners") == said
    assert AuditEvent.objects.get(action="verification.changed").flow == flow


def test_it_shows_it_for_programs(flow: UserFlow, password: str) -> None:
    set_up(password)
    assert run_json("verification", "partners") == {
        "kind": "idology",
        "mode": "during",
        "on_failed": "review",
        "tries": 3,
        "budget_seconds": 8,
        "settings": {
            "url": "https://web.idologylive.com/api/idiq.svc",
            "username": "foyer",
            "password": "(set)",
            "ca_certificates": "",
        },
    }


def test_it_changes_what_is_named_and_leaves_the_rest(flow: UserFlow, password: str) -> None:
    set_up(password)
    run("verification", "partners", "--set", "username=other", "--tries", "5")
    service = VerificationService.objects.get()
    assert (service.settings()["username"], service.settings()["password"], service.tries) == ("other", SECRET, 5)


def test_it_reads_a_secret_from_standard_input(flow: UserFlow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{SECRET}\n"))
    set_up("password=-")
    assert VerificationService.objects.get().settings()["password"] == SECRET


def test_it_reads_certificates_from_files(
    flow: UserFlow, password: str, tmp_path: Path, experian: dict[str, str]
) -> None:
    typed = []
    for name, value in experian.items():
        (tmp_path / name).write_text(value)
        typed += ["--set", f"{name}=@{tmp_path / name}"]
    said = run("verification", "partners", "--kind", "experian", *typed)
    assert "client key: (set)" in said
    assert "PRIVATE KEY" not in said
    assert VerificationService.objects.get().settings()["client_key"] == experian["client_key"].strip()


def test_it_seals_anew_so_that_the_former_key_may_go(flow: UserFlow, password: str, settings: Any) -> None:
    set_up(password)
    former = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another-secret-key-0123456789-abcdefgh", [former]
    assert "present SECRET_KEY" in run("verification", "partners", "--seal-anew")
    settings.SECRET_KEY_FALLBACKS = []
    assert VerificationService.objects.get().settings()["password"] == SECRET
    settings.SECRET_KEY = former
    assert "SECRET_KEY_FALLBACKS" in refusal("verification", "partners", "--seal-anew")


def test_it_switches_off(flow: UserFlow, password: str) -> None:
    set_up(password)
    assert "Nobody is verified" in run("verification", "partners", "--off")
    assert not VerificationService.objects.exists()
    assert "no verification service" in refusal("verification", "partners", "--off")
    assert "no verification service" in refusal("verification", "partners")


@pytest.mark.parametrize(
    ("argv", "word"),
    [
        (("lost",), "lost"),
        (("partners", "--tries", "2"), "--kind"),
        (("partners", "--kind", "onfido"), "idology, experian"),
        (("partners", "--kind", "idology"), "username"),
        (("partners", "--kind", "idology", "--set", f"password={SECRET}"), "password=@FILE"),
        (("partners", "--kind", "idology", "--set", "password"), "NAME=VALUE"),
        (("partners", "--kind", "idology", "--set", "password=@/nowhere"), "password"),
        (("partners", "--kind", "idology", "--set", "api_key=x"), "api_key"),
        (("partners", "--kind", "idology", "--set", "username=-", "--set", "password=-"), "only one"),
        (("partners", "--kind", "idology", "--off"), "--off"),
        (("partners", "--off", "--seal-anew"), "--seal-anew"),
        (("partners", "--seal-anew"), "no verification service"),
        (("partners", "--kind", "idology", "--mode", "sometimes"), "--mode"),
        (("partners", "--kind", "idology", "--tries", "many"), "--tries"),
    ],
)
def test_it_refuses_what_cannot_be(flow: UserFlow, argv: tuple[str, ...], word: str) -> None:
    said = refusal("verification", *argv)
    assert word in said
    assert SECRET not in said
    assert not VerificationService.objects.exists()


def test_it_refuses_a_file_that_is_no_text(flow: UserFlow, tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\xff")
    said = refusal("verification", "partners", "--kind", "idology", "--set", f"password=@{tmp_path / 'binary'}")
    assert "it is not text" in said


def test_it_refuses_rules_that_cannot_be(flow: UserFlow, password: str) -> None:
    for rule in (("--tries", "0"), ("--budget-seconds", "20")):
        argv = ("--kind", "idology", "--set", "username=foyer", "--set", password, *rule)
        assert rule[0].strip("-").replace("-", "_") in refusal("verification", "partners", *argv)


def test_it_says_that_settings_cannot_be_read(flow: UserFlow, password: str, settings: Any) -> None:
    set_up(password)
    settings.SECRET_KEY = "another-secret-key-0123456789-abcdefgh"
    assert "SECRET_KEY_FALLBACKS" in refusal("verification", "partners")
