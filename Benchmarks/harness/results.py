"""The numbers of all rounds."""

from collections import defaultdict
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Key:
    """What was measured, under which conditions, and of which system."""

    table: str
    case: str
    system: str


@dataclass(frozen=True)
class Ratio:
    """One number divided by another of the same round. `bound` is the goal, if any."""

    text: str
    upper: Key
    lower: Key
    bound: float | None = None
    at_least: bool = True

    def is_met(self, value: float, slack: float = 1) -> bool:
        """Returns whether a value reaches the goal, or with a slack of 2 half of it."""
        if self.bound is None:
            return True
        return value >= self.bound / slack if self.at_least else value <= self.bound * slack


class Results:
    def __init__(self):
        self.values: dict[Key, list[float]] = defaultdict(list)
        self.notes: dict[str, None] = {}

    def add(self, table: str, case: str, system: str, value: float) -> None:
        self.values[Key(table, case, system)].append(value)

    def note(self, text: str) -> None:
        self.notes[text] = None

    def summary(self, key: Key) -> tuple[float, float, float]:
        """Returns median, minimum and maximum."""
        values = self.values[key]
        return median(values), min(values), max(values)

    def ratio(self, ratio: Ratio) -> tuple[float, float, float] | None:
        """Returns the same for the ratio within each round, so that a slow minute of the machine affects both."""
        pairs = zip(self.values.get(ratio.upper, []), self.values.get(ratio.lower, []))
        ratios = [upper / lower for upper, lower in pairs if lower]
        return (median(ratios), min(ratios), max(ratios)) if ratios else None
