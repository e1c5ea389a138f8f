"""Startup: from the start of the process to the line `listening on …`, and the memory of the idle process."""

import time

from .results import Key, Ratio, Results
from .servers import ALL, FLOOR, SMOOVEN

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
    goals = {TIME: 1.4, MEMORY: 1.3}
    return [
        Ratio(f"{table}: {SMOOVEN.name} / {FLOOR.name}", Key(table, "", SMOOVEN.name), Key(table, "", FLOOR.name), goal, False)
        for table, goal in goals.items()
    ]
