import type { IncomingHttpHeaders } from 'node:http';
import t from 'tap';
import { Dispatcher } from 'undici';
import { CredentialedDispatcher } from '../../../gateway/upstream/credentialed.ts';
import { SecretFolder } from '../../support/secret-folder.ts';
import { openDoor } from '../../support/door.ts';
import { testOutlets, testPools, serverAt } from '../../support/outlets.ts';

type Headers = Dispatcher.DispatchOptions['headers'];

/** Takes what is dispatched to it. */
class Taker extends Dispatcher {
  taken: Dispatcher.DispatchOptions | undefined;

  override dispatch(options: Dispatcher.DispatchOptions): boolean {
    this.taken = options;
    return true;
  }
}

const folder = new SecretFolder();
folder.write({ 'default.secret': 'bearer: token\n' });
const outlets = testOutlets({ credentialsDir: folder.path, gatewayUid: 'a-uid' });
t.teardown(async () => {
  await outlets.close();
  folder.remove();
});
const { via } = outlets.mark;

function sent(server: string, headers: Headers): Dispatcher.DispatchOptions {
  const taker = new Taker();
  const dispatcher = new CredentialedDispatcher(taker, server, outlets);
  dispatcher.dispatch({ method: 'POST', path: '/mcp', headers: headers ?? null }, {});
  return taker.taken as Dispatcher.DispatchOptions;
}

const forms: Readonly<Record<string, () => Headers>> = {
  'a list': () => ['accept', 'a/b'],
  'an object': () => ({ accept: 'a/b' }),
  pairs: () => new Map([['accept', 'a/b']]),
};
for (const [form, headers] of Object.entries(forms)) {
  t.test(`the mark goes on a request with headers as ${form}, beside a credential too`, async (t) => {
    t.strictSame(sent('default/open', headers()).headers, ['accept', 'a/b', 'via', via]);
    const shown = ['accept', 'a/b', 'authorization', 'Bearer token', 'via', via];
    t.strictSame(sent('default/secret', headers()).headers, shown);
  });
}

t.test('the mark goes on a request without headers', async (t) => {
  t.strictSame(sent('default/open', undefined).headers, ['via', via]);
});

t.test('nothing is made for the mark of a call: neither another request nor another list', async (t) => {
  const headers = ['accept', 'a/b'];
  const options = { method: 'POST', path: '/mcp', headers } as const;
  const taker = new Taker();
  new CredentialedDispatcher(taker, 'default/open', outlets).dispatch(options, {});
  t.equal(taker.taken, options);
  t.equal(taker.taken?.headers, headers);
});

t.test('a server sees the mark, on each kind of connection', async (t) => {
  const door = await openDoor(t, '127.0.0.1:9', {
    answer: (_request, response) => {
      response.end();
      return true;
    },
  });
  const pools = testPools({ outlets });
  t.teardown(() => pools.close());
  const server = serverAt(door.target);
  for (const way of ['get', 'forStreams', 'forAsides'] as const) {
    const dispatcher = pools[way](server, door.target);
    await (await dispatcher?.request({ method: 'GET', path: '/', headers: ['host', 'x'] }))?.body.dump();
  }
  const seen = door.seen.map(({ headers }: { headers: IncomingHttpHeaders }) => headers.via);
  t.strictSame(seen, [via, via, via]);
});
