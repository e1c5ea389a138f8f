"""The machine that the numbers were measured on."""

import os
import platform
import re
import subprocess
from datetime import datetime, timezone
from pathlib import Path

from .places import PACKAGE, PYTHON


def heading(rounds: int) -> list[str]:
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    aiohttp = first_line(PYTHON, "-c", "import aiohttp; print(aiohttp.__version__)")
    versions = [
        first_line("swift", "--version"),
        f"Go: {first_line('go', 'version')}",
        f"Node {first_line('node', '--version')}",
        f"{first_line(PYTHON, '--version')} with aiohttp {aiohttp}",
    ]
    return [
        f"smooven-swift {first_line('git', '-C', PACKAGE, 'describe', '--always', '--dirty')}, "
        f"{datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC, {rounds} rounds",
        f"{os.cpu_count()} cores, {cpu[1] if cpu else platform.processor()}; Linux {platform.release()}",
        "; ".join(versions),
        "What loads a server runs on the same cores as the server.",
    ]


def first_line(*command) -> str:
    try:
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    except FileNotFoundError:
        # A quick run needs only some of the programs.
        return "none"
    return done.stdout.strip().split("\n")[0]
