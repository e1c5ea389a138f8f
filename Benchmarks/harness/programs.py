"""The comparisons that are separate programs and print one line of JSON."""

import json
import subprocess
from pathlib import Path

from .places import PEERS, PYTHON, RELEASE


def measured(*command) -> dict:
    return json.loads(subprocess.check_output([str(part) for part in command], text=True))


def swift(name: str, *arguments, binaries: Path = RELEASE) -> dict:
    return measured(binaries / name, *arguments)


def python(script: str, *arguments) -> dict:
    return measured(PYTHON, PEERS / "python" / script, *arguments)
