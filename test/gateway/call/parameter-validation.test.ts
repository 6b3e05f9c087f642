import fc from 'fast-check';
import t from 'tap';
import { parameterFault } from '../../../gateway/call/parameter-validation.ts';
import { readMessage } from '../../../gateway/jsonrpc/message.ts';
import { encodeHeaderValue } from '../../../gateway/mcp/header-value.ts';
import type { ParameterHeader } from '../../../gateway/upstream/parameter-headers.ts';

const region: ParameterHeader = { header: 'Mcp-Param-Region', path: ['region'], type: 'string' };
const count: ParameterHeader = { header: 'Mcp-Param-Count', path: ['page', 'count'], type: 'integer' };
const isDry: ParameterHeader = { header: 'Mcp-Param-Dry', path: ['dry'], type: 'boolean' };

function fault(
  args: unknown,
  headers: Readonly<Record<string, string>> | readonly string[],
  ...declared: ParameterHeader[]
) {
  const message = readMessage(
    Buffer.from(
      JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'a', arguments: args } }),
    ),
  );
  const raw = Array.isArray(headers) ? (headers as string[]) : Object.entries(headers).flat();
  return parameterFault(message, raw, declared);
}

const base64 = (text: string): string => `=?base64?${Buffer.from(text).toString('base64')}?=`;

t.test('a header that says what its argument says is right, however it is written', async (t) => {
  for (const [args, headers] of [
    [{ region: 'us-west1' }, { 'mcp-param-region': 'us-west1' }],
    [{ region: 'us-west1' }, { 'MCP-PARAM-REGION': base64('us-west1') }],
    [{ region: 'Hello, 世界' }, { 'Mcp-Param-Region': '=?base64?SGVsbG8sIOS4lueVjA==?=' }],
    [{ region: 'SGVsbG8=' }, { 'Mcp-Param-Region': 'SGVsbG8=' }],
    [{ region: '=?base64?SGVsbG8=' }, { 'Mcp-Param-Region': '=?base64?SGVsbG8=' }],
    [{ region: '=?base64?literal?=' }, { 'Mcp-Param-Region': base64('=?base64?literal?=') }],
    [{ region: '' }, { 'Mcp-Param-Region': '' }],
    [{ page: { count: 42 } }, { 'Mcp-Param-Count': '42' }],
    [{ page: { count: 42 } }, { 'Mcp-Param-Count': '42.0' }],
    [{ page: { count: -7 } }, { 'Mcp-Param-Count': base64('-7') }],
    [{ dry: false }, { 'Mcp-Param-Dry': 'false' }],
    // The argument's own kind counts, where it is not what the schema wants: that is the server's to refuse.
    [{ region: 7 }, { 'Mcp-Param-Region': '7' }],
  ] as const) {
    t.equal(fault(args, headers, region, count, isDry), undefined, JSON.stringify([args, headers]));
  }
});

t.test('no header is expected for an argument that is missing or null, or that none could say', async (t) => {
  for (const args of [
    undefined,
    {},
    { region: null },
    { page: {} },
    { page: null },
    { page: [1] },
    { region: ['a'] },
  ]) {
    t.equal(fault(args, {}, region, count, isDry), undefined, JSON.stringify(args));
  }
});

t.test('a header that is missing, or says something else, is a fault that names it', async (t) => {
  for (const [args, headers, says] of [
    [{ region: 'a' }, {}, /header Mcp-Param-Region is missing; the argument region has a value/],
    [{ region: '' }, {}, /missing/],
    [{ page: { count: 0 } }, {}, /Mcp-Param-Count is missing; the argument page\.count/],
    [{ dry: false }, {}, /Mcp-Param-Dry is missing/],
    [{ region: 'a' }, { 'mcp-param-region': 'b' }, /"b" of the header Mcp-Param-Region does not match/],
    [{ region: 'a' }, { 'mcp-param-region': 'A' }, /does not match/],
    [{ region: 'Hello' }, { 'mcp-param-region': '=?base64?SGVsbG8?=' }, /no valid Base64/],
    [{ region: 'Hello' }, { 'mcp-param-region': '=?base64?SGVs!!!bG8=?=' }, /no valid Base64/],
    [{ region: 'é' }, { 'mcp-param-region': 'é' }, /invalid characters/],
    [{ page: { count: 42 } }, { 'mcp-param-count': '42.5' }, /does not match/],
    [{ page: { count: 42 } }, { 'mcp-param-count': '0x2a' }, /does not match/],
    [{ page: { count: 0 } }, { 'mcp-param-count': '' }, /does not match/],
    [{ dry: true }, { 'mcp-param-dry': 'True' }, /does not match/],
    [{ dry: true }, { 'mcp-param-dry': '1' }, /does not match/],
    [{}, { 'mcp-param-region': 'a' }, /has the value "a"; the argument region has none/],
    [{ region: null }, { 'mcp-param-region': 'null' }, /has none/],
    [{ region: { a: 1 } }, { 'mcp-param-region': '[object Object]' }, /does not match/],
  ] as const) {
    t.match(fault(args, headers, region, count, isDry), says, JSON.stringify([args, headers]));
  }
  t.match(fault({ region: 'a' }, ['mcp-param-region', 'a', 'Mcp-Param-Region', 'a'], region), /stands there 2 times/);
});

t.test('integers that JavaScript does not count exactly are compared exactly', async (t) => {
  const large = (argument: string, header: string): string | undefined => {
    const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"region":${argument}}}}`;
    return parameterFault(readMessage(Buffer.from(body)), ['mcp-param-region', header], [region]);
  };
  t.equal(large('9007199254740993', '9007199254740993'), undefined);
  t.match(large('9007199254740993', '9007199254740992'), /does not match/);
  t.equal(large('1e300', '1e300'), undefined);
  t.equal(large('-12345678901234567890', '-12345678901234567890'), undefined);
});

t.test('what an argument inherits is none of it', async (t) => {
  const inherited: ParameterHeader = { header: 'Mcp-Param-X', path: ['constructor', 'name'], type: 'string' };
  t.equal(fault({}, {}, inherited), undefined);
});

t.test('every value that a client encodes by the rules is right, and no other value', async (t) => {
  const value = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string(), fc.maxSafeInteger(), fc.boolean());
  fc.assert(
    fc.property(value, value, (sent, said) => {
      const wrong = fault({ region: sent }, { 'mcp-param-region': encodeHeaderValue(String(said)) }, region);
      const isSame =
        typeof sent === 'number'
          ? said !== '' && Number(said) === sent && typeof said !== 'boolean'
          : String(sent) === String(said);
      return (
        (wrong === undefined) === isSame &&
        fault({ region: sent }, { 'mcp-param-region': encodeHeaderValue(String(sent)) }, region) === undefined
      );
    }),
  );
  t.pass();
});
