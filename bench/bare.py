"""What a submit costs without Foyer: Starlette and asyncpg, and the same two inserts in one transaction.

It reads no credential, keeps no rule and knows no applicant. `bench.connector` starts it and compares.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from hashlib import sha256
from secrets import token_urlsafe

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from uuid6 import uuid7

STATEMENTS = json.loads(os.environ["BENCH_STATEMENTS"])


async def submit(request: Request) -> JSONResponse:
    """Write the request and its event; answer when both are durable."""
    claims = await request.json()
    key = sha256(claims["email"].encode()).hexdigest()
    now, request_id = datetime.now(UTC), uuid7()
    async with request.app.state.pool.acquire() as connection, connection.transaction():
        await connection.execute(STATEMENTS["request"], request_id, token_urlsafe(6), key, claims["email"], now)
        await connection.execute(STATEMENTS["event"], uuid7(), request_id, now)
    return JSONResponse({"version": "1.0.0", "action": "ShowBlockPage", "userMessage": "Thank you."})


@asynccontextmanager
async def connected(app: Starlette) -> AsyncIterator[None]:
    """Keep connections for as long as the server runs."""
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=8, max_size=8) as app.state.pool:
        yield


app = Starlette(routes=[Route("/submit", submit, methods=["POST"])], lifespan=connected)
