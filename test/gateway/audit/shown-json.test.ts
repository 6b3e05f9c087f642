import fc from 'fast-check';
import t from 'tap';
import { shownJson } from '../../../gateway/audit/shown-json.ts';

const shown = (json: string) => shownJson(Buffer.from(json), 0);

t.test('a value without secrets is shown as it is, in one line', async (t) => {
  t.strictSame(shown('{ "a" : [ 1, 2.50,\n true ,null,"x\\n\\u00e9" ] ,\t"b":{} }'), {
    text: '{"a":[1,2.50,true,null,"x\\n\\u00e9"],"b":{}}',
    isCut: false,
  });
  t.equal(shown('123456789012345678901234567890').text, '123456789012345678901234567890');
  t.equal(shown('{"a":1,"a":2}').text, '{"a":1,"a":2}', 'a member that stands twice, both times');
});

t.test('values of any JSON mean the same as before', async () => {
  const fields = fc.dictionary(fc.constantFrom('a', 'b', 'näme', '"quoted"', '__proto__'), fc.jsonValue(), {
    maxKeys: 3,
  });
  fc.assert(
    fc.property(fields, (value) => {
      const json = JSON.stringify(value);
      const { text, isCut } = shown(json);
      return isCut || JSON.stringify(JSON.parse(text)) === JSON.stringify(JSON.parse(json));
    }),
  );
});

t.test('values of members whose names say secrets are redacted, at any depth and in any spelling', async (t) => {
  for (const name of [
    'password',
    'PASSWORD',
    'db_password',
    'token',
    'accessToken',
    'secret',
    'client-secret',
    'Authorization',
    'proxy-authorization',
    'api key',
    'apiKey',
    'API_KEY',
    'x-api-key',
    'private_key',
    'credentials',
    'Set-Cookie',
    'p\\u0061ssword',
    'sessionId',
  ]) {
    for (const value of ['"hunter2"', '42', '["hunter2"]', '{"a":{"b":"hunter2"}}']) {
      const { text } = shown(`{"x":[{"${name}":${value},"other":"seen"}]}`);
      t.notMatch(text, /hunter2|42/, `${name} ${value}`);
      t.match(text, '"other":"seen"');
      JSON.parse(text);
    }
  }
  t.equal(shown('{"author":"ada","keyword":"x","pint":1}').text, '{"author":"ada","keyword":"x","pint":1}');
});

t.test('a pair of name and value is redacted by what the name says, whichever comes first', async (t) => {
  for (const json of [
    '[{"name":"Authorization","value":"hunter2"}]',
    '[{"value":"hunter2","name":"Authorization"}]',
    '[{"value":["hunter2"],"other":1,"key":"api_key"}]',
  ]) {
    const { text } = shown(json);
    t.notMatch(text, 'hunter2', json);
    JSON.parse(text);
  }
  t.match(shown('[{"name":"Accept","value":"seen"},{"name":"token","value":"x"}]').text, 'seen');
});

t.test('what a cut takes the name from is not shown either', async (t) => {
  const { text, isCut } = shown(`{"value":"hunter2","filler":[${'"xxxxxxxxxx",'.repeat(1000)}1],"name":"token"}`);
  t.equal(isCut, true);
  t.notMatch(text, 'hunter2');
});

t.test('texts that look like credentials are redacted under whatever name', async (t) => {
  for (const secret of [
    'Bearer abcdef',
    'Basic YWRhOnB3',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln',
    '-----BEGIN RSA PRIVATE KEY-----',
    'ghp_0123456789abcdef0123',
  ]) {
    t.strictSame(JSON.parse(shown(JSON.stringify({ a: secret, b: [secret] })).text), {
      a: '[redacted]',
      b: ['[redacted]'],
    });
  }
});

t.test('what is shown is bounded, and a long text does not hide what follows it', async (t) => {
  const long = shown(JSON.stringify({ a: 'x'.repeat(100_000), b: 'seen' }));
  t.equal(long.isCut, false);
  t.match(JSON.parse(long.text), { a: /^x{1000,1100}…$/, b: 'seen' });
  const many = shown(JSON.stringify(Array.from({ length: 10_000 }, (_, i) => i)));
  t.equal(many.isCut, true);
  t.equal(many.text.length, 4096);
});

t.test('a long text is cut between characters and escapes', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 200, maxLength: 400 }), fc.nat(20), (text, pad) => {
      const value = 'x'.repeat(600 + pad) + text;
      for (const json of [JSON.stringify(value), `"${'\\\\'.repeat(500 + pad)}${'\\u00e9'.repeat(100)}"`]) {
        JSON.parse(shown(json).text);
      }
    }),
  );
});

t.test('characters that are not seen, or turn others around, are escaped', async (t) => {
  const { text } = shown('"a\u202eb\u2028c\u0085d\u200be\u{e0041}"');
  t.match(text, /^[ -~]+$/);
  t.equal(JSON.parse(text), 'a\u202eb\u2028c\u0085d\u200be\u{e0041}');
});
