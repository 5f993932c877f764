"""Foyer as an operator runs it, beside servers and a tenant of its own; nothing of it is left afterwards."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from chaos.entra import Connector
from chaos.mail_server import MailServer
from chaos.people import EXTENSIONS_APP_ID
from chaos.plan import Plan
from chaos.servers import Missing, Postgres, Redis
from chaos.supervision import Supervised, Supervisor
from tests.simulator_process import ROOT, SimulatorProcess, free_ports_in_a_row, start_simulator

WORKERS = 2
START_SECONDS = 60.0
SECRET_KEY = "only-for-chaos-0123456789-abcdefghijklmnopqrstuvwxyz-0123456789"  # noqa: S105


@dataclass
class Installation:
    """Everything that runs, and what is needed to speak to it."""

    folder: Path
    url: str
    postgres: Postgres
    redis: Redis
    mail: MailServer
    tenant: SimulatorProcess
    supervisor: Supervisor
    connectors: dict[str, Connector]
    reviewer: str
    password: str
    token: str

    @property
    def web(self) -> Supervised:
        """The web server with its two processes."""
        return self.supervisor.processes[0]

    @property
    def workers(self) -> list[Supervised]:
        """The two workers."""
        return self.supervisor.processes[1:]

    def replace_secret(self, secret: str) -> None:
        """What the administrator does: make a new secret in Entra and put it where Foyer reads it."""
        self.tenant.post("client-secret", {"secret": secret})
        new = self.folder / "client-secret.new"
        new.write_text(secret)
        new.replace(self.folder / "client-secret")

    def set_clock(self, ahead: float) -> None:
        """Let the clock of every process of Foyer be so many seconds ahead, from now on."""
        with (self.folder / "clock").open("r+b") as file:
            # In one piece and in place: the processes have it in memory.
            file.write(struct.pack("<q", int(ahead * 1e9)))


@contextmanager
def installation(plan: Plan) -> Iterator[Installation]:
    """Start everything and wait until it answers; end all of it, and delete its files, on the way out. Raises Missing."""
    with ExitStack() as cleaning:
        folder = Path(cleaning.enter_context(tempfile.TemporaryDirectory(prefix="foyer-chaos-")))
        # PostgreSQL runs as somebody else, who must be able to reach its folder.
        folder.chmod(0o711)
        ports = free_ports_in_a_row(4)
        postgres, redis = Postgres(folder / "postgres", ports), Redis(folder / "redis", ports + 1)
        cleaning.callback(postgres.stop)
        postgres.start()
        cleaning.callback(redis.stop)
        redis.start()
        mail = MailServer(ports + 2)
        cleaning.callback(mail.stop)
        mail.start()
        tenant = cleaning.enter_context(
            start_simulator(folder / "tenant", SIMULATOR_EXTENSIONS_APP_ID=EXTENSIONS_APP_ID)
        )
        (folder / "client-secret").write_text(tenant.client_secret)
        (folder / "clock").write_bytes(bytes(8))
        environ = _environ(plan, folder, postgres, redis, mail, tenant, ports + 3)
        told = _furnish(environ, folder / "log")
        supervisor = Supervisor()
        cleaning.callback(supervisor.stop)
        supervisor.processes.extend(_processes(environ, folder))
        mail.senders = supervisor.processes[1:]
        supervisor.start()
        url = environ["BASE_URL"]
        _wait_until_ready(url)
        connectors = _connectors(url, told["flows"])
        _tell_tenant(tenant, url, connectors)
        yield Installation(
            folder=folder,
            url=url,
            postgres=postgres,
            redis=redis,
            mail=mail,
            tenant=tenant,
            supervisor=supervisor,
            connectors=connectors,
            reviewer=told["reviewer"],
            password=told["password"],
            token=told["token"],
        )


def _environ(
    plan: Plan, folder: Path, postgres: Postgres, redis: Redis, mail: MailServer, tenant: SimulatorProcess, port: int
) -> dict[str, str]:
    """All of the product's configuration. Times are short so that a run is; each is a documented setting."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(__file__).parent / "clock"),
        "CHAOS_CLOCK": str(folder / "clock"),
        "SECRET_KEY": SECRET_KEY,
        "PORT": str(port),
        "BASE_URL": f"http://127.0.0.1:{port}",
        "STATIC_ROOT": str(folder / "static"),
        "VAR": str(folder / "var"),
        "DATABASE_URL": postgres.url,
        "REDIS_URL": redis.url,
        "EMAIL_URL": f"smtp://127.0.0.1:{mail.port}",
        "EMAIL_TIMEOUT": "3",
        "ENTRA_TENANT_ID": tenant.tenant_id,
        "ENTRA_TENANT_DOMAIN": tenant.tenant_domain,
        "ENTRA_CLIENT_ID": tenant.client_id,
        "ENTRA_CLIENT_SECRET_FILE": str(folder / "client-secret"),
        "ENTRA_LOGIN_URL": tenant.login_url,
        "GRAPH_URL": tenant.graph_url,
        "ENTRA_CA_BUNDLE": str(tenant.ca_bundle),
        "GRAPH_TIMEOUT_SECONDS": "3",
        "GRAPH_SETTLING_SECONDS": str(2 * plan.lag),
        "DECISION_HOLD_SECONDS": str(plan.hold),
        "OUTBOX_DRAIN_SECONDS": "1",
        "OUTBOX_LEASE_SECONDS": "20",
    }


def _furnish(environ: dict[str, str], log: Path) -> dict[str, Any]:
    _run(environ, log, "config.prepare")
    told: dict[str, Any] = json.loads(_run(environ, log, "chaos.furnish"))
    return told


def _run(environ: dict[str, str], log: Path, module: str) -> str:
    run = subprocess.run(
        [sys.executable, "-m", module], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    with log.open("a") as file:
        file.write(run.stderr)
    if run.returncode != 0:
        raise Missing(f"{module} failed: {run.stderr.strip().splitlines()[-1:]}")
    return run.stdout


def _processes(environ: dict[str, str], folder: Path) -> Iterator[Supervised]:
    serve = (sys.executable, "-m", "config.serve")
    yield Supervised("web", (*serve, "web"), environ, folder / "log", ROOT)
    for number in range(1, WORKERS + 1):
        # A folder of its own, as on a machine of its own.
        own = {**environ, "VAR": str(folder / f"worker-{number}")}
        yield Supervised(f"worker {number}", (*serve, "worker"), own, folder / "log", ROOT)


def _wait_until_ready(url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _is_ready(url):
        if time.monotonic() > deadline:
            raise Missing("the installation does not become ready")
        time.sleep(0.1)


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", trust_env=False, timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def _connectors(url: str, flows: dict[str, dict[str, str]]) -> dict[str, Connector]:
    return {
        slug: Connector(f"{url}/api/connectors/{slug}", issued["username"], issued["password"])
        for slug, issued in flows.items()
    }


def _tell_tenant(tenant: SimulatorProcess, url: str, connectors: dict[str, Connector]) -> None:
    flows = (
        {
            "slug": slug,
            "name": slug.capitalize(),
            "check_status_url": f"{connector.url}/check-status",
            "submit_url": f"{connector.url}/submit",
            "username": connector.username,
            "password": connector.password,
            "redirect_url": "https://app.example/",
        }
        for slug, connector in connectors.items()
    )
    tenant.set_flows(*flows, product_url=url)
