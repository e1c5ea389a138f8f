"""The servers that receive callbacks. Each is restarted for each measurement."""

import os
import re
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from . import payload
from .places import GO_PEER, PEERS, PYTHON, RELEASE, WORK


@dataclass(frozen=True)
class Server:
    name: str
    command: tuple
    verifies: bool = True
    files: tuple = field(default=())

    def started(self) -> "Running":
        for path in self.files:
            Path(path).unlink(missing_ok=True)
        return Running(self)


DATABASE = WORK / "listen.sqlite"
LISTEN = (RELEASE / "smooven", "listen", "--provider", "smooven", "--port", "0")

SMOOVEN = Server("smooven listen", LISTEN)
SMOOVEN_SQLITE = Server(
    "smooven listen --store sqlite",
    (*LISTEN, "--store", f"sqlite:{DATABASE}"),
    files=(DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm"),
)
# The journal of the page keeps each callback with its request.
SMOOVEN_DASHBOARD = Server("smooven listen --dashboard", (*LISTEN, "--dashboard", "127.0.0.1:0"))
# More than are settled in a second on two cores.
WAITS_A_SECOND, TOKENS = 40_000, WORK / "tokens"


def waiting(seconds: int, journal: bool = False) -> Server:
    """A client with open waits. The paths and ids of their callbacks are in TOKENS when it listens."""
    command = (RELEASE / "TokenIngest", WAITS_A_SECOND * seconds, TOKENS, *(("journal",) if journal else ()))
    return Server("sendAndWait, token URLs" + (", journal" if journal else ""), command, files=(TOKENS,))


FLOOR = Server("NIO, a constant 200", (RELEASE / "NIOFloor",), verifies=False)
GO = Server("Go net/http", (GO_PEER,))
NODE = Server("Node http, 1 process", ("node", PEERS / "node" / "server.mjs"))
AIOHTTP = Server("Python aiohttp, 1 process", (PYTHON, PEERS / "python" / "server.py"))
ALL = (SMOOVEN, FLOOR, GO, NODE, AIOHTTP)


class Running:
    """A server, from its start to its exit."""

    def __init__(self, server: Server):
        self.server = server
        environment = {**os.environ, "SMOOVEN_SECRET_KEY": payload.KEY}
        begin = time.perf_counter()
        self.process = subprocess.Popen(
            [str(part) for part in server.command],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        # The link to a page may be printed before it.
        printed, found = "", None
        while not found and (line := self.process.stderr.readline()):
            printed += line
            found = re.search(r"listening on http://[^:]+:(\d+)", line)
        self.start_up = time.perf_counter() - begin
        if not found:
            raise SystemExit(f"{server.name} does not listen: {printed}")
        self.port = int(found[1])

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    def stop(self) -> float:
        """Asks it to exit, and returns the seconds that this took. It first does the work that it had put off."""
        if self.process.poll() is not None:
            return 0.0
        begin = time.perf_counter()
        self.process.terminate()
        try:
            self.process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
        return time.perf_counter() - begin

    def resident(self) -> float:
        """VmRSS in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024

    def status(self, request: bytes) -> int:
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(request)
            return int(connection.recv(65_536).split(b" ")[1])

    def check(self, number: int) -> None:
        """Checks that the server accepts a callback, and if it verifies, that it refuses a forged one."""
        timestamp = payload.now()
        ids = [payload.numbered(number + offset) for offset in range(3)]
        good = self.status(payload.request(ids[0], timestamp))
        forged = self.status(payload.request(ids[1], timestamp, key="sk_live_of_another_project"))
        old = self.status(payload.request(ids[2], "2020-01-01T00:00:00Z"))
        expected = (200, 401, 401) if self.server.verifies else (200, 200, 200)
        if (good, forged, old) != expected:
            raise SystemExit(f"{self.server.name} answers {(good, forged, old)}, not {expected}")
