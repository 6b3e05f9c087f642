"""A server with every feature of 2025-11-25, on the Python SDK (PyPI package mcp, 1.x).

    python server.py --offer JSON [--port N] [--host H]

`--offer` is what offer.ts gives: the lists. Prints {"url": "http://HOST:PORT/mcp"} as one line once connections are
accepted. Its answers to /control/... are those of control.ts.
"""

import argparse
import asyncio
import json
import socket
import uuid
import weakref
from contextlib import asynccontextmanager

import anyio
import mcp.types as types
import uvicorn
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.exceptions import McpError, UrlElicitationRequiredError
from pydantic import AnyUrl
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--host", default="127.0.0.1")
parser.add_argument("--offer", type=json.loads, required=True)
options = parser.parse_args()
offer = options.offer
NAME = offer["name"]
PAGE_ITEMS = 3
LEVELS = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"]
ARGUMENTS = {"style": ["formal", "friendly", "funny"], "id": ["1", "2", "10"]}
FORM = {"type": "object", "properties": {"name": {"type": "string", "title": "Name"}}, "required": ["name"]}

server = Server(NAME, version="1.0.0", instructions=offer["instructions"])
sessions = weakref.WeakSet()
subscribed = weakref.WeakKeyDictionary()
levels = weakref.WeakKeyDictionary()
cancelled = set()
sent = set()


def invalid(what, code=-32602, data=None):
    return McpError(types.ErrorData(code=code, message=what, data=data))


def session():
    current = server.request_context.session
    sessions.add(current)
    return current


def handles(request_type):
    """As the decorators of the SDK, which hide the cursor and validate what this server leaves to others."""

    def register(function):
        async def handler(request):
            session()
            return types.ServerResult(await function(request.params))

        server.request_handlers[request_type] = handler
        return function

    return register


def page(kind, params):
    cursor = params.cursor if params else None
    start = 0
    if cursor is not None:
        if not cursor.startswith("from-"):
            raise invalid(f"There is no page {cursor}.")
        start = int(cursor.removeprefix("from-"))
    end = start + PAGE_ITEMS
    return {kind: offer[kind][start:end], "nextCursor": f"from-{end}" if end < len(offer[kind]) else None}


@handles(types.ListToolsRequest)
async def list_tools(params):
    return types.ListToolsResult.model_validate(page("tools", params))


@handles(types.ListPromptsRequest)
async def list_prompts(params):
    return types.ListPromptsResult.model_validate(page("prompts", params))


@handles(types.ListResourcesRequest)
async def list_resources(params):
    return types.ListResourcesResult.model_validate(page("resources", params))


@handles(types.ListResourceTemplatesRequest)
async def list_templates(params):
    return types.ListResourceTemplatesResult.model_validate(page("resourceTemplates", params))


def text(value, **more):
    return types.CallToolResult(content=[types.TextContent(type="text", text=value)], **more)


@handles(types.CallToolRequest)
async def call_tool(params):
    context = server.request_context
    arguments = params.arguments or {}
    asking = {"related_request_id": context.request_id}
    match params.name:
        case "echo":
            return text(arguments["text"], _meta={"example.com/kept": [True]}, vendor={"kept": 1})
        case "add":
            total = arguments["a"] + arguments["b"]
            return text(json.dumps({"sum": total}), structuredContent={"sum": total})
        case "fail":
            return text("this tool always fails", isError=True)
        case "contents":
            return types.CallToolResult.model_validate({"content": offer["contents"]})
        case "count":
            token = context.meta.progressToken if context.meta else None
            for step in range(1, int(arguments["to"]) + 1):
                await asyncio.sleep(arguments["stepMs"] / 1000)
                if token is not None:
                    await context.session.send_progress_notification(
                        token, step, arguments["to"], f"step {step}", related_request_id=str(context.request_id)
                    )
            return text(f"counted to {arguments['to']}")
        case "wait":
            try:
                token = context.meta.progressToken if context.meta else None
                if token is not None:
                    await context.session.send_progress_notification(
                        token, 0, 1, related_request_id=str(context.request_id)
                    )
                await asyncio.sleep(30)
            except anyio.get_cancelled_exc_class():
                cancelled.add(arguments["key"])
                raise
            return text("waited in vain")
        case "log":
            lowest = LEVELS.index(levels.get(context.session, "debug"))
            for level in ["debug", "info", "error"]:
                if LEVELS.index(level) >= lowest:
                    data = f"{level} of {arguments['key']}"
                    await context.session.send_log_message(level, data, "features", **asking)
            return text("logged")
        case "in_region":
            return text(json.dumps({"region": arguments["region"]}))
        case "ask_model":
            content = types.TextContent(type="text", text=arguments["prompt"])
            message = types.SamplingMessage(role="user", content=content)
            answer = await context.session.create_message([message], max_tokens=100, **asking)
        case "ask_user":
            answer = await context.session.elicit_form(arguments["message"], FORM, **asking)
        case "send_user":
            url = "https://example.com/pay?order=1"
            answer = await context.session.elicit_url(arguments["message"], url, str(uuid.uuid4()), **asking)
        case "ask_roots":
            answer = await context.session.list_roots()
        case "need_user":
            key = arguments["key"]
            if key not in sent:
                sent.add(key)
                url = "https://example.com/pay?order=1"
                asked = types.ElicitRequestURLParams(message=key, url=url, elicitationId=str(uuid.uuid4()))
                raise UrlElicitationRequiredError([asked])
            sent.remove(key)
            return text("The user has been there")
        case name:
            raise invalid(f"There is no tool {name}.")
    return text(answer.model_dump_json(exclude_none=True, by_alias=True))


@handles(types.GetPromptRequest)
async def get_prompt(params):
    arguments = params.arguments or {}
    if not any(each["name"] == params.name for each in offer["prompts"]):
        raise invalid(f"There is no prompt {params.name}.")
    said = f"Write a {arguments['style']} greeting for {arguments['name']}." if params.name == "greet" else params.name
    message = types.PromptMessage(role="user", content=types.TextContent(type="text", text=said))
    return types.GetPromptResult(description="Said", messages=[message])


@handles(types.ReadResourceRequest)
async def read_resource(params):
    uri = str(params.uri)
    listed = any(each["uri"] == uri for each in offer["resources"])
    if not listed and not uri.startswith(f"test://{NAME}/notes/"):
        raise invalid("Resource not found", -32002, {"uri": uri})
    contents = {"uri": uri, "mimeType": "text/plain", "text": f"This is {uri}.", "_meta": {"example.com/kept": uri}}
    return types.ReadResourceResult.model_validate({"contents": [contents]})


@handles(types.CompleteRequest)
async def complete(params):
    values = [each for each in ARGUMENTS.get(params.argument.name, []) if each.startswith(params.argument.value)]
    return types.CompleteResult(completion=types.Completion(values=values, total=len(values), hasMore=False))


@handles(types.SetLevelRequest)
async def set_level(params):
    levels[session()] = params.level
    return types.EmptyResult()


@handles(types.SubscribeRequest)
async def subscribe(params):
    subscribed.setdefault(session(), set()).add(str(params.uri))
    return types.EmptyResult()


@handles(types.UnsubscribeRequest)
async def unsubscribe(params):
    subscribed.setdefault(session(), set()).discard(str(params.uri))
    return types.EmptyResult()


async def told(send):
    """Tells all sessions; one whose stream is gone keeps nobody from hearing."""
    for each in list(sessions):
        try:
            await send(each)
        except Exception as error:
            print(repr(error), flush=True, file=__import__("sys").stderr)


async def control(request):
    of = request.query_params.get
    match request.path_params["action"]:
        case "add":
            kind, key = of("kind"), of("key")
            item = {
                "tools": {"name": key, "inputSchema": {"type": "object"}},
                "prompts": {"name": key},
                "resources": {"uri": f"test://{NAME}/{key}", "name": key},
                "resourceTemplates": {"uriTemplate": f"test://{NAME}/{key}/{{id}}", "name": key},
            }[kind]
            offer[kind].append(item)
            method = {"tools": "send_tool_list_changed", "prompts": "send_prompt_list_changed"}
            await told(lambda each: getattr(each, method.get(kind, "send_resource_list_changed"))())
        case "touch":
            uri = of("uri")

            async def send(each):
                if uri in subscribed.get(each, set()):
                    await each.send_resource_updated(AnyUrl(uri))

            await told(send)
        case "cancelled":
            return Response(status_code=200 if of("key") in cancelled else 404)
        case _:
            return Response(status_code=404)
    return Response()


initialization = server.create_initialization_options
notifications = NotificationOptions(prompts_changed=True, resources_changed=True, tools_changed=True)


def declared(*_args, **_more):
    """The SDK declares no subscriptions, and listChanged only if it is told so here."""
    made = initialization(notifications, {"example.com/feature": {"kept": True}})
    made.capabilities.resources.subscribe = True
    made.capabilities.completions = types.CompletionsCapability()
    return made


server.create_initialization_options = declared
manager = StreamableHTTPSessionManager(server)


@asynccontextmanager
async def lifespan(_app):
    async with manager.run():
        yield


async def handle(scope, receive, send):
    await manager.handle_request(scope, receive, send)


class Endpoint:
    """A class, since Starlette takes a function for an endpoint of its own kind."""

    async def __call__(self, scope, receive, send):
        await handle(scope, receive, send)


routes = [
    Route("/control/{action}", control, methods=["POST"]),
    Route("/mcp", Endpoint(), methods=["GET", "POST", "DELETE"]),
]
app = Starlette(routes=routes, lifespan=lifespan)
listener = socket.create_server((options.host, options.port), backlog=1024)
host, port = listener.getsockname()[:2]
print(json.dumps({"url": f"http://{host}:{port}/mcp"}), flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=0)).run(sockets=[listener])
