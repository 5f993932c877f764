"""`python -m chaos`: an installation under load in a storm, and whether it kept its promises.

It starts a PostgreSQL, a Redis, a mail server and a tenant of its own, and leaves nothing behind. Exits 0 when every promise
was kept, 1 when one was broken or the run could not begin.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import signal
import sys
import threading
import time
from pathlib import Path
from typing import NoReturn

from chaos import plan as plans
from chaos import report
from chaos.installation import installation
from chaos.plan import Plan
from chaos.promises import judge
from chaos.run import run
from chaos.servers import Missing, find_postgres, find_redis
from chaos.strikes import Stage


def main() -> int:
    """Run, print the tables; the exit code."""
    options = _options()
    signal.signal(signal.SIGTERM, _interrupt)
    begun = time.monotonic()
    try:
        find_postgres()
        find_redis()
        kept = _run(options.plan, options.logs)
    except Missing as missing:
        print(f"chaos: {missing}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("chaos: interrupted", file=sys.stderr)
        return 130
    print(
        f"\n{time.monotonic() - begun:.0f} s, load {report.load()}; {'kept' if kept else 'BROKEN'}, seed {options.plan.seed}"
    )
    return 0 if kept else 1


def _run(plan: Plan, logs: Path | None) -> bool:
    print(f"seed {plan.seed}, {plan.sign_ups} sign-ups, load {report.load()}", flush=True)
    with installation(plan) as house:
        # What strikes at the same time is drawn from one source, which is shared with nobody else.
        chance = random.Random(plan.seed)  # noqa: S311 - a storm, and no secret
        stage = Stage(plan, house, chance, threading.Event())
        try:
            evidence = asyncio.run(run(plan, house, stage))
        finally:
            stage.over.set()
            if logs is not None:
                logs.mkdir(parents=True, exist_ok=True)
                shutil.copy(house.folder / "log", logs / "log")
    verdicts = judge(evidence)
    calls, refusals = (sum(getattr(each, name) for each in evidence.people) for name in ("calls", "refusals"))
    print(f"{calls} calls of Entra's, {refusals} visits that were to be tried again, {len(evidence.mails)} mails\n")
    print(f"{report.storm(stage.tally, evidence.people)}\n\n{report.promises(verdicts)}")
    if missed := [part for part, strikes in stage.tally.items() if not strikes]:
        print(f"\nnothing was there to strike for: {', '.join(sorted(missed))}")
    return not any(verdict.broken for verdict in verdicts)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--short", action="store_true", help="about a minute instead of seven")
    parser.add_argument("--seed", type=int, default=None, help="the same people and the same order of strikes again")
    parser.add_argument(
        "--sign-ups", type=int, default=None, metavar="N", help="so many people instead of 1,000 or 100"
    )
    parser.add_argument("--logs", type=Path, metavar="FOLDER", help="keep what the processes logged")
    options = parser.parse_args()
    seed = random.SystemRandom().randrange(10**6) if options.seed is None else options.seed
    size = {} if options.sign_ups is None else {"sign_ups": options.sign_ups}
    options.plan = (plans.short if options.short else plans.full)(seed, **size)
    return options


def _interrupt(_signal: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
