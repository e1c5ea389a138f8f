"""Wait cost: the cost of waits that are open at the same time."""

from .programs import python, swift
from .results import Key, Ratio, Results

COUNTS = (1_000, 10_000, 100_000, 1_000_000)
OURS, BARE, ASYNCIO = "smooven outcome(of:id:)", "a bare suspended task", "asyncio wait_for(Event)"
SYSTEMS = {
    OURS: lambda *arguments: swift("WaitCost", "smooven", *arguments),
    BARE: lambda *arguments: swift("WaitCost", "bare", *arguments),
    ASYNCIO: lambda *arguments: python("waits.py", *arguments),
}
MEMORY = "Open waits, resident bytes each"
OPEN = "Open waits, ms to open all"
RESUME = "Open waits, µs from a callback to the resumed task"
ONE = "Open waits, µs to open and settle one more"
EXPIRE = "Open waits, ms to let all expire at one deadline"
MANY = "10,000 notifications"
FIRST, TASKS = "smooven first(of:)", "a task for each, with outcome(timeout:)"
KINDS = {FIRST: "first", TASKS: "tasks"}
FIRST_MEMORY = "The first of many, resident bytes for each notification"
FIRST_OPEN = "The first of many, ms to begin to wait"
FIRST_SETTLE = "The first of many, ms from a callback to the end"


class Waits:
    def round(self, results: Results) -> None:
        for count in COUNTS:
            case = f"{count:,} open"
            for system, measured in SYSTEMS.items():
                # This takes minutes there, and no goal refers to it.
                if system == ASYNCIO and count == COUNTS[-1] and Key(OPEN, case, system) in results.values:
                    results.note(f"{system}, {case}: in the first round alone")
                    continue
                # A process for each, so that none benefits from memory that another one has released.
                numbers = measured(count) | measured(count, "expire")
                results.add(MEMORY, case, system, numbers["bytes"])
                results.add(OPEN, case, system, numbers["open"] / 1e6)
                results.add(RESUME, case, system, numbers["resume"] / 1e3)
                results.add(ONE, case, system, numbers["one"] / 1e3)
                results.add(EXPIRE, case, system, numbers["expire"] / 1e6)
        for system, kind in KINDS.items():
            numbers = swift("WaitCost", kind, 10_000)
            results.add(FIRST_MEMORY, MANY, system, numbers["bytes"])
            results.add(FIRST_OPEN, MANY, system, numbers["open"] / 1e6)
            results.add(FIRST_SETTLE, MANY, system, numbers["settle"] / 1e6)


def ratios() -> list[Ratio]:
    most, least = f"{COUNTS[-1]:,} open", f"{COUNTS[0]:,} open"
    memory = [
        Ratio(
            f"memory of each: {OURS} / {system}, {most}",
            Key(MEMORY, most, OURS),
            Key(MEMORY, most, system),
            bound,
            at_least=False,
        )
        for system, bound in {BARE: 1.3, ASYNCIO: None}.items()
    ]
    one = [
        Ratio(
            f"open and settle one: {system}, {most} / {least}",
            Key(ONE, most, system),
            Key(ONE, least, system),
            bound,
            at_least=False,
        )
        for system, bound in {OURS: 1.3, BARE: None, ASYNCIO: None}.items()
    ]
    first = [
        Ratio(f"{text}: {FIRST} / {TASKS}", Key(table, MANY, FIRST), Key(table, MANY, TASKS))
        for text, table in {
            "memory": FIRST_MEMORY, "begin to wait": FIRST_OPEN, "from a callback to the end": FIRST_SETTLE,
        }.items()
    ]
    return memory + one + first
