import { principal as named } from '../../support/principal.ts';
import t from 'tap';
import { SealedStates, type StateOwner } from '../../../gateway/call/sealed-states.ts';
import { readMessage } from '../../../gateway/jsonrpc/message.ts';
import { randomKeyRing } from '../../../gateway/sealing/key-ring.ts';
import { Sealer } from '../../../gateway/sealing/sealer.ts';
import { knownServer } from '../../support/routed.ts';

const states = new SealedStates(new Sealer(randomKeyRing()));
const [cart, other] = [knownServer('cart', {}), knownServer('other', {})];

interface Changes {
  readonly principal?: string;
  readonly server?: typeof cart;
  readonly method?: string;
  readonly params?: object;
  readonly id?: number;
}

function owner({
  principal = 'ada',
  server = cart,
  method = 'tools/call',
  params = {},
  id = 1,
}: Changes = {}): StateOwner {
  const request = { jsonrpc: '2.0', id, method, params: { name: 'buy', arguments: { a: 1, b: [2] }, ...params } };
  return { principal: named(principal), server, message: readMessage(Buffer.from(JSON.stringify(request))) };
}

const refused = { code: -32602, status: 400, message: /requestState is not one that was given out for this request/ };

t.test('a state opens for the retry of its request, whatever differs from round to round', async (t) => {
  const sealed = states.seal(owner(), 'é "1"');
  for (const changes of [
    {},
    { id: 2 },
    { params: { arguments: { b: [2], a: 1 } } },
    { params: { _meta: { progressToken: 1 }, inputResponses: { x: {} }, requestState: sealed } },
  ]) {
    t.equal(states.open(owner(changes), sealed), 'é "1"');
  }
});

const others: Readonly<Record<string, Changes>> = {
  'another principal': { principal: 'bob' },
  'another server': { server: other },
  'another method': { method: 'prompts/get' },
  'another name': { params: { name: 'sell' } },
  'other arguments': { params: { arguments: { a: 1, b: [3] } } },
  'no arguments': { params: { arguments: undefined } },
  'a param more': { params: { task: {} } },
};

for (const [name, changes] of Object.entries(others)) {
  t.test(`a state is refused to ${name}`, async (t) => {
    const sealed = states.seal(owner(), 'content');
    t.throws(() => states.open(owner(changes), sealed), refused);
    t.equal(states.open(owner(), sealed), 'content', 'and stays good for its own');
  });
}

t.test('a state that was changed anywhere is refused', async (t) => {
  const sealed = states.seal(owner(), 'content');
  for (let at = 0; at < sealed.length; at++) {
    const letter = sealed[at] === 'A' ? 'B' : 'A';
    for (const changed of [sealed.slice(0, at) + letter + sealed.slice(at + 1), sealed.slice(0, at)])
      t.throws(() => states.open(owner(), changed), refused, String(at));
  }
  for (const changed of [`${sealed}A`, `${sealed}=`, ` ${sealed}`])
    t.throws(() => states.open(owner(), changed), refused);
});

t.test('a state of another key, or one that was sealed as a task’s id, is refused', async (t) => {
  const foreign = new SealedStates(new Sealer(randomKeyRing())).seal(owner(), 'content');
  t.throws(() => states.open(owner(), foreign), refused);
  t.throws(() => states.open(owner(), states.tasks.seal('ada', cart, 'task')), refused);
});

t.test('a state is refused when its hour is over', async (t) => {
  const { now } = Date;
  t.teardown(() => (Date.now = now));
  const began = now();
  const sealed = states.seal(owner(), 'content');
  Date.now = () => began + 3_590_000;
  t.equal(states.open(owner(), sealed), 'content');
  Date.now = () => began + 3_610_000;
  t.throws(() => states.open(owner(), sealed), {
    code: -32602,
    status: 400,
    message: /has expired: begin the request/,
  });
});
