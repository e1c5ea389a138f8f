"""Measures open waits in asyncio, each a `wait_for(event.wait(), timeout)` with its event in a dictionary.

`waits.py COUNT` settles some of them one at a time. `waits.py COUNT expire` lets all of them expire together.
"""

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from statistics import median

SAMPLES = 500
# The number of turns in which as many more are opened and settled. The fastest turn counts.
TURNS = 20
TIMEOUT = 3_600
PAGE = 4_096

pending: dict[str, asyncio.Event] = {}


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


async def wait(name: str) -> int:
    event = pending[name] = asyncio.Event()
    try:
        await asyncio.wait_for(event.wait(), TIMEOUT)
    except asyncio.TimeoutError:
        pass
    finally:
        del pending[name]
    return time.perf_counter_ns()


async def one_more(first: int) -> float:
    """Opens one wait and settles it, over and over."""
    times = []
    for number in range(first, first + SAMPLES):
        begin, name = time.perf_counter_ns(), f"ntf_{number:012}"
        task = asyncio.create_task(wait(name))
        while name not in pending:
            await asyncio.sleep(0)
        pending[name].set()
        await task
        times.append(time.perf_counter_ns() - begin)
    return median(times)


async def settle(count: int) -> dict:
    await one_more(count)
    before, begin = resident(), time.perf_counter_ns()
    tasks = [asyncio.create_task(wait(f"ntf_{number:012}")) for number in range(count)]
    while len(pending) < count:
        await asyncio.sleep(0)
    opened = time.perf_counter_ns() - begin
    # The waits run once more, in tasks that wait_for creates.
    await asyncio.sleep(0.2)
    size = (resident() - before) / count
    one = min([await one_more(count + turn * SAMPLES) for turn in range(1, TURNS + 1)])
    latencies = []
    for number in range(0, count, max(1, count // SAMPLES)):
        arrived = time.perf_counter_ns()
        pending[f"ntf_{number:012}"].set()
        latencies.append(await tasks[number] - arrived)
    return {"bytes": size, "open": opened, "one": one, "resume": median(latencies)}


async def expire(count: int) -> dict:
    # The loop's clock is stopped while the waits are opened, so that all of them have one deadline.
    loop, now = asyncio.get_running_loop(), time.monotonic()
    loop.time = lambda: now
    tasks = [asyncio.create_task(wait(f"ntf_{number:012}")) for number in range(count)]
    while len(pending) < count:
        await asyncio.sleep(0)
    begin, now = time.perf_counter_ns(), now + TIMEOUT + 1
    last = max([await task for task in tasks])
    return {"expire": last - begin}


async def main() -> None:
    measure = expire if sys.argv[2:] == ["expire"] else settle
    print(json.dumps(await measure(int(sys.argv[1]))), flush=True)
    # Exits directly, because the loop would cancel everything that is still open.
    os._exit(0)


asyncio.run(main())
