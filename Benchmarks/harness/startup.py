"""Startup: from the start of the process to the line `listening on …`, and the memory of the idle process."""

import time

from .results import Ratio, Results
from .servers import ALL

TIME, MEMORY = "Start-up, ms until it listens", "Idle, resident MiB"
STARTS = 5


class StartUp:
    def round(self, results: Results) -> None:
        for _ in range(STARTS):
            for server in ALL:
                with server.started() as running:
                    time.sleep(0.3)
                    results.add(TIME, "", server.name, running.start_up * 1e3)
                    results.add(MEMORY, "", server.name, running.resident() / 2**20)


def ratios() -> list[Ratio]:
    return []
