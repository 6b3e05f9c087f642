import { mock } from 'node:test';
import t from 'tap';
import { Dispatcher } from 'undici';
import { agentFetch } from '../../../gateway/agents/agent-fetch.ts';
import { LocalResponse } from '../../../gateway/upstream/local-response.ts';

/** A way to an agent, in whose place the test answers. */
class Agent extends Dispatcher {
  /** What was sent to it last. */
  sent: Dispatcher.DispatchOptions | undefined;
  /** When a request goes out: it may wait for a connection. */
  isConnected = true;
  #request: { readonly response: LocalResponse; isGivenUp: boolean } | undefined;

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const response = new LocalResponse(handler);
    const request = { response, isGivenUp: false };
    response.onAbort = () => (request.isGivenUp = true);
    this.sent = options;
    this.#request = request;
    if (this.isConnected) response.begin();
    return true;
  }

  get response(): LocalResponse {
    if (this.#request === undefined) throw new Error('Nothing was sent.');
    return this.#request.response;
  }

  get isGivenUp(): boolean {
    return this.#request?.isGivenUp === true;
  }

  /** Sends it a request, as the SDK does. */
  ask(accept: string, signal = new AbortController().signal): Promise<Response> {
    const headers = { 'A2A-Version': '1.0', 'Content-Type': 'application/json', Accept: accept };
    const send = agentFetch({ dispatcher: this, host: 'agent.default', path: '/a2a?x=1' });
    return send('http://elsewhere.invalid/', { method: 'POST', headers, body: '{}', signal });
  }
}

/** The text of a stream, read as the SDK does. */
async function textOf(asked: Promise<Response>): Promise<ReadableStream<string>> {
  const { body } = await asked;
  if (body === null) throw new Error('It is no stream.');
  return body.pipeThrough(new TextDecoderStream());
}

const JSON_TYPE = 'application/json';
const EVENTS = 'text/event-stream';

t.test('a request goes to the place that it was made for, whatever the URL says', async (t) => {
  const agent = new Agent();
  const asked = agent.ask(JSON_TYPE);
  agent.response.answer(200, { 'content-type': JSON_TYPE }, Buffer.from('{"said":"hé"}'));
  const response = await asked;
  t.same(await response.json(), { said: 'hé' });
  t.match(agent.sent, { method: 'POST', path: '/a2a?x=1', body: '{}', headers: ['host', 'agent.default'] });
});

t.test('a redirect is given back as the answer', async (t) => {
  const agent = new Agent();
  const asked = agent.ask(JSON_TYPE);
  agent.response.answer(302, { location: 'http://169.254.169.254/' });
  const { ok, status, headers } = await asked;
  t.same([ok, status, headers.get('Location')], [false, 302, 'http://169.254.169.254/']);
});

t.test('an answer is refused that comes in a content encoding', async (t) => {
  const agent = new Agent();
  const asked = agent.ask(JSON_TYPE);
  agent.response.start(200, { 'content-type': JSON_TYPE, 'content-encoding': 'gzip' });
  await t.rejects(asked, { code: 'ERR_AGENT_BROKEN', message: /content encoding gzip/ });
  t.ok(agent.isGivenUp);
});

t.test('events are given on as they come, characters whole, and one that breaks off ends the stream', async (t) => {
  const agent = new Agent();
  const asked = agent.ask(EVENTS);
  agent.response.start(200, { 'content-type': EVENTS });
  const reader = (await textOf(asked)).getReader();
  const bytes = Buffer.from('\uFEFFdata: é\n\n');
  const amid = bytes.indexOf(0xc3) + 1;
  agent.response.write(bytes.subarray(0, amid));
  t.same(await reader.read(), { done: false, value: 'data: ' });
  agent.response.write(bytes.subarray(amid));
  t.same(await reader.read(), { done: false, value: 'é\n\n' });
  agent.response.fail(new Error('other side closed'));
  await t.rejects(reader.read(), /other side closed/);
});

t.test('an agent has to wait that tells faster than it is heard', async (t) => {
  const agent = new Agent();
  const asked = agent.ask(EVENTS);
  agent.response.start(200, { 'content-type': EVENTS });
  const text = await textOf(asked);
  const line = Buffer.from(`data: ${'x'.repeat(1016)}\n\n`);
  for (let i = 0; i < 1000; i++) agent.response.write(line);
  t.ok(agent.response.queuedBytes > 900 * line.length, 'most of it waits');
  agent.response.end();
  let size = 0;
  for await (const chunk of text) size += chunk.length;
  t.equal(size, 1000 * line.length);
});

t.test('a stream that nobody reads any more is read to its end, so that its connection stays of use', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.teardown(() => mock.timers.reset());
  const agent = new Agent();
  const asked = agent.ask(EVENTS);
  agent.response.start(200, { 'content-type': EVENTS });
  const text = await textOf(asked);
  for (let i = 0; i < 100; i++) agent.response.write(Buffer.alloc(1024, ' '));
  await text.cancel();
  t.equal(agent.response.queuedBytes, 0, 'nothing waits');
  agent.response.end();
  mock.timers.tick(60_000);
  t.notOk(agent.isGivenUp);
});

t.test('a stream that nobody reads any more is given up when it does not end', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.teardown(() => mock.timers.reset());
  const agent = new Agent();
  const asked = agent.ask(EVENTS);
  agent.response.start(200, { 'content-type': EVENTS });
  await (await textOf(asked)).cancel();
  mock.timers.tick(1000);
  t.ok(agent.isGivenUp);
});

t.test('who gives a request up waits no longer, and what waits for a connection is not sent', async (t) => {
  const agent = new Agent();
  agent.isConnected = false;
  const caller = new AbortController();
  const asked = agent.ask(JSON_TYPE, caller.signal);
  caller.abort(new Error('enough'));
  await t.rejects(asked, /enough/);
  t.notOk(agent.response.begin(), 'it ends as soon as it has a connection');
});

t.test('who gives a stream up hears why, and the connection ends', async (t) => {
  const agent = new Agent();
  const caller = new AbortController();
  const asked = agent.ask(EVENTS, caller.signal);
  agent.response.start(200, { 'content-type': EVENTS });
  const reading = (await textOf(asked)).getReader().read();
  caller.abort(new Error('enough'));
  await t.rejects(reading, /enough/);
  t.ok(agent.isGivenUp);
});
