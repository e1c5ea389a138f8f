"""Verify and decode: one callback of each provider, compared with a bare HMAC-SHA256 of the same bytes."""

from .programs import swift
from .results import Key, Ratio, Results

TIME, ALLOCATIONS = "Verify and decode, ns a callback", "Verify and decode, allocations a callback"
PROVIDERS = ("smooven", "notificationapi", "pingram", "smartlyq", "smobi", "standardwebhooks")
# The goals of the ratios. What isn't signed has none.
GOALS = {"smooven": 1.25, "pingram": 1.5, "standardwebhooks": 1.5, "smartlyq": 1.8}
UNSIGNED = ("notificationapi", "smobi")
OURS, BARE = "event(from:)", "bare HMAC"


class Verify:
    def round(self, results: Results) -> None:
        numbers = swift("VerifyCost")
        for provider in PROVIDERS:
            for table, unit in ((TIME, "ns"), (ALLOCATIONS, "allocations")):
                results.add(table, case(provider), OURS, numbers[f"{unit} {provider}"])
                results.add(table, case(provider), BARE, numbers[f"{unit} {provider}, bare HMAC"])


def case(provider: str) -> str:
    return f"{provider}, unsigned" if provider in UNSIGNED else provider


def ratios() -> list[Ratio]:
    return [
        Ratio(
            f"{OURS} / {BARE}, {case(provider)}",
            Key(TIME, case(provider), OURS),
            Key(TIME, case(provider), BARE),
            GOALS.get(provider),
            at_least=False,
        )
        for provider in PROVIDERS
    ]
