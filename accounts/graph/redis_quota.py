"""The quota's shared state in Redis: one script, so that no two workers get the same turn, by the server's clock."""

from __future__ import annotations

import threading
from typing import Any

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from accounts.graph.pace import BUSY, LOWEST_PACE, PACE_AFTER_REFUSAL, PATIENCE_SECONDS, Limit, Turn

CONNECT_SECONDS, ANSWER_SECONDS = 0.5, 1.0

# The same arithmetic as in `pace`; a test holds them together.
SCRIPT = """
local deed, amount = ARGV[1], tonumber(ARGV[2])
local interval, slack, window = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local patience, lowest, after_refusal, busy = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local now = tonumber(ARGV[10])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) + tonumber(time[2]) / 1000000
end
local kept = redis.call('HMGET', KEYS[1], 'next_at', 'paused_from', 'paused_until', 'pace', 'paced_at')
local next_at, paused_from = tonumber(kept[1]) or 0, tonumber(kept[2]) or 0
local paused_until, paced_at = tonumber(kept[3]) or 0, tonumber(kept[5]) or 0
local windows = math.min(math.max(0, now - paced_at) / window, math.log(1 / lowest) + 0.1)
local pace = math.min(1, (tonumber(kept[4]) or 1) * math.exp(windows))
local pause_end = paused_from <= now and paused_until or 0

local function keep(...)
  local values = {...}
  for position = 2, #values, 2 do values[position] = string.format('%.17g', values[position]) end
  redis.call('HSET', KEYS[1], unpack(values))
  -- Without news for so long, it is as if nothing had ever been said.
  redis.call('PEXPIRE', KEYS[1], math.ceil(1000 * (math.max(pause_end, now) - now + math.max(amount, 0) + 3 * window)))
end

if deed == 'pause' then
  if pause_end > now then
    keep('paused_until', math.max(pause_end, now + amount))
  else
    keep('paused_from', now, 'paused_until', now + amount,
         'pace', math.max(lowest, pace * after_refusal), 'paced_at', now)
  end
  return {'0', '1'}
end
if deed == 'slow_down' then
  if amount >= busy then
    local wanted = 1 - (amount - busy) / 10
    if amount >= 1 then wanted = math.max(lowest, 0.9 / amount) end
    keep('pace', math.min(pace, wanted), 'paced_at', now)
  end
  return {'0', '1'}
end

local start = pause_end
if deed == 'write' then
  if pace < 1 then slack = 0 end
  local from = math.max(now, pause_end)
  local scheduled = next_at
  if next_at > from + patience + interval / lowest then scheduled = from end
  start = math.max(now - slack, pause_end, scheduled)
end
local granted = start - now <= patience
if granted and deed == 'write' then keep('next_at', start + interval / pace) end
return {string.format('%.17g', math.max(0, start - now)), granted and '1' or '0'}
"""

_lock = threading.Lock()
_client: redis.Redis | None = None
_made_for = ""


class RedisLedger:
    """The state under one key. Raises redis.RedisError or OSError when Redis cannot be asked."""

    def __init__(self, application: str) -> None:
        self.key = f"foyer:graph-quota:{application}"

    def take(self, limit: Limit, *, write: bool, now: float | None = None) -> Turn:
        """The turn of a call; `now` takes the place of the server's clock."""
        wait, granted = self._run("write" if write else "read", 0.0, limit, now)
        return Turn(float(wait), granted=granted == b"1")

    def pause(self, limit: Limit, seconds: float, *, now: float | None = None) -> None:
        """Let nobody call for so long."""
        self._run("pause", seconds, limit, now)

    def slow_down(self, limit: Limit, used: float, *, now: float | None = None) -> None:
        """Adapt to the part of the limit that is used."""
        self._run("slow_down", used, limit, now)

    def _run(self, deed: str, amount: float, limit: Limit, now: float | None) -> list[bytes]:
        constants = (PATIENCE_SECONDS, LOWEST_PACE, PACE_AFTER_REFUSAL, BUSY)
        numbers = (amount, limit.interval, limit.slack, limit.seconds, *constants)
        arguments = [deed, *map(repr, map(float, numbers)), "" if now is None else repr(now)]
        answer: Any = client().register_script(SCRIPT)(keys=[self.key], args=arguments)
        return list(answer)


def client() -> redis.Redis:
    """The process's client, with a pool of its own; made at the first use and again when REDIS_URL has changed."""
    global _client, _made_for  # noqa: PLW0603 - one for each process
    with _lock:
        if _client is None or _made_for != settings.REDIS_URL:
            _client = redis.Redis.from_url(
                settings.REDIS_URL,
                socket_connect_timeout=CONNECT_SECONDS,
                socket_timeout=ANSWER_SECONDS,
                # One more attempt, for a connection that the server closed; not more, for a worker waits.
                retry=Retry(NoBackoff(), 1),
            )
            _made_for = settings.REDIS_URL
        return _client
