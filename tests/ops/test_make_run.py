"""`make run` as somebody meets it who has just cloned the repository."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.ops.running import ROOT, Run, clean_environ, wait_until
from tests.simulator_process import free_ports_in_a_row

CHANGES = """
from accounts.models import User
from connector.models import ConnectorCredential
ben = User.objects.get(username="ben")
ben.set_password("mine")
ben.save()
ConnectorCredential.objects.get(flow__slug="suppliers", revoked_at=None).revoke()
"""

VERIFY = """
from approvals.applicant import Applicant
from approvals.models import UserFlow
from connector.verification.asking import verify
for surname in ("Hopper", "Refer"):
    applicant = Applicant("grace@wingtiptoys.example", attributes={"givenName": "Grace", "surname": surname})
    print(verify(UserFlow.objects.get(slug="suppliers"), applicant).outcome)
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A folder and ports for the runs of this module; the first one to start furnishes it."""
    return Run(tmp_path_factory.mktemp("run") / "var", free_ports_in_a_row(4), DECISION_HOLD_SECONDS="1")


@pytest.fixture(scope="module")
def first(house: Run) -> Iterator[Run]:
    """The first run, as long as the tests that only look need it."""
    house.start()
    yield house
    if house.is_running:
        house.end()


@pytest.fixture
def run(house: Run) -> Iterator[Run]:
    """The run that is there, or another one on the same folder, for a test that ends it."""
    if not house.is_running:
        house.start()
    yield house
    if house.is_running:
        house.end()


class TestTheFirstRun:
    """What there is once it says that it is ready."""

    def test_it_writes_down_where_everything_is(self, first: Run) -> None:
        demo = first.demo

        assert set(demo) == {"web", "flow", "connector", "people", "simulator"}
        assert set(demo["connector"]) == {"check_status_url", "submit_url", "username", "password"}
        assert all(set(person) == {"username", "password", "role"} for person in demo["people"])
        assert set(demo["simulator"]) == {
            *("pages_url", "login_url", "graph_url", "ca_bundle", "tenant_id"),
            *("client_id", "client_secret", "smtp_host", "smtp_port"),
            *("idology_url", "idology_username", "idology_password", "client_certificate", "client_key"),
            *("crosscore_url", "crosscore_tenant_id", "crosscore_signature_key"),
        }
        assert demo["web"] == first.web

    def test_it_prints_the_addresses_and_sign_ins(self, first: Run) -> None:
        shown = [first.demo["web"], first.demo["simulator"]["pages_url"]]
        shown += [person[key] for person in first.demo["people"] for key in ("username", "password")]

        assert [each for each in shown if each not in first.words] == []

    def test_it_keeps_its_folder_and_secrets_from_others(self, first: Run) -> None:
        secret = ["secret_key", "env", "demo.json", "flows.json"]

        assert mode(first.var) == 0o700
        assert {name: mode(first.var / name) for name in secret} == dict.fromkeys(secret, 0o600)

    def test_it_is_ready(self, first: Run) -> None:
        assert first.get("/readyz").json() == {"status": "ok", "database": "ok", "broker": "ok", "worker": "ok"}

    def test_it_lets_everybody_sign_in(self, first: Run) -> None:
        assert [sign_in(first, person) for person in first.demo["people"]] == [200, 200, 200]

    def test_it_lets_entra_in(self, first: Run) -> None:
        answer = sign_up(first, "grace.hopper@wingtiptoys.example", step="check-status")

        assert answer["check_status"]["status"] == 200
        assert answer["check_status"]["json"]["action"] == "Continue"

    def test_it_recognises_somebody_from_the_demonstration(self, first: Run) -> None:
        answer = sign_up(first, "yusuf.hassan@margiestravel.example", step="check-status")
        waiting = sign_up(first, "noa.benami@southridgevideo.example", step="check-status")

        assert answer["outcome"] == "signed-in"
        assert waiting["check_status"]["json"]["action"] == "ShowBlockPage"

    def test_it_has_forty_requests_in_every_state(self, first: Run) -> None:
        requests = json.loads(first.manage("requests", "--json"))

        states = Counter((each["status"], each["delivery"]) for each in requests)
        assert sum(states.values()) >= 40
        assert {("pending", "none"), ("denied", "none"), ("approved", "queued")} < set(states)
        assert {("approved", "done"), ("approved", "failed")} < set(states)
        assert {each["flow"] for each in requests} == {"partners", "suppliers"}

    def test_it_has_put_the_guests_into_the_directory(self, first: Run) -> None:
        directory = httpx.get(f"{first.demo['simulator']['pages_url']}/control/directory", trust_env=False).json()

        delivered = {each["guest_id"] for each in json.loads(first.manage("requests", "--json")) if each["guest_id"]}
        assert len(delivered) > 10
        assert delivered <= {user["id"] for user in directory["users"]}

    def test_it_has_a_flow_that_verifies_its_applicants(self, first: Run) -> None:
        service = json.loads(first.manage("verification", "suppliers", "--json"))

        assert (service["kind"], service["on_failed"]) == ("experian", "correct")
        assert service["settings"]["url"] == first.demo["simulator"]["crosscore_url"]
        assert first.manage("shell", "--no-imports", "-c", VERIFY).split() == ["passed", "refer"]

    def test_it_lets_the_ordinary_applicant_of_the_default_flow_wait_for_a_person(self, first: Run) -> None:
        told = sign_up(first, "linnea@fjordline.example", claims={"givenName": "Linnea", "surname": "Aas"})

        assert (told["outcome"], told["submit"]["json"]["action"]) == ("blocked", "ShowBlockPage")
        assert "waiting for approval" in told["message"]

    def test_it_shows_what_a_policy_does(self, first: Run) -> None:
        refused = sign_up(first, "somebody@mailinator.com", claims={"surname": "Hopper"})
        prefilled = sign_up(first, "max@alfreds.example", step="check-status", ui_locales="de")

        assert refused["message"] == "Please sign up with your address at work. partner-access@contoso.example"
        assert prefilled["check_status"]["json"]["country"] == "Germany"
        states = {each["email"]: each for each in json.loads(first.manage("requests", "--json"))}
        assert states["somebody@mailinator.com"]["status"] == "denied"
        assert states["somebody@mailinator.com"]["decided_by_policy"] is True
        assert "Verified suppliers" in first.manage("policy", "show", "suppliers")

    @pytest.mark.parametrize(
        ("surname", "outcome", "status"),
        [("Hopper", "signed-in", "approved"), ("Fail", "validation-error", None), ("Refer", "blocked", "pending")],
    )
    def test_it_verifies_suppliers(self, surname: str, outcome: str, status: str | None, first: Run) -> None:
        email = f"grace.{surname.lower()}@lagosworks.example"
        told = sign_up(first, email, flow="suppliers", claims={"givenName": "Grace", "surname": surname})

        assert told["outcome"] == outcome, told
        found = [each["status"] for each in json.loads(first.manage("requests", "--email", email, "--json"))]
        assert found == ([status] if status else [])

    def test_it_asks_suppliers_for_what_they_are_verified_by(self, first: Run) -> None:
        asked = {slug: flow["attributes"] for slug, flow in first.flows.items()}

        assert {"streetAddress", "postalCode", "city"} < set(asked["suppliers"])
        assert "streetAddress" not in asked["partners"]

    def test_it_has_no_work_left_over_from_the_past(self, first: Run) -> None:
        # Looks into the tenant of today are made by the workers of today.
        code = "from approvals.models import OutboxEntry; print(OutboxEntry.objects.queued().count())"

        wait_until(lambda: first.manage("shell", "--no-imports", "-c", code).strip() == "0")

    def test_it_knows_what_approving_would_do(self, first: Run) -> None:
        code = (
            "from approvals.models import SignUpRequest as R; "
            "print({r.forecast.code for r in R.objects.filter(status='pending', flow__provisioning='graph')})"
        )

        assert "will_create" in first.manage("shell", "--no-imports", "-c", code)

    def test_it_refuses_a_second_run_on_the_same_folder(self, first: Run) -> None:
        code, said = refused(first.environ)

        assert code == 1
        assert said == f"foyer: already running on {first.var} (process {first.process.pid})\n"


class TestTheEnd:
    """However a run ends, nothing of it stays."""

    def test_it_goes_on_with_what_people_did(self, run: Run) -> None:
        assert len(run.processes()) >= 4
        run.manage("shell", "--no-imports", "-c", CHANGES)
        before = run.demo, run.flows, requests_by_reference(run)

        code = run.end(signal.SIGTERM)

        assert (code, run.processes()) == (0, {})
        run.start()
        assert run.demo["connector"] == before[0]["connector"]
        assert requests_by_reference(run) == before[2]
        # The password that somebody changed is not told; the credential that somebody revoked is replaced.
        assert [person["username"] for person in run.demo["people"]] == ["admin", "anna"]
        assert run.flows["suppliers"]["username"] != before[1]["suppliers"]["username"]
        for flow in ("partners", "suppliers"):
            answer = sign_up(run, "new@wingtiptoys.example", flow=flow, step="check-status")
            assert answer["check_status"]["status"] == 200

    def test_it_leaves_nothing_behind_when_its_terminal_is_closed(self, run: Run) -> None:
        assert run.end(signal.SIGHUP) == 0
        assert run.processes() == {}

    def test_it_ends_when_one_process_dies(self, run: Run) -> None:
        os.kill(run.process_of("celery"), signal.SIGKILL)

        assert run.process.wait(60) == 1
        assert "the worker ended by itself (exit code -9)" in run.words
        assert run.processes() == {}

    def test_it_leaves_nothing_behind_when_it_is_killed(self, run: Run) -> None:
        run.end(signal.SIGKILL)

        wait_until(lambda: not run.processes())

    def test_it_can_be_stopped_before_it_is_ready(self, house: Run) -> None:
        house.launch()
        wait_until(lambda: len(house.processes()) > 1)

        assert house.end(signal.SIGINT) == 0
        assert house.processes() == {}
        assert "is ready" not in house.words


class TestRefusals:
    """What stands in the way is said in one line."""

    def test_it_says_that_a_port_is_busy(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as busy:
            port = busy.getsockname()[1]
            code, said = refused(clean_environ(VAR=str(tmp_path), PORT=str(port), SIMULATOR_PORT="19400"))

        assert (code, said) == (1, f"foyer: port {port} is in use: stop what uses it, or set PORT\n")

    def test_it_says_that_a_port_of_the_simulator_is_busy(self, tmp_path: Path) -> None:
        first = free_ports_in_a_row(4)
        with socket.create_server(("127.0.0.1", first + 3)):
            environ = clean_environ(VAR=str(tmp_path), PORT=str(first), SIMULATOR_PORT=str(first + 1))
            code, said = refused(environ)

        assert code == 1
        assert said == f"foyer: port {first + 3} is in use: stop what uses it, or set SIMULATOR_PORT\n"

    def test_it_says_that_a_setting_cannot_be_used(self, tmp_path: Path) -> None:
        ports = {"PORT": str(port := free_ports_in_a_row(4)), "SIMULATOR_PORT": str(port + 1)}
        code, said = refused(clean_environ(VAR=str(tmp_path), **ports, ENTRA_CLOUD="mars"))

        assert code == 1
        assert re.fullmatch(r"foyer: .*ENTRA_CLOUD.*\n", said)

    def test_it_says_that_the_database_is_away(self, tmp_path: Path) -> None:
        port = free_ports_in_a_row(4)
        environ = clean_environ(
            VAR=str(tmp_path),
            PORT=str(port),
            SIMULATOR_PORT=str(port + 1),
            DATABASE_URL=f"postgres://foyer@127.0.0.1:{free_ports_in_a_row(1)}/foyer",
        )

        code, said = refused(environ)

        assert code == 1
        assert said.startswith("foyer: the database cannot be used: ")
        assert said.count("\n") == 1


def refused(environ: dict[str, str]) -> tuple[int, str]:
    """The exit code and the words of a run that should not start."""
    command = [sys.executable, "-m", "config.run"]
    finished = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False)
    return finished.returncode, finished.stderr


def mode(path: Path) -> int:
    """Who may do what with a file."""
    return stat.S_IMODE(path.stat().st_mode)


def sign_up(run: Run, email: str, **options: Any) -> Any:
    """What the connector tells the pretend tenant about somebody who signs in with Google."""
    body = {"flow": run.demo["flow"], "provider": "google", "email": email, "ui_locales": "en-US", **options}
    answer = httpx.post(f"{run.demo['simulator']['pages_url']}/control/signup", json=body, trust_env=False, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()


def sign_in(run: Run, person: dict[str, str]) -> int:
    """The status of the page that somebody gets who signs in at the web server's door."""
    with httpx.Client(base_url=run.web, trust_env=False, follow_redirects=True, timeout=20) as browser:
        page = browser.get("/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token, page.text
        form = {"csrfmiddlewaretoken": token[1], "username": person["username"], "password": person["password"]}
        answer = browser.post(str(page.url), data=form, headers={"Referer": str(page.url)})
    assert "csrfmiddlewaretoken" in answer.text
    assert 'name="password"' not in answer.text
    return answer.status_code


def requests_by_reference(run: Run) -> dict[str, Any]:
    """All requests, as a command lists them."""
    return {each["reference"]: each for each in json.loads(run.manage("requests", "--json"))}
