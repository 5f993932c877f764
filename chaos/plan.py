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
    patience: float  # with people and reviewers, after the storm
    quiet: float  # with the installation, after that
    hold: int  # for undoing a decision


def full(seed: int, sign_ups: int = 1000) -> Plan:
    """About seven minutes."""
    return Plan(
        seed=seed,
        sign_ups=sign_ups,
        arriving=200,
        strike=6,
        together=10,
        at_once=3,
        killing=5,
        lag=30,
        patience=60,
        quiet=200,
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
        patience=30,
        quiet=60,
        hold=3,
    )
