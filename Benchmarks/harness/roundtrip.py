"""Round trip: from a notification's POST to the outcome by its callback."""

from . import payload
from .places import RELEASE
from .programs import swift
from .results import Key, Ratio, Results
from .servers import Server

IN_FLIGHT = (1, 16, 256)
# Without the pauses between its callbacks, which are for people to watch.
SANDBOX = Server("sandbox", (RELEASE / "smooven", "sandbox", "--port", "0", "--time-scale", "0"))
SERVICE_1 = Server("bare service", (RELEASE / "BareService", "1"))
SERVICE_3 = Server("bare service", (RELEASE / "BareService", "3"))

# The sandbox sends queued, sent and delivered, one at a time, so there are three exchanges after the POST.
PAIRS = {
    "sendAndWait, sandbox, 1 + 3 exchanges": ("smooven", SANDBOX, 3),
    "bare, 1 + 3 exchanges": ("bare", SERVICE_3, 3),
    "sendAndWait, bare service, 1 + 1": ("smooven", SERVICE_1, 1),
    "bare, 1 + 1 exchanges": ("bare", SERVICE_1, 1),
}
RATE = "Round trip, requests/s"
QUANTILES = {"p50": "Round trip, p50 in µs", "p99": "Round trip, p99 in µs", "p999": "Round trip, p99.9 in µs"}


class RoundTrip:
    def __init__(self, seconds: int):
        self.seconds = seconds

    def round(self, results: Results) -> None:
        for count in IN_FLIGHT:
            case = f"{count} in flight"
            for name, (client, server, callbacks) in PAIRS.items():
                with server.started() as running:
                    url = f"http://127.0.0.1:{running.port}"
                    numbers = swift("RoundTrip", client, url, payload.KEY, count, self.seconds, callbacks)
                results.add(RATE, case, name, numbers["rate"])
                for quantile, table in QUANTILES.items():
                    results.add(table, case, name, numbers[quantile])


def ratios() -> list[Ratio]:
    names = list(PAIRS)
    return [
        Ratio(
            f"p50: {ours} / {bare}, {count} in flight",
            Key(QUANTILES["p50"], f"{count} in flight", ours),
            Key(QUANTILES["p50"], f"{count} in flight", bare),
            1.15 if bare == names[-1] else 1.3 if count == 16 else None,
            at_least=False,
        )
        for ours, bare in (names[:2], names[2:])
        for count in IN_FLIGHT
    ]
