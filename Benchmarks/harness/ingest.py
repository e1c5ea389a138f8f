"""Callback ingest: requests a second under wrk."""

import json
import math
import subprocess

from . import payload
from .places import BENCHMARKS, WORK
from .results import Key, Ratio, Results
from .servers import AIOHTTP, ALL, FLOOR, GO, NODE, SMOOVEN, SMOOVEN_SQLITE, Running

RATE, LATENCY = "Callback ingest, requests/s", "Callback ingest, p99 in ms"
CONNECTIONS = (32, 256)
# More than a server answers in a second on two cores, so that no request comes twice to the same process.
REQUESTS_A_SECOND = 80_000
WARM_UP_SECONDS = 1


class Ingest:
    def __init__(self, seconds: int):
        self.seconds = seconds
        self.warm_up, self.load = WORK / "warm-up.http", WORK / "load.http"
        middle = REQUESTS_A_SECOND * WARM_UP_SECONDS
        self.count = REQUESTS_A_SECOND * seconds
        payload.write_requests(self.warm_up, range(middle))
        self.size = payload.write_requests(self.load, range(middle, middle + self.count))

    def round(self, results: Results) -> None:
        for connections in CONNECTIONS:
            case = f"{connections} connections"
            for server in (*ALL, SMOOVEN_SQLITE) if connections == 256 else ALL:
                with server.started() as running:
                    running.check(10_000_000)
                    self.wrk(running, connections, WARM_UP_SECONDS, self.warm_up)
                    seen = self.wrk(running, connections, self.seconds, self.load)
                    running.check(20_000_000)
                    put_off = running.stop()
                if put_off > 1:
                    seconds = math.ceil(put_off)
                    results.note(f"{server.name}, {case}: went on for up to {seconds} s after the load")
                seconds = seen["microseconds"] / 1e6
                results.add(RATE, case, server.name, seen["requests"] / seconds)
                results.add(LATENCY, case, server.name, seen["p99"] / 1e3)
                if server.verifies and seen["requests"] > self.count:
                    results.note(f"{server.name}: {seen['requests']} requests, of which only {self.count} differ")

    def wrk(self, running: Running, connections: int, seconds: int, requests) -> dict:
        url = f"http://127.0.0.1:{running.port}{payload.PATH}"
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", BENCHMARKS / "harness" / "wrk.lua"]
        text = subprocess.check_output([*command, url, "--", requests, str(self.size)], text=True)
        seen = json.loads(next(line[5:] for line in text.splitlines() if line.startswith("JSON ")))
        if seen["refused"] or seen["broken"] or not seen["requests"]:
            raise SystemExit(f"{running.server.name}: not every answer was 200: {seen}")
        return seen


def ratios() -> list[Ratio]:
    def ratio(connections: int, upper, lower, bound=None) -> Ratio:
        case = f"{connections} connections"
        text = f"{upper.name} / {lower.name}, {case}"
        return Ratio(text, Key(RATE, case, upper.name), Key(RATE, case, lower.name), bound)

    bounds = {FLOOR: 0.75, GO: 1.0, NODE: None, AIOHTTP: 6.0}
    found = [ratio(count, SMOOVEN, peer, bound) for count in CONNECTIONS for peer, bound in bounds.items()]
    return [*found, ratio(256, SMOOVEN_SQLITE, SMOOVEN, 0.3)]
