"""Where things are."""

from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parent.parent
PACKAGE = BENCHMARKS.parent
PEERS = BENCHMARKS / "Peers"
RESULTS = BENCHMARKS / "results"
# One scratch folder for the product and for the programs next to it, so that what they share is compiled once.
SCRATCH = BENCHMARKS / ".build"
RELEASE = SCRATCH / "release"
# Signed requests, databases, the virtual environment.
WORK = BENCHMARKS / ".build-work"
GO_PEER = PEERS / "go" / "peer"
PYTHON = WORK / "venv" / "bin" / "python"
