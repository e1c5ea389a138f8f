"""Reads what a store keeps, and hears what replicas are notified of: postgres_reader.py CONNINFO SCHEMA

It listens as the only replica does, prints "listening", waits for a notification with a callback, and prints that and the
tables as JSON.
"""

import json
import sys

import psycopg
from psycopg import sql

conninfo, schema = sys.argv[1:]
with psycopg.connect(conninfo, autocommit=True) as connection:

    def rows(text, *parameters):
        query = sql.SQL(text).format(**{name: sql.Identifier(schema, name) for name in ("event", "delivery", "replica", "interest")})
        return connection.execute(query, parameters).fetchall()

    # The one that waits: the others have no interests.
    (replica,) = rows("SELECT DISTINCT replica FROM {interest}")[0]
    channels = [
        channel
        for channel, in connection.execute(
            "SELECT substring(query FROM 'LISTEN \"(.*)\"') FROM pg_stat_activity WHERE query LIKE 'LISTEN%%'"
        )
        if channel and channel.endswith("." + replica.hex)
    ]
    assert len(channels) == 1 and channels[0].startswith("smooven."), channels
    connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channels[0])))
    print("listening", flush=True)
    positions = []
    for notification in connection.notifies(timeout=60):
        if notification.payload == "probe":
            continue
        version, lists = notification.payload.split(" ")
        assert version == "1", notification.payload
        positions = [int(position) for position in lists.split(";")[0].split(",") if position]
        if positions:
            break
    events = rows("SELECT position, detail, body FROM {event} WHERE position = ANY (%s)", positions)
    deliveries = rows("SELECT record FROM {delivery}")
    print(
        json.dumps(
            {
                "positions": positions,
                "events": [{"position": row[0], "detail": row[1], "body": bytes(row[2]).decode()} for row in events],
                "deliveries": [row[0] for row in deliveries],
            }
        ),
        flush=True,
    )
