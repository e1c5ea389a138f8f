"""Builds what is measured, all of it in release mode."""

import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from .places import BENCHMARKS, GO_PEER, PACKAGE, PEERS, PYTHON, RELEASE, SCRATCH, WORK

# The command, and the Debian package that contains it.
TOOLS = {"swift": None, "wrk": "wrk", "go": "golang-go", "node": "nodejs", "python3": "python3-venv", "pgbench": "postgresql"}


def build() -> None:
    need(TOOLS)
    WORK.mkdir(exist_ok=True)
    build_swift(PACKAGE)
    run("go", "build", "-o", GO_PEER, "main.go", cwd=PEERS / "go")
    if not PYTHON.exists():
        run("python3", "-m", "venv", WORK / "venv")
    run(PYTHON, "-m", "pip", "install", "--quiet", "-r", PEERS / "python" / "requirements.txt")


def build_only(programs: Iterable[str]) -> None:
    """Builds some of the programs, and nothing that they don't need."""
    need(["swift"])
    for program in programs:
        swift("--package-path", BENCHMARKS, "--product", program)


def need(tools: Iterable[str]) -> None:
    for tool in tools:
        if not shutil.which(tool):
            package = TOOLS[tool]
            raise SystemExit(f"There is no {tool} here" + (f"; apt-get install {package}" if package else ""))


def build_swift(package: Path, programs: Iterable[str] = ()) -> None:
    """Builds the command, and the programs next to it: all, or only some, since another version may lack what others use."""
    # The command as its own package builds it, with the options that users have.
    swift("--package-path", package, "--product", "smooven")
    benchmarks = package / BENCHMARKS.name
    if (package / "Package.resolved").exists():
        shutil.copy(package / "Package.resolved", benchmarks / "Package.resolved")
    for product in [("--product", program) for program in programs] or [()]:
        swift("--package-path", benchmarks, *product)


def swift(*arguments, scratch: Path = SCRATCH) -> None:
    # Two packages share the folder, so the build plan of one must not be mistaken for the other's.
    for plan in (scratch / "release.yaml", scratch / "release" / "description.json"):
        plan.unlink(missing_ok=True)
    run("swift", "build", "-c", "release", "--scratch-path", scratch, *arguments)


def run(*command, cwd=None) -> None:
    words = [str(part) for part in command]
    print(*words, file=sys.stderr)
    done = subprocess.run(words, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise SystemExit(done.stdout)
