"""The key that tokens are signed with; it survives restarts, so tokens do too."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from simulator.certificates import write_private


class SigningKey:
    """An RSA key with its public description."""

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        self._key = key
        public = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.key_id = hashlib.sha256(public).hexdigest()[:40]

    def sign(self, claims: dict[str, Any]) -> str:
        """A signed JWT."""
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": self.key_id})

    def read(self, token: str, audience: str) -> dict[str, Any]:
        """The claims of a token of ours; raises jwt.PyJWTError."""
        claims: dict[str, Any] = jwt.decode(
            token, self._key.public_key(), algorithms=["RS256"], audience=audience, options={"require": ["exp"]}
        )
        return claims

    def public(self) -> dict[str, Any]:
        """The key as a JSON Web Key."""
        described = jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {**described, "use": "sig", "alg": "RS256", "kid": self.key_id, "x5t": self.key_id}


def load_signing_key(path: Path) -> SigningKey:
    """The key in the file; a new one when there is no file."""
    if path.exists():
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError(f"{path} holds no RSA key")
        return SigningKey(key)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    encoded = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_private(path, encoded)
    return SigningKey(key)
