"""A journal: what it adds to a callback in the receiver alone, without the port. `ingest` measures it with the port."""

from .programs import swift
from .results import Key, Ratio, Results

TIME = "Receiver without a port, ns a callback"
NONE = "no journal"
CASES = {
    "accepted": ("DeliveryJournal", "DeliveryJournal, keeps requests"),
    "refused": ("DeliveryJournal",),
}


class Journal:
    def round(self, results: Results) -> None:
        numbers = swift("JournalCost")
        for case, systems in CASES.items():
            for system in (NONE, *systems):
                results.add(TIME, case, system, numbers[f"{case}, {system}"])


def ratios() -> list[Ratio]:
    return [
        # A rate is the inverse of a time.
        Ratio(f"rate of the receiver alone: {system} / {NONE}, {case}", Key(TIME, case, NONE), Key(TIME, case, system))
        for case, systems in CASES.items()
        for system in systems
    ]
