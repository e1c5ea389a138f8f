"""Runs an agent of Pydantic AI with the tools of `smooven mcp` and a scripted model, and prints one JSON object per line.

mcp_agent.py tasks|calls -- COMMAND [ARGUMENT ...]
"""

import asyncio
import json
import os
import sys

from fastmcp.client.transports import StdioTransport
from pydantic_ai import Agent
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import FunctionModel

kind, _, command, *arguments = sys.argv[1:]
SARAH = {"user_id": "sarah@example.com", "intent": "The build is done"}
QUESTION = {"user_id": "answer@example.com", "question": "Deploy build 512?", "options": ["Deploy", "Not now"]}
# What the model does, one call in each turn. A wait is for the handle of the turn before.
TURNS = [
    ("delivered", "notify_person", SARAH),
    ("failed", "notify_person", {**SARAH, "user_id": "fail@example.com"}),
    ("not allowed", "notify_person", {**SARAH, "user_id": "bob@example.com"}),
    ("waiting", "notify_person", {**SARAH, "user_id": "silent@example.com", "wait_seconds": 0}),
    ("still waiting", "wait_for", {"wait_seconds": 0}),
    ("explained", "explain_delivery", {}),
    ("asked", "ask_person", QUESTION),
]
turn = 0
handle = None


def say(step, **values):
    print(json.dumps({"step": step, **values}), flush=True)


def play(messages, info):
    """Plays the model: reports what the last call returned, and makes the next one."""
    global turn, handle
    if turn == 0:
        say("tools", names=[tool.name for tool in info.function_tools])
    else:
        step = TURNS[turn - 1][0]
        for part in messages[-1].parts:
            # A refused call returns a text on which the model can act.
            if isinstance(part, ToolReturnPart) and isinstance(part.content, dict):
                report = part.content
                handle = report["handle"]
                say(step, report=report)
            else:
                say(step, refused=str(part.content))
    # A question may outlast one call.
    if turn == len(TURNS) and report["outcome"] == "waiting":
        return ModelResponse(parts=[ToolCallPart("wait_for", {"handle": handle})])
    if turn == len(TURNS):
        return ModelResponse(parts=[TextPart("Done.")])
    _, tool, values = TURNS[turn]
    turn += 1
    if tool in ["wait_for", "explain_delivery"]:
        values = {**values, "handle": handle}
    return ModelResponse(parts=[ToolCallPart(tool, values)])


async def run():
    server = StdioTransport(command=command, args=arguments, env=dict(os.environ), keep_alive=False)
    tools = MCPToolset(server, prefer_tasks=kind == "tasks", max_retries=2, include_instructions=True)
    agent = Agent(FunctionModel(play), toolsets=[tools])
    async with agent:
        say("closed", output=(await agent.run("Tell Sarah that the build is done.")).output)


asyncio.run(run())
