"""Calls the tools of `smooven mcp` through third-party clients, and prints one JSON object per line.

mcp_client.py CLIENT SCENARIO -- COMMAND [ARGUMENT ...]
mcp_client.py CLIENT-http SCENARIO -- URL TOKEN
"""

import asyncio
import importlib.metadata
import json
import os
import signal
import sys
import tempfile
import time

client, scenario = sys.argv[1:3]
command, *arguments = sys.argv[4:]
# On their own, clients pass on little of their environment.
ENVIRONMENT = dict(os.environ)
SARAH = {"user_id": "sarah@example.com", "intent": "The build is done"}
SILENT = {"user_id": "silent@example.com", "intent": "The build is done"}

QUESTION = {"user_id": "answer@example.com", "question": "Deploy build 512?", "options": ["Deploy", "Not now"]}


def say(name, **values):
    print(json.dumps({"step": name, **values}), flush=True)


def result(name, value, started):
    """Prints what a call returned, whatever a client's generation calls the fields."""
    error = getattr(value, "is_error", getattr(value, "isError", None))
    structured = getattr(value, "structured_content", getattr(value, "structuredContent", None))
    text = value.content[0].text if value.content else ""
    say(name, error=error, report=structured, text=text, seconds=time.monotonic() - started)
    return structured


async def scenarios(call, tools):
    """`call(name, arguments, on_progress=None)` calls a tool. `tools()` lists their names."""

    async def told(step, name, values, **options):
        started = time.monotonic()
        return result(step, await call(name, values, **options), started)

    if scenario == "basic":
        say("tools", names=await tools())
        progress = []
        await told("delivered", "notify_person", SARAH, on_progress=lambda p, t, m: progress.append([p, t, m]))
        say("progress", values=progress)
        waiting = await told("waiting", "notify_person", SILENT)
        await told("still waiting", "wait_for", {"handle": waiting["handle"], "wait_seconds": 1})
        await told("joined", "notify_person", {**SILENT, "wait_seconds": 0})
        await told("explained", "explain_delivery", {"handle": waiting["handle"]})
        asked = await told("asked", "ask_person", QUESTION)
        for _ in range(20):
            if asked["outcome"] != "waiting":
                break
            asked = await told("asked", "wait_for", {"handle": asked["handle"]})
        await told("failed", "notify_person", {**SARAH, "user_id": "fail@example.com"})
        await told("not allowed", "notify_person", {**SARAH, "user_id": "bob@example.com"})
        await told("wrong argument", "notify_person", {**SARAH, "urgency": "asap"})
    elif scenario == "keyed":
        await told("keyed", "notify_person", {**SARAH, "idempotency_key": "deploy-512"})
    elif scenario == "hang up":
        try:
            await asyncio.wait_for(call("notify_person", SILENT), timeout=1)
            say("hung up", ended=True)
        except (asyncio.TimeoutError, TimeoutError):
            say("hung up", ended=False)
        await told("again", "notify_person", {**SILENT, "wait_seconds": 0})
    elif scenario == "impatient":
        started = time.monotonic()
        try:
            await call("notify_person", SILENT)
            say("gave up", error="")
        except Exception as error:
            say("gave up", error=str(error), seconds=time.monotonic() - started)
        again = await told("again", "notify_person", {**SILENT, "wait_seconds": 0})
        await told("still waiting", "wait_for", {"handle": again["handle"], "wait_seconds": 1})


async def mcp2(mode, over_http=False):
    from mcp import Client, StdioServerParameters
    from mcp.client.stdio import stdio_client
    from mcp.client.streamable_http import streamable_http_client
    from mcp.shared._httpx_utils import create_mcp_http_client

    options = {} if mode == "auto" else {"mode": mode}
    if over_http:
        web = create_mcp_http_client(headers={"Authorization": f"Bearer {arguments[0]}"})
        server = streamable_http_client(command, http_client=web)
    else:
        server = stdio_client(StdioServerParameters(command=command, args=arguments, env=ENVIRONMENT))
    async with Client(server, **options) as session:
        say("connected", version=session.protocol_version)

        async def call(name, values, on_progress=None):
            async def report(progress, total, message):
                on_progress(progress, total, message)

            return await session.call_tool(name, values, progress_callback=report if on_progress else None)

        async def tools():
            return [tool.name for tool in (await session.list_tools()).tools]

        await scenarios(call, tools)


async def mcp1(over_http=False):
    from mcp import ClientSession, StdioServerParameters
    from mcp.client.stdio import stdio_client
    from mcp.client.streamable_http import streamablehttp_client

    if over_http:
        server = streamablehttp_client(command, headers={"Authorization": f"Bearer {arguments[0]}"})
    else:
        server = stdio_client(StdioServerParameters(command=command, args=arguments, env=ENVIRONMENT))
    async with server as streams:
        async with ClientSession(*streams[:2]) as session:
            say("connected", version=(await session.initialize()).protocolVersion)

            async def call(name, values, on_progress=None):
                async def report(progress, total, message):
                    on_progress(progress, total, message)

                return await session.call_tool(name, values, progress_callback=report if on_progress else None)

            async def tools():
                return [tool.name for tool in (await session.list_tools()).tools]

            await scenarios(call, tools)


async def openai_agents():
    from agents.mcp import MCPServerStdio

    # Its own limit for a call is 5 seconds.
    params = {"command": command, "args": arguments, "env": ENVIRONMENT}
    async with MCPServerStdio(params=params) as server:
        say("connected", version="")

        async def call(name, values, on_progress=None):
            return await server.call_tool(name, values)

        async def tools():
            return [tool.name for tool in await server.list_tools()]

        await scenarios(call, tools)


async def langchain():
    from langchain_mcp_adapters.client import MultiServerMCPClient
    from langchain_mcp_adapters.tools import load_mcp_tools

    servers = MultiServerMCPClient({"smooven": {"transport": "stdio", "command": command, "args": arguments}})
    async with servers.session("smooven") as session:
        tools = {tool.name: tool for tool in await load_mcp_tools(session)}
        say("tools", names=list(tools))
        started = time.monotonic()
        content = await tools["notify_person"].ainvoke(SARAH)
        text = content if isinstance(content, str) else content[0]["text"]
        say("delivered", report=json.loads(text), seconds=time.monotonic() - started)


async def fastmcp_tasks():
    from fastmcp import Client
    from fastmcp.client.transports import StdioTransport
    from fastmcp_tasks.client import call_tool_task

    # It polls tasks on its own, and the caller gets the result of the call.
    async with Client(StdioTransport(command=command, args=arguments, keep_alive=False)) as session:
        say("connected", version=importlib.metadata.version("fastmcp-tasks"))
        for step, tool, values in [
            ("delivered", "notify_person", SARAH),
            ("failed", "notify_person", {**SARAH, "user_id": "fail@example.com"}),
            ("asked", "ask_person", QUESTION),
        ]:
            started = time.monotonic()
            result(step, await session.call_tool(tool, values, raise_on_error=False), started)
        task = await call_tool_task(session, "notify_person", {**SARAH, "intent": "Another"})
        status = await task.status()
        say("task", status=status.status, id=task.task_id)
        result("task result", await task.result(), time.monotonic())


async def fastmcp_restart():
    """A task goes on in a second server, after the first one was killed."""
    from fastmcp import Client
    from fastmcp.client.transports import StdioTransport
    from fastmcp_tasks.client import ToolTask, call_tool_task

    with tempfile.NamedTemporaryFile() as file:
        # The shell becomes the server, so its number is the server's.
        script = ["-c", 'echo $$ >"$0"; exec "$@"', file.name, command, *arguments]

        def server():
            return Client(StdioTransport(command="sh", args=script, env=ENVIRONMENT, keep_alive=False))

        try:
            async with server() as session:
                values = {**SARAH, "user_id": "lost@example.com", "deadline_seconds": 5}
                first = await call_tool_task(session, "notify_person", values)
                say("working", status=(await first.status()).status)
                with open(file.name) as number:
                    os.kill(int(number.read()), signal.SIGKILL)
                await first.status()
        except Exception as error:
            say("killed", error=type(error).__name__)
        async with server() as session:
            task = ToolTask(session, "notify_person", first.create_result)
            say("restarted", status=(await task.status()).status)
            result("task result", await task.result(), time.monotonic())


runs = {
    "mcp2-auto": lambda: mcp2("auto"),
    "mcp2-legacy": lambda: mcp2("legacy"),
    "mcp2-modern": lambda: mcp2("2026-07-28"),
    "mcp1": mcp1,
    "openai-agents": openai_agents,
    "langchain": langchain,
    "fastmcp-tasks": fastmcp_tasks,
    "fastmcp-restart": fastmcp_restart,
    "mcp2-auto-http": lambda: mcp2("auto", over_http=True),
    "mcp2-legacy-http": lambda: mcp2("legacy", over_http=True),
    "mcp2-modern-http": lambda: mcp2("2026-07-28", over_http=True),
    "mcp1-http": lambda: mcp1(over_http=True),
}
asyncio.run(runs[client]())
say("closed")
