"""Posts raw messages to `smooven mcp --http` in every revision, and checks all responses with the types of the official SDK.

mcp_validate_http.py URL TOKEN
"""

import http.client
import json
import sys
import urllib.parse

from mcp_types import jsonrpc, methods, version
from mcp_validate import CALLS, MALFORMED, META, MODERN, SILENT, TASKS, check_schema

url = urllib.parse.urlsplit(sys.argv[1])
FIELDS = {
    "Authorization": f"Bearer {sys.argv[2]}",
    "Content-Type": "application/json",
    "Accept": "application/json, text/event-stream",
}
counts = {"messages": 0, "frames": 0, "comments": 0, "empty": 0}


def exchange(body, fields, method="POST", path=url.path):
    """Returns the status, the type and the body of a response. A field that is None is left out."""
    connection = http.client.HTTPConnection(url.netloc, timeout=60)
    fields = {name: value for name, value in fields.items() if value is not None}
    connection.request(method, path, body, fields)
    response = connection.getresponse()
    said = response.read()
    connection.close()
    return response.status, response.getheader("Content-Type"), said


def checked(text, revision):
    """Returns a message, after a check of its envelope and of a notification's type."""
    said = json.loads(text)
    jsonrpc.jsonrpc_message_adapter.validate_python(said)
    counts["messages"] += 1
    # The type of this one is the extension's.
    if "method" in said and said["method"] != "notifications/tasks":
        methods.parse_server_notification(said["method"], revision, said.get("params"))
    return said


def frames(body):
    """Returns the data of the events in a stream, each of which ends with an empty line."""
    *parts, rest = body.decode().split("\n\n")
    assert rest == "", rest
    for part in parts:
        if part == ":":
            counts["comments"] += 1
            continue
        event, data = part.split("\n")
        assert event == "event: message" and data.startswith("data: "), part
        counts["frames"] += 1
        yield data.removeprefix("data: ")


class Client:
    """A client of one revision."""

    def __init__(self, revision):
        self.revision = revision

    def message(self, method, params):
        if self.revision == MODERN:
            params = {**params, "_meta": {**META, **params.get("_meta", {})}}
        return {"jsonrpc": "2.0", "id": "r", "method": method, "params": params}

    def fields(self, method, params):
        if method == "initialize":
            return FIELDS
        fields = {**FIELDS, "MCP-Protocol-Version": self.revision}
        name = params.get("name", params.get("taskId"))
        return {**fields, "Mcp-Method": method, "Mcp-Name": name} if self.revision == MODERN else fields

    def send(self, method, params, **changes):
        """Returns the status, the progress and the response to a request, whose headers may be changed."""
        fields = {**self.fields(method, params), **changes}
        status, kind, body = exchange(json.dumps(self.message(method, params)), fields)
        if kind == "text/event-stream":
            messages = [checked(data, self.revision) for data in frames(body)]
        else:
            assert kind == "application/json", (status, kind, body)
            messages = [checked(body, self.revision)]
        assert messages[-1]["id"] == "r", messages
        assert all("method" in said for said in messages[:-1]), messages
        return status, messages[:-1], messages[-1]

    def ask(self, method, params):
        """Sends a request, and returns its result, which has the type of the method."""
        status, progress, said = self.send(method, params)
        assert status == 200, (status, said)
        methods.validate_server_result(method, self.revision, said["result"])
        values = [step["params"]["progress"] for step in progress]
        assert values == sorted(set(values)), values
        return said["result"]

    def refused(self, status, code, method, params, **changes):
        """Sends a request that gets an error. Revisions before this one have no statuses for errors."""
        given, _, said = self.send(method, params, **changes)
        assert said["error"]["code"] == code, said
        assert given == (status if self.revision == MODERN else 200), (given, said)


def converse(client):
    """All that the server sends to a client of one revision."""
    if client.revision == MODERN:
        client.ask("server/discover", {})
    else:
        info = {"name": "validator", "version": "1"}
        hello = {"protocolVersion": client.revision, "capabilities": {}, "clientInfo": info}
        assert client.ask("initialize", hello)["protocolVersion"] == client.revision
        client.ask("ping", {})
    tools = client.ask("tools/list", {})["tools"]
    for number, (name, arguments) in enumerate(CALLS):
        call = {"name": name, "arguments": arguments, "_meta": {"progressToken": number}}
        check_schema(tools, name, client.ask("tools/call", call))
    for method in ["resources/list", "nonsense", "tasks/list", "tasks/result"]:
        client.refused(404, -32601, method, {})
    client.refused(400, -32602, "tools/call", {"name": "nonsense"})
    for line, code, number in MALFORMED:
        status, kind, body = exchange(line, client.fields("ping", {}))
        said = checked(body, client.revision)
        assert (status, kind, said["id"]) == (400, "application/json", number), (line, status, said)
        assert said["error"]["code"] == code, said
    if client.revision == MODERN:
        contradict(client)
        subscribe(client)
    else:
        for method in ["tasks/get", "subscriptions/listen"]:
            client.refused(200, -32601, method, {"taskId": "unknown", "notifications": {}})


def contradict(client):
    """Headers that contradict the body, for each method that has them."""
    requests = [("tools/list", {}), ("tools/call", {"name": "wait_for", "arguments": {"handle": "unknown"}})]
    requests += [(f"tasks/{name}", {"taskId": "unknown", "_meta": TASKS}) for name in ["get", "update", "cancel"]]
    requests += [("subscriptions/listen", {"notifications": {}})]
    for method, params in requests:
        for wrong in [None, "tools/other"]:
            client.refused(400, -32020, method, params, **{"Mcp-Method": wrong})
        for wrong in [None, "2025-11-25"]:
            client.refused(400, -32020, method, params, **{"MCP-Protocol-Version": wrong})
        if "name" in params or "taskId" in params:
            for wrong in [None, "other", "=?base64?b3RoZXI=?="]:
                client.refused(400, -32020, method, params, **{"Mcp-Name": wrong})
    for method in ["tasks/get", "tasks/update", "tasks/cancel"]:
        client.refused(400, -32021, method, {"taskId": "unknown"})
    unversioned = {"_meta": {"io.modelcontextprotocol/protocolVersion": "1900-01-01"}}
    client.refused(400, -32022, "tools/list", unversioned, **{"MCP-Protocol-Version": "1900-01-01"})


def subscribe(client):
    """A task over HTTP, and the stream that ends with it."""
    from fastmcp_tasks.client_models import ClientCreateTaskResult, ClientGetTaskResult

    sarah = {**SILENT, "user_id": "sarah@example.com", "intent": "Another build is done"}
    _, _, said = client.send("tools/call", {"name": "notify_person", "arguments": sarah, "_meta": TASKS})
    task = ClientCreateTaskResult.model_validate(said["result"], by_name=False).task_id
    filters = {"notifications": {"taskIds": [task]}, "_meta": TASKS}
    status, notified, said = client.send("subscriptions/listen", filters)
    assert status == 200 and [step["method"] for step in notified] == [
        "notifications/subscriptions/acknowledged",
        "notifications/tasks",
    ], notified
    methods.validate_server_result("subscriptions/listen", MODERN, said["result"])
    _, _, said = client.send("tasks/get", {"taskId": task, "_meta": TASKS})
    ended = ClientGetTaskResult.model_validate(said["result"], by_name=False)
    assert ended.status == "completed", ended
    methods.validate_server_result("tools/call", MODERN, ended.result)


def refuse():
    """Requests that are refused without a message, because what sent them may not be a client at all."""
    body = json.dumps(Client(MODERN).message("tools/list", {}))
    fields = Client(MODERN).fields("tools/list", {})
    for status, change in [
        (403, {"Origin": "https://evil.example"}),
        (403, {"Host": "evil.example"}),
        (401, {"Authorization": None}),
        (401, {"Authorization": "Bearer another-0123456789"}),
        (415, {"Content-Type": "text/plain"}),
    ]:
        assert exchange(body, {**fields, **change}) == (status, None, b""), change
        counts["empty"] += 1
    for status, change in [(404, {"path": "/other"}), (405, {"method": "GET"}), (405, {"method": "DELETE"})]:
        assert exchange(None, fields, **change) == (status, None, b""), change
        counts["empty"] += 1
    notification = json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"})
    assert exchange(notification, fields) == (202, None, b"")
    assert exchange(b" " * (1 << 20) + b"{}", fields)[0] == 413
    counts["empty"] += 2


for revision in version.KNOWN_PROTOCOL_VERSIONS:
    converse(Client(revision))
    print(json.dumps({"revision": revision, **counts}), flush=True)
refuse()
print(json.dumps({"revision": None, **counts}))
