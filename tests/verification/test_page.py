"""docs/verification.md: the service that it shows works as it stands there, and its tables name what there is."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path

import pytest

from approvals.models import UserFlow
from connector.verification import registry
from connector.verification.asking import verify
from connector.verification.setting_up import configure
from simulator.vendors import answers, idology
from tests.factories import make_applicant
from tests.verification.service import Service

PAGE = (Path(__file__).parents[2] / "docs/verification.md").read_text()
MODULE, LINE = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The page's module, and its line in the registry."""
    kind, path = re.fullmatch(r'\s*"(\w+)": "([\w.]+)",\n', LINE).groups()  # type: ignore[union-attr]
    name = path.rpartition(".")[0]
    file = tmp_path / "register.py"
    file.write_text(MODULE)
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setitem(registry.VENDORS, kind, path)
    return kind


@pytest.mark.parametrize(
    ("said", "outcome", "reasons"),
    [
        ('{"works_there": "yes"}', "passed", ("yes",)),
        ('{"works_there": "no"}', "failed", ("no",)),
        ('{"works_there": "perhaps"}', "refer", ("perhaps",)),
        ('{"works_there": ["yes"]}', "refer", ()),
        ("{}", "unavailable", ("unusable_answer",)),
        ("<html/>", "unavailable", ("unusable_answer",)),
    ],
)
def test_its_service_works(
    flow: UserFlow, service: Service, registered: str, said: str, outcome: str, reasons: tuple[str, ...]
) -> None:
    settings = {"url": service.url, "token": "secret", "ca_certificates": service.authorities}
    configure(flow, registered, settings, actor=None)
    service.answers(said, content_type="application/json")
    answer = verify(flow, make_applicant(companyName="Fabrikam"))
    assert (answer.outcome, answer.reasons) == (outcome, reasons)
    (call,) = service.calls
    assert json.loads(call.body) == {"name": "John Smith", "company": "Fabrikam"}
    assert call.headers["authorization"] == "Bearer secret"


def test_its_service_asks_nobody_without_a_company(flow: UserFlow, service: Service, registered: str) -> None:
    configure(flow, registered, {"url": service.url, "token": "secret"}, actor=None)
    assert verify(flow, make_applicant()).reasons == ("missing.company",)
    assert service.calls == []


def test_it_names_every_setting() -> None:
    named = set(re.findall(r"`(\w+)`", PAGE))
    for kind, _name in registry.choices():
        missing = {field.name for field in registry.vendor(kind).fields} - named
        assert missing == set()


def test_it_names_answers_that_the_stand_ins_give() -> None:
    (line,) = re.findall(r"whose surname is (.*?) and so on", PAGE, re.DOTALL)
    words = {word.lower() for word in re.findall(r"`(\w+)`", line)}
    assert words
    assert words <= idology.ANSWERS.keys() | answers.UNWELL.keys()
