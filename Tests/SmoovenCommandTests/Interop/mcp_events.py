"""Plays an MCP server whose events a client watches (MCP Events), with another project's implementation.

mcp_events.py URL SECRET: subscribes URL, and sends it the events of two incidents. Prints one JSON object a line.
"""

import json
import sys
import tempfile

from mcp_webhook_events import CallbackError, EventDefinition, McpEvents, SafeHttp

url, secret = sys.argv[1:3]
IDS = {"type": "object", "properties": {"id": {"type": "string"}}}


def subscription(secret):
    return {
        "name": "incident.updated",
        "arguments": {"id": "7"},
        "delivery": {"mode": "webhook", "url": url, "secret": secret},
    }


with tempfile.TemporaryDirectory() as folder:
    events = McpEvents(
        None,
        store=f"{folder}/events.sqlite3",
        definitions=[EventDefinition("incident.updated", "An incident changed.", IDS, IDS)],
        # The listener is on this machine.
        http=SafeHttp(allow_insecure_for_tests=True),
    )
    try:
        events.subscribe("client", subscription("whsec_" + "QUJD" * 8))
        print(json.dumps({"step": "wrong secret", "subscribed": True}))
    except CallbackError as error:
        print(json.dumps({"step": "wrong secret", "reason": error.reason}))
    print(json.dumps({"step": "subscribed", **events.subscribe("client", subscription(secret))}))
    queued = [
        events.publish("incident.updated", {"id": incident, "state": state})
        for incident, state in [("8", "resolved"), ("7", "open"), ("7", "resolved")]
    ]
    print(json.dumps({"step": "sent", "queued": queued, **events.deliver_pending()}))
