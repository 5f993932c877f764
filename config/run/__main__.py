"""`python -m config.run`: set up what is missing, start everything, say where to click, and stay until stopped."""

from __future__ import annotations

import os
import sys
import time

from environs import EnvError

from config import probe, serve
from config.env import VAR
from config.run import guards, words
from config.run.plan import Plan, make_plan
from config.run.refusal import Refusal
from config.run.setting_up import furnish, open_database, write_down
from config.run.supervisor import Stopped, Supervisor

READY_WITHIN_SECONDS = 90.0


def main() -> int:
    """0 when somebody stopped the run, 1 with one line when it could not start or go on."""
    try:
        plan = make_plan(os.environ, VAR)
        with guards.sole_run(plan.var):
            guards.require_free_ports(plan)
            guards.require_secret_key(plan)
            run(plan)
    except Stopped:
        sys.stdout.write("foyer: stopped\n")
        return 0
    except (Refusal, EnvError) as problem:
        sys.stderr.write(f"foyer: {problem}\n")
        return 1
    return 0


def run(plan: Plan) -> None:
    """Start everything and stay. Raises Stopped when asked to end, Refusal when a process ends by itself."""
    begun = time.monotonic()
    supervisor = Supervisor(plan.var / "log", plan.environ)
    with supervisor.in_charge():
        if plan.simulator_port is not None:
            supervisor.start("simulator", [sys.executable, "-m", "simulator"])
        open_database(plan)
        supervisor.start("web", serve.web())
        house = furnish(plan)
        supervisor.start("worker", serve.worker())
        _wait_for_simulator(supervisor, plan)
        _wait_for_web(supervisor, plan)
        write_down(plan, house)
        sys.stdout.write(words.ready(plan, house, time.monotonic() - begun))
        sys.stdout.flush()
        supervisor.watch()


def _wait_for_simulator(supervisor: Supervisor, plan: Plan) -> None:
    port = plan.simulator_port
    if port is None:
        return
    supervisor.wait_until(
        "the simulator was not ready",
        lambda: probe.status("/control/ready", port) == 200,
        seconds=READY_WITHIN_SECONDS,
    )
    from config.demo.tenant import settle_guests
    from config.demo.verification import settle_verification

    settle_guests(plan.pages_url)
    settle_verification(plan)


def _wait_for_web(supervisor: Supervisor, plan: Plan) -> None:
    host = probe.allowed_host(plan.environ["ALLOWED_HOSTS"])
    supervisor.wait_until(
        "web server and worker were not ready",
        lambda: probe.status("/readyz", plan.port, host=host) == 200,
        seconds=READY_WITHIN_SECONDS,
    )


if __name__ == "__main__":
    sys.exit(main())
