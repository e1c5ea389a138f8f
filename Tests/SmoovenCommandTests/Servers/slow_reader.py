"""Plays a host that sends requests to an MCP server, and doesn't read.

    slow_reader.py COMMAND [ARGUMENT ...]

Sends calls until the server takes no more, and then reads. Does the same with lists of tools between the calls. Then it
stops reading again, and closes its end of the input. Prints one JSON object about each of these.
"""

import json
import os
import select
import subprocess
import sys
import time

MOST = 3_000
process = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
source, sink = process.stdout, process.stdin.fileno()
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}


def line(number, method):
    # A call ends soon, because there's no such handle.
    params = {"name": "wait_for", "arguments": {"handle": "mcp-%d" % number}, "_meta": META}
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode() + b"\n"


def fill(number, *methods):
    """Sends requests until none is taken for a while, and returns the number after the last one."""
    end = number + MOST
    # A pipe that can be written has room for a whole line.
    while number < end and select.select([], [sink], [], 3)[1]:
        os.write(sink, line(number, methods[number % len(methods)]))
        number += 1
        # The server gets the time to end some calls. Of too many at once, most are refused and not begun.
        if number % 32 == 0:
            time.sleep(0.02)
    return number


def memory():
    with open("/proc/%d/status" % process.pid) as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))


def read(first, end):
    """Reads a reply to each of some requests, and returns what is said about them."""
    replies = [json.loads(source.readline()) for _ in range(first, end)]
    # These are replied to before the next line is read.
    listed = [reply["id"] for reply in replies if "tools" in reply["result"]]
    return {
        "once": sorted(reply["id"] for reply in replies) == list(range(first, end)),
        "listed": len(listed),
        "ordered": listed == sorted(listed),
    }


calls = fill(0, "tools/call")
print(json.dumps({"sent": calls, "memory": memory(), **read(0, calls)}), flush=True)
mixed = fill(calls, "tools/call", "tools/list")
print(json.dumps({"sent": mixed - calls, **read(calls, mixed)}), flush=True)
last = fill(mixed, "tools/call")
process.stdin.close()
try:
    code = process.wait(timeout=60)
except subprocess.TimeoutExpired:
    process.kill()
    code = None
print(json.dumps({"sent": last - mixed, "code": code}))
