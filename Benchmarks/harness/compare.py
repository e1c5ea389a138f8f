"""Another version of the package and this one, with the programs and the loads of this one."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from math import comb
from pathlib import Path
from statistics import median

from . import payload
from .build import build, build_swift
from .ingest import CONNECTIONS, RATE, WARM_UP_SECONDS, Load
from .places import BENCHMARKS, PACKAGE, RELEASE, WORK
from .programs import swift
from .results import Key, Results
from .roundtrip import IN_FLIGHT, SERVICE_1
from .servers import SMOOVEN, SMOOVEN_SQLITE, Server, waiting

# The command, and what measures it.
PROGRAMS = ("smooven", "RoundTrip", "TokenIngest", "VerifyCost", "WaitCost")
PROVIDERS = ("smooven", "pingram", "smartlyq", "standardwebhooks")
OPEN_WAITS = 100_000
# A measurement has fallen if its whole interval is below this.
BOUND = 0.97


def compare(ref: str, rounds: int, seconds: int, names: list[str]) -> None:
    sides = {"before": build_version(ref)}
    build()
    sides["after"] = RELEASE
    measures = {name: measure for name, measure in all_measures(seconds).items() if name.split(",")[0] in names}
    before, after, begin = {}, {}, time.monotonic()
    for number in range(rounds):
        # The order alternates, so that neither side is always second.
        for name, measure in measures.items():
            for side in sorted(sides, reverse=bool(number % 2)):
                for figure, value in measure(sides[side]).items():
                    (before if side == "before" else after).setdefault(figure, []).append(value)
        print(f"{time.monotonic() - begin:6.0f} s  round {number + 1} of {rounds}", file=sys.stderr)
        text = report(before, after, f"{version(ref)} before, {version('HEAD')} after, {number + 1} rounds")
        (WORK / "compare.txt").write_text(text)
    print(text)


def version(ref: str) -> str:
    return subprocess.check_output(["git", "-C", PACKAGE, "rev-parse", "--short", ref], text=True).strip()


def build_version(ref: str) -> Path:
    """Builds another version with the programs of this one, and returns the folder of the build."""
    name = version(ref)
    package, binaries = WORK / f"version-{name}", WORK / f"binaries-{name}"
    if all((binaries / program).exists() for program in PROGRAMS):
        return binaries
    shutil.rmtree(package, ignore_errors=True)
    subprocess.check_call(["git", "clone", "-q", PACKAGE, package])
    subprocess.check_call(["git", "-C", package, "checkout", "-q", "--detach", name])
    shutil.rmtree(package / "Benchmarks")
    shutil.copytree(BENCHMARKS, package / "Benchmarks", ignore=shutil.ignore_patterns(".build*", "results"))
    # The same versions of the dependencies.
    if (PACKAGE / "Package.resolved").exists():
        shutil.copy(PACKAGE / "Package.resolved", package)
    build_swift(package, PROGRAMS[1:])
    binaries.mkdir(exist_ok=True)
    for program in PROGRAMS:
        shutil.copy2(RELEASE / program, binaries)
    return binaries


def all_measures(seconds: int) -> dict[str, Callable[[Path], dict[str, float]]]:
    """Returns the measurements. In each of their results, larger numbers are better."""
    load = Load(seconds)
    wait_server = waiting(seconds + WARM_UP_SECONDS)

    def ingest(server: Server, connections: int) -> Callable[[Path], dict[str, float]]:
        def measure(binaries: Path) -> dict[str, float]:
            results, key = Results(), Key(RATE, f"{connections} connections", server.name)
            load.run(built_in(binaries, server), connections, results, server.name)
            return {f"Ingest, {server.name}, {connections} connections": results.values[key][0]}

        return measure

    def round_trip(binaries: Path) -> dict[str, float]:
        figures = {}
        for count in IN_FLIGHT:
            with SERVICE_1.started() as running:
                url = f"http://127.0.0.1:{running.port}"
                arguments = ("smooven", url, payload.KEY, count, seconds, 1)
                figures[f"sendAndWait, {count} in flight, 1 / p50"] = (
                    1 / swift("RoundTrip", *arguments, binaries=binaries)["p50"]
                )
        return figures

    def wait(binaries: Path) -> dict[str, float]:
        numbers = swift("WaitCost", "smooven", OPEN_WAITS, binaries=binaries)
        numbers |= swift("WaitCost", "smooven", OPEN_WAITS, "expire", binaries=binaries)
        texts = {
            "bytes": "1 / memory of each", "open": "1 / time to open all", "one": "1 / time of one more",
            "resume": "1 / time from a callback to the task", "expire": "1 / time until all expired",
        }
        return {f"Waits, {OPEN_WAITS:,} open, {text}": 1 / numbers[name] for name, text in texts.items()}

    def verify(binaries: Path) -> dict[str, float]:
        numbers = swift("VerifyCost", binaries=binaries)
        return {f"Verify and decode, {name}, 1 / time": 1 / numbers[f"ns {name}"] for name in PROVIDERS}

    def startup(binaries: Path) -> dict[str, float]:
        with built_in(binaries, SMOOVEN).started() as running:
            time.sleep(0.3)
            return {"Start-up, 1 / time": 1 / running.start_up, "Idle, 1 / memory": 1 / running.resident()}

    return {
        **{f"ingest,{count}": ingest(SMOOVEN, count) for count in CONNECTIONS},
        **{f"tokens,{count}": ingest(wait_server, count) for count in CONNECTIONS},
        "sqlite": ingest(SMOOVEN_SQLITE, 256),
        "roundtrip": round_trip,
        "wait": wait,
        "verify": verify,
        "startup": startup,
    }


def built_in(binaries: Path, server: Server) -> Server:
    program, *arguments = server.command
    return replace(server, command=(binaries / program.name, *arguments))


def interval(values: list[float]) -> tuple[float, float]:
    """The bounds between which the median of all possible rounds lies, with 95 % confidence or more."""
    values, count, left_out, chance = sorted(values), len(values), 0, 2 / 2 ** len(values)
    while chance + 2 * comb(count, left_out + 1) / 2**count <= 0.05:
        left_out += 1
        chance += 2 * comb(count, left_out) / 2**count
    return values[left_out], values[-1 - left_out]


def report(before: dict, after: dict, heading: str) -> str:
    lines = [heading, "After over before within each round, so that more is better: median, and its 95 % interval", ""]
    for figure, values in after.items():
        ratios = [new / old for new, old in zip(values, before[figure])]
        least, most = interval(ratios)
        fallen = "   HAS FALLEN" if most < BOUND else ""
        lines.append(f"  {figure:64}{median(ratios):5.2f}   {least:.2f} to {most:.2f}{fallen}")
    return "\n".join(lines) + "\n"
