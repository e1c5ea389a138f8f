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
checked = 0


def converse(revision):
    """Everything that the server sends to one client."""
    global checked
    process = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    number = 0

    def ask(method, params):
        """Sends a request, checks its response and what arrives before it, and returns the result."""
        nonlocal number
        global checked
        number += 1
        if revision == MODERN:
            params = {**params, "_meta": {**META, **params.get("_meta", {})}}
        message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        process.stdin.write(json.dumps(message) + "\n")
        process.stdin.flush()
        while True:
            said = json.loads(process.stdout.readline())
            jsonrpc.jsonrpc_message_adapter.validate_python(said)
            checked += 1
            if "method" in said:
                methods.parse_server_notification(said["method"], revision, said.get("params"))
                continue
            assert said["id"] == number, said
            if "result" in said:
                methods.validate_server_result(method, revision, said["result"])
            return said

    if revision == MODERN:
        found = ask("server/discover", {})["result"]
        assert found["supportedVersions"] == [MODERN], found
    else:
        client = {"name": "validator", "version": "1"}
        found = ask("initialize", {"protocolVersion": revision, "capabilities": {}, "clientInfo": client})["result"]
        assert found["protocolVersion"] == revision, found
        process.stdin.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n')
        assert ask("ping", {})["result"] == {}
    tools = ask("tools/list", {})["result"]["tools"]
    for name, arguments in CALLS:
        said = ask("tools/call", {"name": name, "arguments": arguments, "_meta": {"progressToken": f"{name}-{number}"}})
        check_schema(tools, name, said["result"])
    for method in ["resources/list", "prompts/list", "nonsense"]:
        assert ask(method, {})["error"]["code"] == -32601
    process.stdin.close()
    assert process.stdout.read() == "", "said something after the end of its input"
    assert process.wait(timeout=5) == 0


def check_schema(tools, name, result):
    """Checks that a result conforms to the schema of its tool, and that its text is the same JSON."""
    import jsonschema

    schema = next(tool["outputSchema"] for tool in tools if tool["name"] == name)
    if result["isError"]:
        assert "structuredContent" not in result
        return
    jsonschema.validate(result["structuredContent"], schema)
    assert json.loads(result["content"][0]["text"]) == result["structuredContent"]


for revision in version.KNOWN_PROTOCOL_VERSIONS:
    converse(revision)
    print(json.dumps({"revision": revision, "checked": checked}), flush=True)
