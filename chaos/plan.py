"""How much, how long, and with which settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """One run. Times are seconds."""

    seed: int
    sign_ups: int
    arriving: float  # how long people go on coming
    strike: float  # how long one part of the storm lasts, in turn
    together: int  # rounds in which several parts strike at once
    at_once: int
    killing: float  # from one SIGKILL to the next
    lag: float  # how late the directory's replicas are
    quiet: float  # how long everything may take to come right, after the storm
    hold: int  # for undoing a decision


def full(seed: int, sign_ups: int = 1000) -> Plan:
    """About seven minutes."""
    return Plan(
        seed=seed,
        sign_ups=sign_ups,
        arriving=150,
        strike=5,
        together=8,
        at_once=3,
        killing=5,
        lag=30,
        quiet=300,
        hold=5,
    )


def short(seed: int, sign_ups: int = 100) -> Plan:
    """About a minute, for every change."""
    return Plan(
        seed=seed,
        sign_ups=sign_ups,
        arriving=28,
        strike=1,
        together=2,
        at_once=3,
        killing=4,
        lag=4,
        quiet=90,
        hold=3,
    )
