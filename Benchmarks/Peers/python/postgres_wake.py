"""The floor of a wake-up: a row that is inserted, a NOTIFY by another connection, and a SELECT by the one that listens."""

import json
import sys
import threading
import time

import psycopg

url, count = sys.argv[1], int(sys.argv[2])
with psycopg.connect(url, autocommit=True) as setup:
    setup.execute("CREATE TABLE IF NOT EXISTS bare_wake (id text PRIMARY KEY, body bytea NOT NULL)")

woken, found = {}, threading.Condition()


def listen(connection: psycopg.Connection) -> None:
    while True:
        # One at a time, because the connection is used for the query as well.
        for notification in connection.notifies(stop_after=1):
            id = notification.payload
        connection.execute("SELECT body FROM bare_wake WHERE id = %s", [id]).fetchone()
        now = time.perf_counter_ns()
        with found:
            woken[id] = now
            found.notify_all()


listener = psycopg.connect(url, autocommit=True)
listener.execute("LISTEN bare")
threading.Thread(target=listen, args=[listener], daemon=True).start()
delays = []
with psycopg.connect(url, autocommit=True) as writer, psycopg.connect(url, autocommit=True) as notifier:
    for number in range(count):
        id = f"{time.time_ns()}_{number}"
        time.sleep(0.03)
        writer.execute("INSERT INTO bare_wake VALUES (%s, %s)", [id, b"x" * 300])
        stored = time.perf_counter_ns()
        notifier.execute("SELECT pg_notify('bare', %s)", [id])
        with found:
            if not found.wait_for(lambda: id in woken, timeout=5):
                raise SystemExit("a notification didn't arrive")
        if number >= 10:
            delays.append((woken[id] - stored) / 1e6)
delays.sort()
print(json.dumps({"p50": delays[len(delays) // 2], "p99": delays[len(delays) * 99 // 100]}))
