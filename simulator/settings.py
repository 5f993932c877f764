"""What the simulator is told through the environment; every variable has a default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple


class Variable(NamedTuple):
    """One environment variable as `--help` lists it."""

    name: str
    default: str
    meaning: str


VARIABLES = (
    Variable("SIMULATOR_PORT", "8400", "pages over plain HTTP; https is the next port, SMTP the one after"),
    Variable("SIMULATOR_HOST", "127.0.0.1", "address to listen on"),
    Variable("SIMULATOR_STATE", "var/simulator", "folder of the certificate authority, the directory and the inbox"),
    Variable("SIMULATOR_FLOWS", "", "JSON file with product_url and flows (default: flows.json in the state folder)"),
    Variable("SIMULATOR_TENANT_ID", "5f1c2d3e-4a5b-4c6d-8e7f-90a1b2c3d4e5", "tenant id, a GUID"),
    Variable("SIMULATOR_TENANT_DOMAIN", "contoso.onmicrosoft.com", "the tenant's verified domain"),
    Variable("SIMULATOR_CLIENT_ID", "0b9d8c7e-6f5a-4e4d-9c3b-2a1f0e9d8c7b", "app registration of the product, a GUID"),
    Variable("SIMULATOR_CLIENT_SECRET", "demo~client~secret~of~the~simulator", "its client secret"),
    Variable("SIMULATOR_CLIENT_CERTIFICATE", "", "PEM file with certificates it may sign in with instead"),
    Variable(
        "SIMULATOR_PERMISSIONS",
        "User.Invite.All User.ReadWrite.All GroupMember.ReadWrite.All Organization.Read.All Policy.Read.All",
        "application permissions an administrator has consented to",
    ),
    Variable("SIMULATOR_EXTENSIONS_APP_ID", "831374b3bd5041bfaa54263ec9e050fc", "prefix of custom attributes, 32 hex"),
    Variable("SIMULATOR_IDOLOGY_USERNAME", "contoso", "user name at the stand-in of IDology ExpectID"),
    Variable("SIMULATOR_IDOLOGY_PASSWORD", "demo~password~of~idology", "its password"),
    Variable("SIMULATOR_CROSSCORE_TENANT", "contoso", "tenant id at the stand-in of Experian CrossCore"),
    Variable(
        "SIMULATOR_CROSSCORE_SIGNATURE_KEY", "demo~signature~key~of~crosscore", "the key that requests are signed with"
    ),
    Variable("SIMULATOR_NAMES", "", "further host names for the certificate, separated by spaces"),
    Variable("SIMULATOR_PAGES_URL", "", "address of the pages as others see it (default: http://HOST:PORT)"),
    Variable("SIMULATOR_CONNECTOR_TIMEOUT", "20", "seconds to wait for an API connector before the one retry"),
    Variable(
        "SIMULATOR_WRITES_PER_WINDOW", "3000", "writes that Graph allows the application in a window; 0: no limit"
    ),
    Variable("SIMULATOR_WINDOW_SECONDS", "150", "seconds of that window"),
    Variable("SIMULATOR_LATENCY", "0", "seconds that Graph takes for a read, more or less; a write takes three times"),
)


@dataclass(frozen=True)
class Settings:
    """The environment, parsed."""

    port: int
    host: str
    state: Path
    flows: Path
    tenant_id: str
    tenant_domain: str
    client_id: str
    client_secret: str
    client_certificate: Path | None
    permissions: frozenset[str]
    extensions_app_id: str
    idology_username: str
    idology_password: str
    crosscore_tenant: str
    crosscore_signature_key: str
    names: tuple[str, ...]
    pages_url: str
    connector_timeout: float
    writes_per_window: float
    window_seconds: float
    latency: float

    @property
    def https_port(self) -> int:
        """Where sign-in and Graph listen."""
        return self.port + 1

    @property
    def smtp_port(self) -> int:
        """Where mail is received."""
        return self.port + 2


def read_settings(environ: Mapping[str, str]) -> Settings:
    """The settings in `environ`; ValueError names the variable that cannot be read."""
    values = {each.name: environ.get(each.name) or each.default for each in VARIABLES}

    def text(name: str) -> str:
        return values[f"SIMULATOR_{name}"]

    state = Path(text("STATE"))
    port = _number(values, "SIMULATOR_PORT")
    host = text("HOST")
    return Settings(
        port=int(port),
        host=host,
        state=state,
        flows=Path(text("FLOWS") or state / "flows.json"),
        tenant_id=text("TENANT_ID").lower(),
        tenant_domain=text("TENANT_DOMAIN").lower(),
        client_id=text("CLIENT_ID").lower(),
        client_secret=text("CLIENT_SECRET"),
        client_certificate=Path(text("CLIENT_CERTIFICATE")) if text("CLIENT_CERTIFICATE") else None,
        permissions=frozenset(text("PERMISSIONS").split()),
        extensions_app_id=text("EXTENSIONS_APP_ID").replace("-", ""),
        idology_username=text("IDOLOGY_USERNAME"),
        idology_password=text("IDOLOGY_PASSWORD"),
        crosscore_tenant=text("CROSSCORE_TENANT"),
        crosscore_signature_key=text("CROSSCORE_SIGNATURE_KEY"),
        names=tuple(text("NAMES").split()),
        pages_url=(text("PAGES_URL") or f"http://{_reachable(host)}:{int(port)}").rstrip("/"),
        connector_timeout=_number(values, "SIMULATOR_CONNECTOR_TIMEOUT"),
        writes_per_window=_number(values, "SIMULATOR_WRITES_PER_WINDOW"),
        window_seconds=_number(values, "SIMULATOR_WINDOW_SECONDS", above=0),
        latency=_number(values, "SIMULATOR_LATENCY"),
    )


def _number(values: Mapping[str, str], name: str, *, above: float = -1) -> float:
    try:
        number = float(values[name])
    except ValueError:
        raise ValueError(f"{name} must be a number") from None
    if number <= above:
        raise ValueError(f"{name} must be more than {above:g}")
    return number


def _reachable(host: str) -> str:
    # Listening on every address is not an address that a browser can open.
    return "127.0.0.1" if host in {"0.0.0.0", "::", ""} else host  # noqa: S104
