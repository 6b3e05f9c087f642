import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { ANONYMOUS, type Principal } from '../../../gateway/access/principal.ts';
import { Audit } from '../../../gateway/audit/audit.ts';
import { RequestAudit } from '../../../gateway/audit/request-audit.ts';
import { Limits } from '../../../gateway/limits/limits.ts';
import { Front, type FrontOptions } from '../../../gateway/http/front.ts';
import { McpError } from '../../../gateway/mcp/errors.ts';
import { send } from '../../support/mcp-http.ts';
import { tableOf } from '../../support/routed.ts';
import { until } from '../../support/until.ts';

async function doorWith(t: Test, changes: Partial<FrontOptions>) {
  const faults: unknown[] = [];
  const outcomes: unknown[] = [];
  const front = new Front({
    table: () => tableOf(),
    screen: () => false,
    admit: () => ANONYMOUS,
    challenge: () => '',
    mcp: { handle: () => undefined },
    agents: { handle: () => undefined },
    maxBodies: 1,
    maxRequests: 1,
    limits: new Limits(1),
    audit: new RequestAudit(new Audit({ format: 'json', write: () => true }), () => tableOf()),
    observe: (outcome) => outcomes.push(outcome.error),
    onFault: (thrown) => faults.push(thrown),
    open: () => undefined,
    locked: () => undefined,
    plain: {},
    ...changes,
  });
  const server = createServer((request, response) => front.handle(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/none`, faults, outcomes };
}

const bug = new TypeError('secret detail');
const ways: Readonly<Record<string, Partial<FrontOptions>>> = {
  'of the name that it came under': {
    screen: () => {
      throw bug;
    },
  },
  'of its caller': {
    admit: () => {
      throw bug;
    },
  },
  'of its caller, later': { admit: () => Promise.reject(bug) },
  'of what its caller may use': {
    table: () => {
      throw bug;
    },
  },
};

for (const [what, changes] of Object.entries(ways)) {
  t.test(`a fault in the finding out ${what} is an answer and a log line, and tells nothing`, async (t) => {
    const { url, faults, outcomes } = await doorWith(t, changes);
    const { status, text } = await send(url, { method: 'POST', body: '{}' });
    t.equal(status, 500);
    t.match(JSON.parse(text), { error: { code: -32603 } });
    t.notMatch(text, 'secret detail');
    t.strictSame(faults, [bug]);
    t.strictSame(outcomes, ['internal']);
  });
}

t.test('a request that there is no room for ends without harm when its caller turns out to be nobody', async (t) => {
  const untaken: unknown[] = [];
  const onUntaken = (reason: unknown): void => void untaken.push(reason);
  process.on('unhandledRejection', onUntaken);
  t.teardown(() => process.off('unhandledRejection', onUntaken));
  const callers: PromiseWithResolvers<Principal>[] = [];
  const { url, outcomes } = await doorWith(t, {
    admit: () => {
      const caller = Promise.withResolvers<Principal>();
      callers.push(caller);
      return caller.promise;
    },
  });
  const first = send(url, { method: 'POST', body: '{}' });
  await until('the first to be looked at', () => callers.length === 1);
  t.equal((await send(url, { method: 'POST', body: '{}' })).status, 503);
  for (const { reject } of callers.toReversed()) reject(new McpError('unauthorized', 'The token is of nobody.'));
  t.equal((await first).status, 401);
  t.strictSame(outcomes, ['overloaded', 'unauthorized']);
  t.strictSame(untaken, []);
});
