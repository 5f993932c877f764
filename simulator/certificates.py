"""A certificate authority of our own, because msal only talks https; it survives restarts."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import trustme


class ServerCertificate(NamedTuple):
    """Paths of the PEM files that the https listener is started with."""

    chain: Path
    key: Path


def issue_server_certificate(folder: Path, names: tuple[str, ...]) -> ServerCertificate:
    """Write `ca.pem` (kept when there) and a fresh certificate for `names`, all in `folder`."""
    leaf = _authority(folder).issue_cert(*names)
    issued = ServerCertificate(folder / "server.pem", folder / "server-key.pem")
    issued.chain.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
    write_private(issued.key, leaf.private_key_pem.bytes())
    return issued


def issue_client_certificate(folder: Path) -> None:
    """Write `client.pem` and `client-key.pem`, which the verification service asks for; kept when they are there."""
    chain, key = folder / "client.pem", folder / "client-key.pem"
    if chain.exists() and key.exists():
        return
    leaf = _authority(folder).issue_cert("foyer.contoso.example")
    write_private(key, leaf.private_key_pem.bytes())
    chain.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))


def write_private(path: Path, content: bytes) -> None:
    """Write a key so that nobody but its owner can read it, not even for a moment."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_bytes(content)


def _authority(folder: Path) -> trustme.CA:
    bundle, key = folder / "ca.pem", folder / "ca-key.pem"
    if bundle.exists() and key.exists():
        return trustme.CA.from_pem(bundle.read_bytes(), key.read_bytes())
    authority = trustme.CA(organization_name="Foyer simulator")
    write_private(key, authority.private_key_pem.bytes())
    bundle.write_bytes(authority.cert_pem.bytes())
    return authority
