"""Sends raw lines to `smooven mcp` in every revision, and checks all of its output with the types of the official SDK.

mcp_validate.py -- COMMAND [ARGUMENT ...]
"""

import json
import subprocess
import sys

from mcp_types import jsonrpc, methods, version

MODERN = "2026-07-28"
META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "validator", "version": "1"},
}
CALLS = [
    ("notify_person", {"user_id": "sarah@example.com", "intent": "The build is done"}),
    ("notify_person", {"user_id": "fail@example.com", "intent": "The build is done"}),
    ("notify_person", {"user_id": "silent@example.com", "intent": "The build is done", "wait_seconds": 1}),
    ("notify_person", {"user_id": "bob@example.com", "intent": "The build is done"}),
    ("notify_person", {}),
    ("ask_person", {"user_id": "answer@example.com", "question": "Deploy?", "options": ["Deploy", "Not now"]}),
    ("ask_person", {"user_id": "silent@example.com", "question": "Why?", "wait_seconds": 1}),
    ("ask_person", {"user_id": "silent@example.com", "question": ""}),
    ("wait_for", {"handle": "unknown"}),
    ("explain_delivery", {"handle": "unknown"}),
]
# Lines that aren't requests, with the code of the error and the id that can be read in them.
MALFORMED = [
    (b"not json", -32700, None),
    (b'{"jsonrpc":"2.0","id":1,"method":"\xff"}', -32700, None),
    (b'{"jsonrpc":"2.0","id":1,', -32700, None),
    (b"[" * 2_000, -32700, None),
    (b"[]", -32600, None),
    (b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]', -32600, None),
    (b"7", -32600, None),
    (b'{"id":"a","method":"ping"}', -32600, "a"),
    (b'{"jsonrpc":"2.0","id":"a"}', -32600, "a"),
    (b'{"jsonrpc":"2.0","id":"a","method":7}', -32600, "a"),
    (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600, None),
    (b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}', -32600, None),
    (b'{"jsonrpc":"2.0","id":{},"method":"ping"}', -32600, None),
    (b'{"jsonrpc":"2.0","id":"a","method":"ping","params":[]}', -32602, "a"),
]
TASKS = {"io.modelcontextprotocol/clientCapabilities": {"extensions": {"io.modelcontextprotocol/tasks": {}}}}
SILENT = {"user_id": "silent@example.com", "intent": "The build is done"}
checked = 0


class Conversation:
    """A client of one revision, which checks the envelope of everything that the server sends to it."""

    def __init__(self, revision):
        self.revision = revision
        self.process = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.number = 0

    def write(self, line):
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def send(self, method, params, number=None):
        """Sends a request, with a new id unless there's one, and returns the id."""
        if number is None:
            self.number += 1
            number = self.number
        if self.revision == MODERN:
            params = {**params, "_meta": {**META, **params.get("_meta", {})}}
        self.write(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode())
        return number

    def receive(self):
        """Returns the next message."""
        global checked
        said = json.loads(self.process.stdout.readline())
        jsonrpc.jsonrpc_message_adapter.validate_python(said)
        checked += 1
        # The type of this one is the extension's.
        if "method" in said and said["method"] != "notifications/tasks":
            methods.parse_server_notification(said["method"], self.revision, said.get("params"))
        return said

    def response(self, number):
        """Returns the next response, which must have an id."""
        while True:
            said = self.receive()
            if "method" not in said:
                assert said["id"] == number, said
                return said

    def ask(self, method, params):
        """Sends a request, and returns its response, whose result has the type of the method."""
        said = self.response(self.send(method, params))
        if "result" in said:
            methods.validate_server_result(method, self.revision, said["result"])
        return said

    def refused(self, number, code):
        """Checks that the next response is an error."""
        error = self.response(number)["error"]
        assert error["code"] == code, error


def converse(revision):
    """Everything that the server sends to one client."""
    client = Conversation(revision)
    if revision == MODERN:
        found = client.ask("server/discover", {})["result"]
        assert found["supportedVersions"] == [MODERN], found
    else:
        info = {"name": "validator", "version": "1"}
        hello = {"protocolVersion": revision, "capabilities": {}, "clientInfo": info}
        found = client.ask("initialize", hello)["result"]
        assert found["protocolVersion"] == revision, found
        client.write(b'{"jsonrpc":"2.0","method":"notifications/initialized"}')
        assert client.ask("ping", {})["result"] == {}
    tools = client.ask("tools/list", {})["result"]["tools"]
    for name, arguments in CALLS:
        token = {"progressToken": f"{name}-{client.number}"}
        said = client.ask("tools/call", {"name": name, "arguments": arguments, "_meta": token})
        check_schema(tools, name, said["result"])
    for method in ["resources/list", "prompts/list", "nonsense", "tasks/list", "tasks/result"]:
        client.refused(client.send(method, {}), -32601)
    client.refused(client.send("tools/call", {"name": "nonsense"}), -32602)
    for line, code, number in MALFORMED:
        client.write(line)
        client.refused(number, code)
    # The id belongs to the response to the first of the two.
    number = client.send("tools/call", {"name": "notify_person", "arguments": {**SILENT, "wait_seconds": 1}})
    client.send("tools/list", {}, number)
    client.refused(None, -32600)
    assert "result" in client.response(number)
    if revision == MODERN:
        converse_about_tasks(client)
    else:
        for method in ["tasks/get", "subscriptions/listen"]:
            client.refused(client.send(method, {"taskId": "unknown", "notifications": {}}), -32601)
    client.process.stdin.close()
    assert client.process.stdout.read() == b"", "said something after the end of its input"
    assert client.process.wait(timeout=5) == 0


def converse_about_tasks(client):
    """What a client of the extension is sent, and one that doesn't declare it."""
    from fastmcp_tasks.client_models import ClientCreateTaskResult, ClientGetTaskResult

    unversioned = {"io.modelcontextprotocol/protocolVersion": "1900-01-01"}
    client.refused(client.send("tools/list", {"_meta": unversioned}), -32022)
    for method in ["tasks/get", "tasks/update", "tasks/cancel"]:
        client.refused(client.send(method, {"taskId": "unknown"}), -32021)
        client.refused(client.send(method, {"taskId": "unknown", "_meta": TASKS}), -32602)
        client.refused(client.send(method, {"_meta": TASKS}), -32602)
    client.refused(client.send("subscriptions/listen", {"notifications": {"taskIds": ["unknown"]}}), -32021)
    client.refused(client.send("subscriptions/listen", {"_meta": TASKS}), -32602)
    sarah = {"user_id": "sarah@example.com", "intent": "Another build is done"}
    call = {"name": "notify_person", "arguments": sarah, "_meta": TASKS}
    created = client.response(client.send("tools/call", call))["result"]
    task = ClientCreateTaskResult.model_validate(created, by_name=False).task_id
    filters = {"taskIds": [task, "unknown"]}
    number = client.send("subscriptions/listen", {"notifications": filters, "_meta": TASKS})
    acknowledged = client.receive()
    assert acknowledged["method"] == "notifications/subscriptions/acknowledged", acknowledged
    assert acknowledged["params"]["notifications"] == {"taskIds": [task]}, acknowledged
    told = client.receive()
    assert told["method"] == "notifications/tasks", told
    for said in [acknowledged, told]:
        assert said["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"] == number, said
    ended = {**told["params"], "resultType": "complete"}
    assert ClientGetTaskResult.model_validate(ended, by_name=False).status == "completed", told
    methods.validate_server_result("tools/call", MODERN, told["params"]["result"])
    # All of its tasks have ended.
    methods.validate_server_result("subscriptions/listen", MODERN, client.response(number)["result"])
    read = client.response(client.send("tasks/get", {"taskId": task, "_meta": TASKS}))["result"]
    assert ClientGetTaskResult.model_validate(read, by_name=False).result == told["params"]["result"], read
    # A subscription to nothing lasts until it's cancelled, and that gets no response.
    number = client.send("subscriptions/listen", {"notifications": {}})
    acknowledged = client.receive()
    assert acknowledged["params"]["notifications"] == {}, acknowledged
    cancelled = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": number}}
    client.write(json.dumps(cancelled).encode())
    assert "result" in client.ask("tools/list", {})


def check_schema(tools, name, result):
    """Checks that a result conforms to the schema of its tool, and that its text is the same JSON."""
    import jsonschema

    schema = next(tool["outputSchema"] for tool in tools if tool["name"] == name)
    if result["isError"]:
        assert "structuredContent" not in result
        return
    jsonschema.validate(result["structuredContent"], schema)
    assert json.loads(result["content"][0]["text"]) == result["structuredContent"]


if __name__ == "__main__":
    for revision in version.KNOWN_PROTOCOL_VERSIONS:
        converse(revision)
        print(json.dumps({"revision": revision, "checked": checked}), flush=True)
