"""Callback ingest: requests per second under wrk."""

import itertools
import json
import math
import subprocess
from pathlib import Path

from . import payload
from .places import BENCHMARKS, WORK
from .results import Key, Ratio, Results
from .servers import (
    AIOHTTP,
    ALL,
    FLOOR,
    GO,
    NODE,
    SMOOVEN,
    SMOOVEN_DASHBOARD,
    SMOOVEN_SQLITE,
    TOKENS,
    WAITS_A_SECOND,
    Running,
    Server,
    waiting,
)

RATE, LATENCY = "Callback ingest, requests/s", "Callback ingest, p99 in ms"
CONNECTIONS = (32, 256)
# More than a server can handle in a second on two cores, so that no process gets the same request twice.
REQUESTS_A_SECOND = 80_000
WARM_UP_SECONDS = 1


class Load:
    """The load on a server, with requests that it hasn't seen."""

    def __init__(self, seconds: int):
        self.seconds = seconds
        self.warm_up, self.load = WORK / "warm-up.http", WORK / "load.http"
        self.token_warm_up, self.token_load = WORK / "token-warm-up.http", WORK / "token-load.http"
        self.count = REQUESTS_A_SECOND * seconds
        ids = map(payload.numbered, itertools.count())
        targets = ((payload.PATH, id) for id in ids)
        payload.write_requests(self.warm_up, itertools.islice(targets, REQUESTS_A_SECOND * WARM_UP_SECONDS))
        self.size = payload.write_requests(self.load, itertools.islice(targets, self.count))

    def run(self, server: Server, connections: int, results: Results, name: str) -> None:
        case = f"{connections} connections"
        with server.started() as running:
            warm_up, load, size, count = self.warm_up, self.load, self.size, self.count
            if TOKENS in server.files:
                warm_up, load, size, count = self.write_token_requests()
            running.check(10_000_000)
            wrk(running, connections, WARM_UP_SECONDS, warm_up, size)
            seen = wrk(running, connections, self.seconds, load, size)
            running.check(20_000_000)
            put_off = running.stop()
        if put_off > 1:
            results.note(f"{name}, {case}: went on for up to {math.ceil(put_off)} s after the load")
        results.add(RATE, case, name, seen["requests"] / (seen["microseconds"] / 1e6))
        results.add(LATENCY, case, name, seen["p99"] / 1e3)
        if server.verifies and seen["requests"] > count:
            results.note(f"{name}: {seen['requests']} requests, of which only {count} differ")

    def write_token_requests(self) -> tuple[Path, Path, int, int]:
        targets = [line.split() for line in TOKENS.read_text().splitlines()]
        warm_up = WAITS_A_SECOND * WARM_UP_SECONDS
        payload.write_requests(self.token_warm_up, targets[:warm_up])
        size = payload.write_requests(self.token_load, targets[warm_up:])
        return self.token_warm_up, self.token_load, size, len(targets) - warm_up


def wrk(running: Running, connections: int, seconds: int, requests: Path, size: int) -> dict:
    url = f"http://127.0.0.1:{running.port}"
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", BENCHMARKS / "harness" / "wrk.lua"]
    text = subprocess.check_output([*command, url, "--", requests, str(size)], text=True)
    seen = json.loads(next(line[5:] for line in text.splitlines() if line.startswith("JSON ")))
    if seen["refused"] or seen["broken"] or not seen["requests"]:
        raise SystemExit(f"{running.server.name}: not every response was a 200: {seen}")
    return seen


class Ingest:
    def __init__(self, seconds: int):
        self.load = Load(seconds)
        # The one with a journal is measured right after the one without.
        first, *peers = ALL
        seconds += WARM_UP_SECONDS
        self.servers = (first, SMOOVEN_DASHBOARD, *peers, waiting(seconds))
        self.more = (waiting(seconds, journal=True), SMOOVEN_SQLITE)

    def round(self, results: Results) -> None:
        for connections in CONNECTIONS:
            for server in (*self.servers, *self.more) if connections == 256 else self.servers:
                self.load.run(server, connections, results, server.name)


def ratios() -> list[Ratio]:
    def ratio(connections: int, upper, lower, bound=None) -> Ratio:
        case = f"{connections} connections"
        text = f"{upper.name} / {lower.name}, {case}"
        return Ratio(text, Key(RATE, case, upper.name), Key(RATE, case, lower.name), bound)

    bounds = {FLOOR: 0.75, GO: 1.0, NODE: None, AIOHTTP: 6.0}
    found = [ratio(count, SMOOVEN, peer, bound) for count in CONNECTIONS for peer, bound in bounds.items()]
    tokens = [
        ratio(count, waiting(1), peer, bound) for peer, bound in {FLOOR: 0.75, SMOOVEN: None}.items() for count in CONNECTIONS
    ]
    journal = [
        *(ratio(count, SMOOVEN_DASHBOARD, SMOOVEN, 0.97) for count in CONNECTIONS),
        ratio(256, waiting(1, journal=True), waiting(1), 0.97),
    ]
    return [*found, *tokens, *journal, ratio(256, SMOOVEN_SQLITE, SMOOVEN, 0.35)]
