import fc from 'fast-check';
import t from 'tap';
import { SingleHeaders } from '../../../gateway/http/single-headers.ts';
import { McpError } from '../../../gateway/mcp/errors.ts';

const headers = new SingleHeaders(['x-key']);

/** The message of the refusal; undefined: there is none. */
function refusal(...names: readonly string[]): string | undefined {
  try {
    headers.check(names.flatMap((name) => [name, 'value']));
    return undefined;
  } catch (error) {
    if (!(error instanceof McpError) || error.status !== 400) throw error;
    return error.message;
  }
}

const single = [
  'host',
  'authorization',
  'content-type',
  'content-length',
  'transfer-encoding',
  'origin',
  'last-event-id',
  'a2a-version',
  'x-key',
  'mcp-session-id',
  'mcp-protocol-version',
  'mcp-method',
  'mcp-name',
  'mcp-param-region',
];

t.test('what may stand once is refused when it stands twice, in any case and place', async (t) => {
  for (const name of single) {
    t.equal(refusal(name), undefined, name);
    t.match(refusal(name, 'accept', name.toUpperCase()), /stands twice; expected it once/, name);
  }
});

t.test('what may stand more than once may', async (t) => {
  for (const name of ['accept', 'x-forwarded-for', 'via', 'cookie', 'a2a-extensions', 'x-api-key', 'tracestate']) {
    t.equal(refusal(name, name), undefined, name);
  }
});

t.test('a request has at most 256 headers', async (t) => {
  const names = Array.from({ length: 256 }, (_, number) => `x-${number}`);
  t.equal(refusal(...names), undefined);
  t.match(refusal(...names, 'x'), /more than 256 headers/);
});

t.test('it is refused exactly when one of them stands twice, whatever stands beside', async () => {
  const name = fc.oneof(fc.constantFrom(...single), fc.stringMatching(/^[a-z-]{1,20}$/)).map(mixedCase);
  fc.assert(
    fc.property(fc.array(name, { maxLength: 40 }), (names) => {
      const found = names
        .map((each) => each.toLowerCase())
        .filter((each) => single.includes(each) || each.startsWith('mcp-'));
      return (refusal(...names) !== undefined) === new Set(found).size < found.length;
    }),
  );
});

function mixedCase(name: string): string {
  return name
    .split('')
    .map((letter, at) => (at % 3 === 0 ? letter.toUpperCase() : letter))
    .join('');
}
