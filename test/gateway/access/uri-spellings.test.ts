import t from 'tap';
import { AccessRules } from '../../../gateway/access/access-rules.ts';
import { plainUri } from '../../../gateway/access/uri-spellings.ts';
import type { AccessRule } from '../../../gateway/contract/access-policy.ts';
import { principal } from '../../support/principal.ts';
import { entry } from '../../support/registry-parts.ts';

const permits = (effect: AccessRule['effect'], resources: readonly string[], uri: string): boolean =>
  new AccessRules([{ name: 'rule', effect, to: [{ resources }] }])
    .grantOf(principal('a'))
    .permits('resources', entry('docs'), uri);

t.test('a URI has one plain spelling', async (t) => {
  const plain: Record<string, string | undefined> = {
    'file:///../b': undefined,
    'docs://a/../b': undefined,
    'docs://a/b/%2e%2e/..%2f..': undefined,
    'file:///a/b.txt': 'file:///a/b.txt',
    'FILE:///a/b.txt': 'file:///a/b.txt',
    'file:///a/../b': 'file:///b',
    'file:///a/./b/..': 'file:///a/',
    'file:///a/%2e%2E/b': 'file:///b',
    'file:///a%2f..%2fb': 'file:///b',
    'file:///a\\..\\b': 'file:///b',
    'file:///my%20notes': 'file:///my notes',
    'file:///%ff%2e': 'file:///%ff%2e',
    'note://Shelf/One': 'note://Shelf/One',
    'docs://a/b?from=../c': 'docs://a/b?from=../c',
    'docs://{area}/{+page}': 'docs://{area}/{+page}',
    'urn:isbn:1': 'urn:isbn:1',
    '': '',
  };
  for (const [uri, expected] of Object.entries(plain)) t.equal(plainUri(uri), expected, uri);
});

t.test('what is allowed by its beginning is not a way to what is elsewhere', async (t) => {
  const allowed = ['file:///public/*'];
  t.ok(permits('Allow', allowed, 'file:///public/a'));
  for (const uri of [
    'file:///public/../etc/passwd',
    'file:///public/%2e%2e/etc/passwd',
    'file:///public/..%2fetc/passwd',
    'file:///public\\..\\etc',
    'file:///public/../../x/public/a',
    'file:///secret',
  ]) {
    t.notOk(permits('Allow', allowed, uri), uri);
  }
});

t.test('what is denied is denied in each of its spellings', async (t) => {
  const denied = ['file:///etc/*'];
  t.ok(permits('Deny', denied, 'file:///home/a'));
  for (const uri of ['file:///etc/passwd', 'FILE:///etc/passwd', 'file:///x/../etc/passwd', 'file:///%65tc/passwd']) {
    t.notOk(permits('Deny', denied, uri), uri);
  }
});

t.test('a rule may write a URI in the spelling that the server uses', async (t) => {
  t.ok(permits('Allow', ['file:///my%20notes/*'], 'file:///my%20notes/1'));
  t.notOk(permits('Deny', ['file:///my%20notes/*'], 'file:///my%20notes/1'));
});

t.test('a template names itself and all that fits it', async (t) => {
  t.ok(permits('Allow', ['docs://{page}'], 'docs://{page}'));
  t.ok(permits('Allow', ['docs://{page}'], 'docs://intro'));
  t.notOk(permits('Allow', ['docs://{page}'], 'docs://intro/more'));
  t.notOk(permits('Deny', ['docs://secret/{page}'], 'docs://secret/1'));
  t.ok(permits('Allow', ['docs://*/{page}'], 'docs://a/b/c'));
});

/** What `new URL`, by which the SDKs' servers read URIs, makes the denied one of. */
const otherSpellings = [
  'file:///etc/pass\twd',
  'file:///e\ntc/passwd',
  '\u0000 file:///etc/passwd ',
  'file:etc/passwd',
  'file:/etc/passwd',
  'file://localhost/etc/passwd',
  'file:///home/.\t./etc/passwd',
  'file:///%65t\rc/passwd',
  'http://INTERNAL/a',
  'http:internal/a',
  'http:/internal/a',
  'http:\\\\internal/a',
  'http://internal:80/a',
  'http://\uff49nternal/a',
];

t.test('what is denied is denied in each spelling that a URL parser takes for it', async (t) => {
  const denied = ['file:///etc/*', 'http://internal/*'];
  for (const uri of otherSpellings) t.notOk(permits('Deny', denied, uri), JSON.stringify(uri));
  for (const uri of ['file:///home/a', 'http://public/a', 'note:a\tb']) t.ok(permits('Deny', denied, uri), uri);
});

t.test('what is allowed by its beginning is no way elsewhere for a URL parser either', async (t) => {
  for (const uri of ['file:///public/.\t./etc/passwd', 'file:///public/.\n%2e/etc', 'http://public/\t../\t../a']) {
    t.notOk(permits('Allow', ['file:///public/*', 'http://public/b/*'], uri), JSON.stringify(uri));
  }
});

t.test('what is allowed may be written in other ways than a URL parser would', async (t) => {
  const allowed: Readonly<Record<string, string>> = {
    'http://Host/*': 'http://Host/a',
    'http://host:80/*': 'http://host:80/a b',
    'http://host': 'http://host',
    'http://host?q=*': 'http://host?q=1',
    'file:///my notes/{+page}': 'file:///my notes/\u00e4/1',
    'http://host/a{?q}': 'http://host/a?q=1',
    'docs://{Area}/x': 'docs://One/x',
    '*': 'http://HOST:80',
  };
  for (const [pattern, uri] of Object.entries(allowed)) t.ok(permits('Allow', [pattern], uri), uri);
});
