"""`python -m bench.size SMALL LARGE`: submit and check status on two PostgreSQL databases, by turns.

SMALL and LARGE are addresses of filled databases (`bench.million`), of 10,000 and 1,000,000 requests, say. Each gets a
production server of its own; only one is called at a time.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.connector import FLOW, ROUNDS, Foyer, Readings, print_readings, server


def main() -> None:
    """Measure both, and print a line for each reading."""
    with tempfile.TemporaryDirectory(prefix="foyer-bench-") as folder, ExitStack() as stack:
        both = {
            name: stack.enter_context(_served(url, 8792 + number, Path(folder, name)))
            for number, (name, url) in enumerate(zip(("small", "large"), sys.argv[1:3], strict=True))
        }
        for foyer in both.values():
            foyer.submit(seconds=2)
        print_readings("PostgreSQL, small and large", _by_turns(both))


def _by_turns(both: dict[str, Foyer]) -> Readings:
    readings: Readings = {f"{step}, {name}": [] for step in ("submit", "check status") for name in both}
    for _round in range(2 * ROUNDS):
        for name, foyer in both.items():
            readings[f"submit, {name}"].append(foyer.submit())
            readings[f"check status, {name}"].append(foyer.check_status())
    return readings


@contextmanager
def _served(url: str, port: int, folder: Path) -> Iterator[Foyer]:
    """The production server on this database, with a flow to call."""
    folder.mkdir()
    own = {"DATABASE_URL": url, "PORT": str(port), "VAR": str(folder), "SECRET_KEY": secrets.token_urlsafe(48)}
    environ = {**os.environ, **own}

    def manage(*arguments: str, check: bool = True) -> str:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, env=environ, stdout=subprocess.PIPE, text=True, check=check).stdout

    subprocess.run([sys.executable, "-m", "config.prepare"], env=environ, check=True)
    slug = f"{FLOW}-{secrets.token_hex(3)}"
    manage("create_user_flow", slug, "--name", "Bench", "--redirect-url", "https://b.example/")
    told = json.loads(manage("issue_credential", slug, "--json"))
    address = f"http://127.0.0.1:{port}"
    with (
        Path(folder, "web.log").open("wb") as log,
        server([sys.executable, "-m", "config.serve", "web"], f"{address}/healthz", log, environ),
    ):
        yield Foyer(address, told["username"], told["password"], flow=slug)


if __name__ == "__main__":
    main()
