"""The store that replicas share, on its own server: appends, wake-ups, and ingest compared with SQLite.

Everything is on the same disk, and the server waits for it at each commit.
"""

import os
import re
import subprocess
import sys

from .build import run, swift
from .ingest import Load
from .places import BENCHMARKS, PACKAGE, PEERS, PYTHON, WORK
from .programs import measured
from .results import Key, Ratio, Results
from .servers import Server

APPENDS, WAKE = "PostgreSQL, events/s", "PostgreSQL, 200 to wake-up, p50 in ms"
CALLERS, WAKES, CONNECTIONS = 64, 200, 256
CASE = f"{CALLERS} callers"
STORE, PGBENCH = "PostgresDeliveryStore", "pgbench, single-row inserts"
WAIT, BARE = "outcome(of:id:) in another process", "bare LISTEN, NOTIFY and SELECT"
SCRATCH = BENCHMARKS / ".build-postgres"
RELEASE = SCRATCH / "release"
TABLE = """
DROP TABLE IF EXISTS bare_event;
CREATE TABLE bare_event (
  position int8 PRIMARY KEY, received_at float8 NOT NULL, kept_from float8 NOT NULL, token bytea, keys int8[] NOT NULL,
  detail json NOT NULL, payload json, body bytea NOT NULL, stored_at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE INDEX ON bare_event (received_at, kept_from);
DROP TABLE IF EXISTS bare_event_key;
CREATE TABLE bare_event_key (key int8 NOT NULL, position int8 NOT NULL, PRIMARY KEY (key, position));
DROP TABLE IF EXISTS bare_seen;
CREATE TABLE bare_seen (digest bytea PRIMARY KEY, ring int8 NOT NULL, at float8 NOT NULL);
CREATE INDEX ON bare_seen (ring, at);
"""


class Postgres:
    def __init__(self, seconds: int):
        self.seconds = seconds
        self.load = Load(seconds)
        for arguments in (
            ("--package-path", PACKAGE, "--product", "smooven", "--traits", "default,PostgresSupport"),
            ("--package-path", BENCHMARKS / "Postgres", "--product", "PostgresCost"),
        ):
            swift(*arguments, scratch=SCRATCH)
        run(PYTHON, "-m", "pip", "install", "--quiet", "-r", PEERS / "python" / "postgres.txt")
        # It lives until its input ends, which is when this program ends.
        script = 'echo "$DATABASE_URL"; cat >/dev/null'
        self.server = subprocess.Popen(
            [PACKAGE / "Scripts" / "with-postgres", "bash", "-c", script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.url = self.server.stdout.readline().strip()
        if not self.url:
            raise SystemExit("PostgreSQL didn't start")

    def round(self, results: Results) -> None:
        self.empty()
        found = measured(RELEASE / "PostgresCost", "append", self.url, CALLERS, self.seconds)
        results.add(APPENDS, CASE, STORE, found["events a second"])
        results.add(APPENDS, CASE, PGBENCH, self.pgbench())
        found = measured(RELEASE / "PostgresCost", "wake", self.url, WAKES)
        results.add(WAKE, "idle", WAIT, found["p50"])
        found = measured(PYTHON, PEERS / "python" / "postgres_wake.py", self.url, WAKES)
        results.add(WAKE, "idle", BARE, found["p50"])
        for server in (self.listener(self.url), self.listener(f"sqlite:{WORK / 'beside.sqlite'}")):
            self.empty()
            self.load.run(server, CONNECTIONS, results, server.name)

    def empty(self) -> None:
        """Each measurement begins with an empty database that has no work left to do."""
        self.sql("DROP SCHEMA IF EXISTS smooven CASCADE; CHECKPOINT")
        for end in ("", "-wal", "-shm"):
            (WORK / f"beside.sqlite{end}").unlink(missing_ok=True)

    def listener(self, store: str) -> Server:
        name = "smooven listen --store " + store.split(":")[0]
        command = (RELEASE / "smooven", "listen", "--provider", "smooven", "--port", "0", "--store", store)
        return Server(f"{name}, same disk", command)

    def sql(self, text: str) -> None:
        subprocess.run(["psql", "-qX", "-v", "ON_ERROR_STOP=1", "-c", text, self.url], check=True)

    def pgbench(self) -> float:
        self.sql(TABLE + "CHECKPOINT")
        text = subprocess.check_output(
            [
                "pgbench", "-n", "-c", str(CALLERS), "-j", str(os.cpu_count()), "-T", str(self.seconds),
                "-f", str(PEERS / "pgbench.sql"), self.url,
            ],
            stderr=sys.stderr,
            text=True,
        )
        return float(re.search(r"^tps = ([0-9.]+)", text, re.MULTILINE)[1])


def ratios() -> list[Ratio]:
    case = f"{CONNECTIONS} connections"
    rate = "Callback ingest, requests/s"
    listeners = [f"smooven listen --store {store}, same disk" for store in ("postgresql", "sqlite")]
    return [
        Ratio(f"{STORE} / {PGBENCH}, {CASE}", Key(APPENDS, CASE, STORE), Key(APPENDS, CASE, PGBENCH), 1.5),
        Ratio(f"{WAIT} / {BARE}", Key(WAKE, "idle", WAIT), Key(WAKE, "idle", BARE), 1.5, at_least=False),
        Ratio(f"{listeners[0]} / {listeners[1]}", *(Key(rate, case, name) for name in listeners)),
    ]
