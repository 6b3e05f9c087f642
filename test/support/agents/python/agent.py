"""An agent on the Python SDK (PyPI package a2a-sdk, 1.x), which speaks 1.0.

    python agent.py [--name NAME] [--port N] [--host H] [--origin URL]

The first word of a message says what it does: ../skills.json. Prints {"url": "http://HOST:PORT/"} as one line once
connections are accepted. `--origin`: where it says that it is. While it runs: GET /counts tells what was called, POST
/authorize?task=ID authorizes a task.
"""

import argparse
import asyncio
import base64
import collections
import contextlib
import hashlib
import json
import re
import socket
from pathlib import Path
from urllib.parse import quote

import uvicorn
from a2a.helpers import (
    get_data_parts,
    get_message_text,
    new_data_part,
    new_raw_part,
    new_task,
    new_text_message,
    new_text_part,
    new_url_part,
)
from a2a.server.agent_execution import AgentExecutor, RequestContext
from a2a.server.events import EventQueue
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes import create_agent_card_routes, create_jsonrpc_routes
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types.a2a_pb2 import AgentCard, TaskState
from a2a.utils.errors import TaskNotCancelableError
from google.protobuf.json_format import ParseDict
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--host", default="127.0.0.1")
parser.add_argument("--name", default="python")
parser.add_argument("--origin")
options = parser.parse_args()

SKILLS = json.loads((Path(__file__).parent.parent / "skills.json").read_text())
# The least PNG: one pixel.
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
QUESTIONS = ["What is your name?", "Which colour do you like?"]

listener = socket.create_server(
    (options.host, options.port), family=socket.AF_INET6 if ":" in options.host else socket.AF_INET, backlog=1024
)
host, port = listener.getsockname()[:2]
host = "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
own_origin = f"http://{host}:{port}"
origin = options.origin or own_origin


def order_of(text: str) -> tuple[str, str]:
    """The skill that a text asks for, and what follows its id. A text that names none is echoed whole."""
    match = re.fullmatch(r"\s*([a-z-]+)[:,.]?(?:\s+(.*))?", text, re.DOTALL)
    if match and match[1] in SKILLS:
        return match[1], match[2] or ""
    return "echo", text


def numbers(text: str, *defaults: int) -> list[int]:
    found = [int(number) for number in re.findall(r"\d+", text)]
    return [*found[: len(defaults)], *defaults[len(found) :]]


def describe_file(part) -> dict:
    described = {"filename": part.filename, "mediaType": part.media_type}
    if part.HasField("url"):
        return {**described, "url": part.url}
    return {**described, "size": len(part.raw), "sha256": hashlib.sha256(part.raw).hexdigest()}


class Turn(TaskUpdater):
    """What a behaviour is given: its task, and the message that it answers.

    As in the SDK's samples the conversation is the one of the message. To a message that names its task and no
    conversation the SDK gives a new one, where the specification has it take the task's: events are wrong then.
    """

    def __init__(self, context: RequestContext, queue: EventQueue, rest: str, earlier: int):
        super().__init__(queue, context.task_id, context.context_id)
        self.message = context.message
        self.rest = rest
        self.earlier = earlier

    def say(self, text: str):
        return self.new_agent_message([new_text_part(text)])

    async def finish(self, *parts):
        await self.add_artifact(list(parts), name="result", last_chunk=True)
        await self.complete()


class TestExecutor(AgentExecutor):
    def __init__(self):
        # task → the skill that it was begun for, until it ends
        self.running: dict[str, str] = {}
        # task → the answers that it has had
        self.answers: dict[str, list[str]] = collections.defaultdict(list)
        self.authorizations: dict[str, asyncio.Event] = collections.defaultdict(asyncio.Event)
        # context → how many messages it has had
        self.messages = collections.Counter()
        self.cancelled = 0

    async def execute(self, context: RequestContext, event_queue: EventQueue) -> None:
        earlier = self.messages[context.context_id]
        self.messages[context.context_id] += 1
        text = get_message_text(context.message)
        skill, rest = order_of(text)
        begun = self.running.get(context.task_id)
        if begun:
            return await self.ask_on(Turn(context, event_queue, text, earlier))
        if skill == "bare":
            await event_queue.enqueue_event(new_text_message(rest, context_id=context.context_id))
            return
        self.running[context.task_id] = skill
        task = new_task(context.task_id, context.context_id, TaskState.TASK_STATE_SUBMITTED, history=[context.message])
        task.status.timestamp.GetCurrentTime()
        await event_queue.enqueue_event(task)
        turn = Turn(context, event_queue, rest, earlier)
        await getattr(self, skill.replace("-", "_"))(turn)
        if skill != "ask":
            self.running.pop(context.task_id, None)

    async def cancel(self, context: RequestContext, event_queue: EventQueue) -> None:
        self.running.pop(context.task_id, None)
        self.cancelled += 1
        turn = TaskUpdater(event_queue, context.task_id, context.context_id)
        await turn.cancel(turn.new_agent_message([new_text_part("It was cancelled.")]))

    async def echo(self, turn: Turn):
        await turn.finish(new_text_part(turn.rest))

    async def stream(self, turn: Turn):
        await turn.start_work()
        for piece in range(1, 6):
            await asyncio.sleep(0.02)
            parts = [new_text_part(f"piece {piece} of 5\n")]
            await turn.add_artifact(parts, "story", "story", append=piece > 1, last_chunk=piece == 5)
        await turn.complete()

    async def steps(self, turn: Turn):
        steps, step_ms = numbers(turn.rest, 30, 20)
        for step in range(1, steps + 1):
            await turn.start_work(turn.say(f"step {step} of {steps}"))
            await asyncio.sleep(step_ms / 1000)
        await turn.finish(new_text_part(f"done in {steps} steps"))

    async def ask(self, turn: Turn):
        await asyncio.sleep(numbers(turn.rest, 0)[0] / 1000)
        await turn.requires_input(turn.say(QUESTIONS[0]))

    async def ask_on(self, turn: Turn):
        """Takes an answer."""
        # A client answers with text, or with the data of a form.
        forms = [" ".join(map(str, list(data.values())[:1])) for data in get_data_parts(turn.message.parts)]
        answer = turn.rest or " ".join(forms)
        answers = self.answers[turn.task_id]
        if re.search(r"\b(declin|refus)", answer, re.IGNORECASE):
            self.running.pop(turn.task_id)
            return await turn.reject(turn.say(f"An answer was declined: {answer}"))
        answers.append(answer)
        if len(answers) < len(QUESTIONS):
            return await turn.requires_input(turn.say(QUESTIONS[len(answers)]))
        self.running.pop(turn.task_id)
        await turn.finish(new_text_part(" likes ".join(answers)))

    async def fail(self, turn: Turn):
        await turn.start_work()
        await turn.failed(turn.say(turn.rest or "It could not be done."))

    async def reject(self, turn: Turn):
        await turn.reject(turn.say(turn.rest or "This agent does not do that."))

    async def files(self, turn: Turn):
        received = [
            describe_file(part) for part in turn.message.parts if part.HasField("raw") or part.HasField("url")
        ]
        await turn.finish(
            new_raw_part(PIXEL, media_type="image/png"),
            new_raw_part(b"What the agent noted.\n", media_type="text/plain", filename="notes.txt"),
            new_url_part("https://example.com/files/report.pdf", media_type="application/pdf"),
            new_data_part({"received": received}),
        )

    async def data(self, turn: Turn):
        received = get_data_parts(turn.message.parts)
        if turn.rest == "many":
            return await turn.finish(*(new_data_part({"number": number}) for number in (1, 2, 3)))
        await turn.finish(new_data_part(received if turn.rest == "list" else {"received": received}))

    async def auth(self, turn: Turn):
        url = f"{origin}/authorize?task={quote(turn.task_id)}"
        await asyncio.sleep(numbers(turn.rest, 0)[0] / 1000)
        if turn.rest == "silent":
            parts = [new_text_part("Somebody has to sign in.")]
        elif turn.rest == "part":
            parts = [new_text_part("Please sign in."), new_url_part(url)]
        else:
            parts = [new_text_part(f"Please sign in at {url} to go on.")]
        await turn.requires_auth(turn.new_agent_message(parts))
        await self.authorizations[turn.task_id].wait()
        await turn.start_work(turn.say("Somebody has signed in."))
        await turn.finish(new_text_part("authorized"))

    async def wait(self, turn: Turn):
        await turn.start_work(turn.say("waiting"))
        await asyncio.Event().wait()

    wait_stubborn = wait

    async def large(self, turn: Turn):
        size, work_ms = numbers(turn.rest, 1000, 0)
        await turn.add_artifact([new_text_part("x" * size)], name="result", last_chunk=True)
        await asyncio.sleep(work_ms / 1000)
        await turn.complete()

    async def context(self, turn: Turn):
        await turn.finish(new_text_part(str(turn.earlier)))


class TestHandler(DefaultRequestHandler):
    """The SDK's own, but for what refuses to be cancelled: an executor cannot."""

    async def on_cancel_task(self, params, context):
        if executor.running.get(params.id) == "wait-stubborn":
            raise TaskNotCancelableError(message="This task refuses to be cancelled.")
        return await super().on_cancel_task(params, context)


card = ParseDict(
    {
        "name": options.name,
        "description": f"The test agent {options.name}.",
        "version": "1.2.3",
        "supportedInterfaces": [{"url": f"{origin}/", "protocolBinding": "JSONRPC", "protocolVersion": "1.0"}],
        "provider": {"organization": "Fetchfy tests", "url": "https://example.com"},
        "documentationUrl": "https://example.com/agent",
        "capabilities": {"streaming": True, "pushNotifications": False, "extendedAgentCard": False},
        "defaultInputModes": ["text/plain", "application/json"],
        "defaultOutputModes": ["text/plain", "application/json"],
        "skills": [{"id": id, **skill} for id, skill in SKILLS.items()],
    },
    AgentCard(),
)
executor = TestExecutor()
handler = TestHandler(agent_executor=executor, task_store=InMemoryTaskStore(), agent_card=card)
[rpc] = create_jsonrpc_routes(handler, "/")
[card_route] = create_agent_card_routes(card)
methods = collections.Counter()


async def counted_rpc(request):
    # What is no request is the SDK's to refuse.
    with contextlib.suppress(ValueError, KeyError, TypeError):
        methods[(await request.json())["method"]] += 1
    return await rpc.endpoint(request)


async def counted_card(request):
    methods["card"] += 1
    return await card_route.endpoint(request)


async def counts(_request):
    return JSONResponse({"methods": methods, "running": len(executor.running), "cancelled": executor.cancelled})


async def authorize(request):
    task = request.query_params.get("task")
    if task not in executor.running:
        return Response(status_code=404)
    executor.authorizations[task].set()
    return Response()


app = Starlette(
    routes=[
        Route(card_route.path, counted_card),
        Route("/counts", counts),
        Route("/authorize", authorize, methods=["POST"]),
        Route("/", counted_rpc, methods=["POST"]),
    ]
)
print(json.dumps({"url": f"{own_origin}/"}), flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=0)).run(sockets=[listener])
