"""The two tables that a run prints."""

from __future__ import annotations

import os
from collections import Counter

from chaos.people import Person
from chaos.promises import Verdict

SHOWN = 8
WIDTH = 42


def storm(tally: Counter[str], people: list[Person]) -> str:
    """Each part with how often it struck."""
    obstacles = Counter(f"address held: {person.obstacle.value}" for person in people if person.obstacle.value)
    rows = [*sorted(tally.items()), *sorted(obstacles.items())]
    return "\n".join([f"{'part of the storm':<{WIDTH}}{'strikes':>9}", *(f"{name:<{WIDTH}}{n:>9}" for name, n in rows)])


def promises(verdicts: list[Verdict]) -> str:
    """Each promise with how much was looked at and what was broken."""
    lines = [f"{'promise':<{WIDTH}}{'checked':>9}{'broken':>9}"]
    for verdict in verdicts:
        lines.append(f"{verdict.promise:<{WIDTH}}{verdict.checked:>9}{len(verdict.broken):>9}")
        lines.extend(f"    {each}" for each in verdict.broken[:SHOWN])
        if len(verdict.broken) > SHOWN:
            lines.append(f"    … and {len(verdict.broken) - SHOWN} more")
    return "\n".join(lines)


def load() -> str:
    """How busy the machine is."""
    return ", ".join(f"{each:.1f}" for each in os.getloadavg())
