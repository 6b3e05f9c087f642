/**
 * An agent on @a2a-js/sdk.
 *   node a2a.ts [--version 1.0|0.3] [--streaming true|false] [--base /PATH] [--name NAME] [--port N] [--host H]
 *               [--tenant T] [--origin URL] [--card-age SECONDS]
 * The first word of a message says what it does: skills.json. It prints its base URL, below which its card is; the card is
 * at the host's root too. `--tenant`: which the card asks for. `--origin`: where the agent says that it is.
 * While it runs: GET /counts tells what was called and what is open, GET /seen the last request of each method; POST
 * /authorize?task=ID authorizes a task, POST /drop-streams breaks all streams, POST /forget forgets all tasks.
 */
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { DefaultRequestHandler } from '@a2a-js/sdk/server';
import { agentCardHandler, jsonRpcHandler, UserBuilder } from '@a2a-js/sdk/server/express';
import express from 'express';
import { announce, listen, listenOptions, originOf } from '../servers/program.ts';
import { agentCard } from './card.ts';
import { TestExecutor } from './executor.ts';
import { hideNewInterfaces, hideVersionHeader } from './only-legacy.ts';
import { ForgetfulTaskStore } from './stores.ts';
import { Traffic } from './traffic.ts';

const { values } = parseArgs({
  options: {
    ...listenOptions,
    version: { type: 'string', default: '1.0' },
    streaming: { type: 'string', default: 'true' },
    base: { type: 'string', default: '/' },
    name: { type: 'string', default: 'a2a' },
    tenant: { type: 'string', default: '' },
    origin: { type: 'string', default: '' },
    'card-age': { type: 'string', default: '3600' },
  },
});
const { version, base } = values;
if (version !== '1.0' && version !== '0.3') throw new Error(`--version is ${version}; expected 1.0 or 0.3`);
const legacy = version === '0.3';

const server = createServer();
const address = await listen(server, values);
const origin = values.origin || originOf(address);

const executor = new TestExecutor((taskId) => `${origin}/authorize?task=${encodeURIComponent(taskId)}`);
const store = new ForgetfulTaskStore();
const traffic = new Traffic();
const card = agentCard({
  name: values.name,
  url: new URL(base, origin).href,
  version,
  streaming: values.streaming === 'true',
  tenant: values.tenant,
});
const requestHandler = new DefaultRequestHandler(card, store, executor);
const legacyCompat = { enabled: legacy };

const app = express();
app.get('/counts', (_request, response) => {
  const { counts: methods, streams } = traffic;
  response.json({ methods, running: executor.running, cancelled: executor.cancelled, streams });
});
app.get('/seen', (_request, response) => void response.json(traffic.seen));
app.post('/authorize', (request, response) => {
  const { task } = request.query;
  response.status(typeof task === 'string' && executor.authorize(task) ? 200 : 404).end();
});
app.post('/drop-streams', (_request, response) => {
  traffic.dropStreams();
  response.end();
});
app.post('/forget', (_request, response) => {
  store.forget();
  executor.forget();
  response.end();
});
if (legacy) app.use(hideVersionHeader);
const cardPath = '/.well-known/agent-card.json';
app.use(
  [cardPath, `${base.replace(/\/$/, '')}${cardPath}`],
  traffic.countCard,
  ...(legacy ? [hideNewInterfaces] : []),
  agentCardHandler({ agentCardProvider: requestHandler, legacyCompat, cache: { maxAge: Number(values['card-age']) } }),
);
app.use(
  base,
  // The SDK's own parser takes 100 KB, which is no file.
  express.json({ limit: '64mb' }),
  traffic.countMethod,
  jsonRpcHandler({ requestHandler, userBuilder: UserBuilder.noAuthentication, legacyCompat }),
);

server.on('request', app);
announce(address, base.endsWith('/') ? base : `${base}/`);
