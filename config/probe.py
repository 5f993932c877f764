"""Asking this machine's web server how it is: `python -m config.probe` exits 0 when it is alive (for containers)."""

from __future__ import annotations

import http.client
import os
import sys

PATIENCE_SECONDS = 5.0


def status(path: str, port: int, *, host: str = "localhost") -> int | None:
    """The HTTP status of a path on the loopback, asked for under the name `host`; None when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", path, headers={"Host": host})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def allowed_host(allowed_hosts: str | None) -> str:
    """A name under which the server lets itself be asked, from the ALLOWED_HOSTS setting."""
    first = (allowed_hosts or "").partition(",")[0].strip()
    return "localhost" if first in ("", "*") else first.removeprefix(".")


def main() -> int:
    """0 when the web server on PORT is alive."""
    port = int(os.environ.get("PORT", "8000"))
    return 0 if status("/healthz", port, host=allowed_host(os.environ.get("ALLOWED_HOSTS"))) == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
