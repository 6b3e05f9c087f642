"""A server on the Python SDK (PyPI package mcp, 1.x or 2.x).

    python server.py [--stateless] [--json] [--sse] [--name NAME] [--port N] [--host H]

`--sse` speaks the transport of 2024-11-05, its stream at /sse.
Prints {"url": "http://HOST:PORT/mcp"} as one line once connections are accepted. As all servers on version 1 of that
SDK, it tells list_changed only to the session that caused the change.
"""

import argparse
import asyncio
import json
import os
import socket

import uvicorn
from pydantic import BaseModel

try:
    from mcp.server.fastmcp import Context, FastMCP
    from mcp.types import Completion, ToolAnnotations

    GENERATION = 1
except ModuleNotFoundError:
    from mcp.server.mcpserver import Context, MCPServer as FastMCP
    from mcp_types import Completion, ToolAnnotations

    GENERATION = 2

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--host", default="127.0.0.1")
parser.add_argument("--name", default="python")
parser.add_argument("--stateless", action="store_true")
parser.add_argument("--json", action="store_true")
parser.add_argument("--sse", action="store_true")
options = parser.parse_args()

STYLES = ["formal", "friendly", "funny"]
NOTE_IDS = ["1", "2", "10"]

transport = {"stateless_http": options.stateless, "json_response": options.json, "host": options.host}
if GENERATION == 1:
    server = FastMCP(options.name, instructions=f"The test server {options.name}.", **transport)
else:
    server = FastMCP(options.name, instructions=f"The test server {options.name}.")
extras: set[str] = set()


class Sum(BaseModel):
    sum: float


@server.tool(title="Echo", annotations=ToolAnnotations(readOnlyHint=True))
def echo(text: str) -> str:
    """Answers the text that it is given"""
    return text


@server.tool(title="Add")
def add(a: float, b: float) -> Sum:
    """Adds two numbers"""
    return Sum(sum=a + b)


@server.tool(title="Count")
async def count(to: int, ctx: Context, stepMs: int = 0) -> str:
    """Counts to a number, with a progress notification for each step"""
    for step in range(1, to + 1):
        await asyncio.sleep(stepMs / 1000)
        await ctx.report_progress(step, to)
    return f"counted to {to}"


@server.tool(title="Slow")
async def slow(ms: int) -> str:
    """Answers after some milliseconds"""
    await asyncio.sleep(ms / 1000)
    return f"waited {ms} ms"


@server.tool(title="Bytes")
def bytes(size: int) -> str:
    """Answers a text of the given size"""
    return "x" * size


@server.tool(title="Fail")
def fail() -> str:
    """Answers with a tool error"""
    raise ValueError("this tool always fails")


@server.tool(title="Who answers", structured_output=False)
def who_answers() -> str:
    """Tells which server process answered"""
    return json.dumps({"server": options.name, "pid": os.getpid()})


@server.tool(title="Toggle")
async def toggle(name: str, ctx: Context) -> str:
    """Adds a tool, or removes it, and announces the change"""
    if name in extras:
        extras.remove(name)
        server.remove_tool(name)
        change = "removed"
    else:
        extras.add(name)
        server.add_tool(lambda: f"{name} answers", name=name, description="A tool that was added while the server ran")
        change = "added"
    await ctx.session.send_tool_list_changed()
    return change


@server.prompt(description="A greeting in some style")
def greet(name: str, style: str) -> str:
    return f"Write a {style} greeting for {name}."


@server.resource("test://about", name="about", mime_type="text/plain")
def about() -> str:
    """What this is"""
    return "A server for tests."


@server.resource("test://notes/{id}", name="note", mime_type="text/plain")
def note(id: str) -> str:
    """One note"""
    return f"The content of test://notes/{id}."


@server.completion()
async def complete(ref, argument, context):
    values = {"style": STYLES, "id": NOTE_IDS}.get(argument.name, [])
    return Completion(values=[value for value in values if value.startswith(argument.value)])


if options.sse:
    app = server.sse_app()
else:
    app = server.streamable_http_app() if GENERATION == 1 else server.streamable_http_app(**transport)
listener = socket.create_server(
    (options.host, options.port), family=socket.AF_INET6 if ":" in options.host else socket.AF_INET, backlog=1024
)
host, port = listener.getsockname()[:2]
host = "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
print(json.dumps({"url": f"http://{host}:{port}/mcp"}), flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=0)).run(sockets=[listener])
