"""Builds what is measured, all of it in release mode."""

import shutil
import subprocess
import sys

from .places import BENCHMARKS, GO_PEER, PACKAGE, PEERS, PYTHON, RELEASE, SCRATCH, WORK

# The command, and the Debian package that has it.
TOOLS = {"swift": None, "wrk": "wrk", "go": "golang-go", "node": "nodejs", "python3": "python3-venv"}


def build() -> None:
    for tool, package in TOOLS.items():
        if not shutil.which(tool):
            raise SystemExit(f"There is no {tool} here" + (f"; apt-get install {package}" if package else ""))
    WORK.mkdir(exist_ok=True)
    # The command as its own package builds it, with the options that its users have.
    swift("--package-path", PACKAGE, "--product", "smooven")
    resolved = PACKAGE / "Package.resolved"
    if resolved.exists():
        shutil.copy(resolved, BENCHMARKS / "Package.resolved")
    swift("--package-path", BENCHMARKS)
    run("go", "build", "-o", GO_PEER, "main.go", cwd=PEERS / "go")
    if not PYTHON.exists():
        run("python3", "-m", "venv", WORK / "venv")
    run(PYTHON, "-m", "pip", "install", "--quiet", "-r", PEERS / "python" / "requirements.txt")


def swift(*arguments) -> None:
    # Two packages share the folder: what was planned for the one must not pass for the other's plan.
    for plan in (SCRATCH / "release.yaml", RELEASE / "description.json"):
        plan.unlink(missing_ok=True)
    run("swift", "build", "-c", "release", "--scratch-path", SCRATCH, *arguments)


def run(*command, cwd=None) -> None:
    words = [str(part) for part in command]
    print(*words, file=sys.stderr)
    done = subprocess.run(words, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise SystemExit(done.stdout)
