"""What is about to run: the environment of the processes, decided before anything is touched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from config.run.refusal import Refusal

LOOPBACK = "127.0.0.1"
TENANT_SETTINGS = ("ENTRA_TENANT_ID", "ENTRA_CLIENT_ID")
TENANT_SECRETS = ("ENTRA_CLIENT_SECRET", "ENTRA_CLIENT_CERTIFICATE")

# The pretend tenant's own defaults would do as well; both sides are told, so that they always agree.
PRETEND_TENANT = {
    "SIMULATOR_TENANT_ID": "5f1c2d3e-4a5b-4c6d-8e7f-90a1b2c3d4e5",
    "SIMULATOR_TENANT_DOMAIN": "contoso.onmicrosoft.com",
    "SIMULATOR_CLIENT_ID": "0b9d8c7e-6f5a-4e4d-9c3b-2a1f0e9d8c7b",
    "SIMULATOR_CLIENT_SECRET": "demo~client~secret~of~the~simulator",
    "SIMULATOR_EXTENSIONS_APP_ID": "831374b3bd5041bfaa54263ec9e050fc",
    "SIMULATOR_IDOLOGY_USERNAME": "contoso",
    "SIMULATOR_IDOLOGY_PASSWORD": "demo~password~of~idology",
    "SIMULATOR_CROSSCORE_TENANT": "contoso",
    "SIMULATOR_CROSSCORE_SIGNATURE_KEY": "demo~signature~key~of~crosscore",
}


@dataclass(frozen=True)
class Plan:
    """One run. `simulator_port` is None with a real tenant."""

    var: Path
    port: int
    simulator_port: int | None
    environ: Mapping[str, str]

    @property
    def base_url(self) -> str:
        """Where people and Entra reach the web server."""
        return self.environ["BASE_URL"].rstrip("/")

    @property
    def pages_url(self) -> str:
        """The pretend tenant's pages."""
        return f"http://{LOOPBACK}:{self.simulator_port}"

    @property
    def flows_file(self) -> Path:
        """Where the pretend tenant reads its user flows."""
        return self.var / "flows.json"

    @property
    def verification(self) -> dict[str, str]:
        """How to reach the pretend tenant's stand-ins of verification services."""
        secured, state = self.environ["GRAPH_URL"], Path(self.environ["SIMULATOR_STATE"])
        return {
            "idology_url": f"{secured}/idology/api/idiq.svc",
            "idology_username": self.environ["SIMULATOR_IDOLOGY_USERNAME"],
            "idology_password": self.environ["SIMULATOR_IDOLOGY_PASSWORD"],
            "crosscore_url": f"{secured}/crosscore/services/v0/applications/3",
            "crosscore_tenant_id": self.environ["SIMULATOR_CROSSCORE_TENANT"],
            "crosscore_signature_key": self.environ["SIMULATOR_CROSSCORE_SIGNATURE_KEY"],
            "client_certificate": str(state / "client.pem"),
            "client_key": str(state / "client-key.pem"),
        }

    @property
    def ports(self) -> list[int]:
        """Every port that will be listened on."""
        first = self.simulator_port
        return [self.port] if first is None else [self.port, first, first + 1, first + 2]


def make_plan(environ: Mapping[str, str], var: Path) -> Plan:
    """The run that the environment asks for. Raises Refusal when it contradicts itself."""
    port = _port(environ, "PORT", 8000)
    base_url = environ.get("BASE_URL") or f"http://{LOOPBACK}:{port}"
    settings = {
        **environ,
        "VAR": str(var),
        "PORT": str(port),
        "BASE_URL": base_url,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "WEB_WORKERS": environ.get("WEB_WORKERS", "1"),
        "ALLOWED_HOSTS": environ.get("ALLOWED_HOSTS") or _hosts(base_url),
    }
    if not {"SECRET_KEY", "SECRET_KEY_FILE"} & environ.keys():
        settings["SECRET_KEY_FILE"] = str(var / "secret_key")
    if _names_a_tenant(environ):
        return Plan(var, port, None, {**settings, "DEMO": "0"})
    first = _port(environ, "SIMULATOR_PORT", 8400)
    if port in range(first, first + 3):
        raise Refusal(f"PORT {port} is one of the simulator's ({first} to {first + 2}): move one of them")
    return Plan(var, port, first, {**settings, **_demonstration(environ, var, first)})


def _demonstration(environ: Mapping[str, str], var: Path, first: int) -> dict[str, str]:
    """The settings of both sides of the pretend tenant."""
    pretend = {name: environ.get(name) or default for name, default in PRETEND_TENANT.items()}
    secured = f"https://localhost:{first + 1}"
    return {
        **pretend,
        "SIMULATOR_PORT": str(first),
        "SIMULATOR_HOST": LOOPBACK,
        "SIMULATOR_STATE": str(var / "simulator"),
        "SIMULATOR_FLOWS": str(var / "flows.json"),
        "DEMO": "1",
        "SIMULATOR_URL": f"http://{LOOPBACK}:{first}",
        "ENTRA_TENANT_ID": pretend["SIMULATOR_TENANT_ID"],
        "ENTRA_TENANT_DOMAIN": pretend["SIMULATOR_TENANT_DOMAIN"],
        "ENTRA_CLIENT_ID": pretend["SIMULATOR_CLIENT_ID"],
        "ENTRA_CLIENT_SECRET": pretend["SIMULATOR_CLIENT_SECRET"],
        "ENTRA_LOGIN_URL": secured,
        "GRAPH_URL": secured,
        "ENTRA_CA_BUNDLE": str(var / "simulator" / "ca.pem"),
        "EMAIL_URL": f"smtp://{LOOPBACK}:{first + 2}",
        "DEFAULT_FROM_EMAIL": environ.get("DEFAULT_FROM_EMAIL") or "Contoso access <access@contoso.example>",
        "DECISION_HOLD_SECONDS": environ.get("DECISION_HOLD_SECONDS") or "10",
    }


def _names_a_tenant(environ: Mapping[str, str]) -> bool:
    """Whether a real tenant is configured. Raises Refusal when it is only half."""
    given = {name for name in (*TENANT_SETTINGS, *TENANT_SECRETS) if _is_given(environ, name)}
    if not given:
        return False
    missing = [name for name in TENANT_SETTINGS if name not in given]
    if not given & set(TENANT_SECRETS):
        missing.append(" or ".join(TENANT_SECRETS))
    if missing:
        raise Refusal(f"{', '.join(sorted(given))} is set, but {' and '.join(missing)} is not: a tenant needs them all")
    return True


def _is_given(environ: Mapping[str, str], name: str) -> bool:
    return bool(environ.get(name) or environ.get(f"{name}_FILE"))


def _hosts(base_url: str) -> str:
    named = urlsplit(base_url).hostname or "localhost"
    return ",".join(dict.fromkeys([named, "localhost", LOOPBACK, "[::1]"]))


def _port(environ: Mapping[str, str], name: str, default: int) -> int:
    value = environ.get(name) or str(default)
    if not value.isascii() or not value.isdigit() or not 0 < int(value) < 65534:
        raise Refusal(f"{name} must be a port number, not {value[:20]!r}")
    return int(value)
