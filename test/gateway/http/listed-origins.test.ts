import t from 'tap';
import { ListedOrigins } from '../../../gateway/http/listed-origins.ts';

const listed = new ListedOrigins({
  allowOrigins: [
    'https://app.example.com',
    'http://Plain.example.com:80',
    'https://ported.example.com:8443',
    'https://default.example.com:443',
    'https://*.pages.example.com',
    'https://*.ported.example.org:8443',
  ],
});

const table: readonly (readonly [origin: string, isListed: boolean])[] = [
  ['https://app.example.com', true],
  ['http://plain.example.com', true],
  ['https://ported.example.com:8443', true],
  ['https://default.example.com', true],
  ['https://a.pages.example.com', true],
  ['https://a.b-c.pages.example.com', true],
  ['https://xn--bcher-kva.pages.example.com', true],
  ['https://a.ported.example.org:8443', true],
  ['', false],
  ['null', false],
  ['*', false],
  ['http://app.example.com', false],
  ['https://app.example.com:8443', false],
  ['https://app.example.com.evil.example.net', false],
  ['https://app.example.com/', false],
  ['https://sub.app.example.com', false],
  ['https://ported.example.com', false],
  ['https://pages.example.com', false],
  ['https://.pages.example.com', false],
  ['https://evilpages.example.com', false],
  ['https://evil.example.net/.pages.example.com', false],
  ['https://evil.example.net#.pages.example.com', false],
  ['https://evil.example.net:80.pages.example.com', false],
  ['https://user@a.pages.example.com', false],
  ['https://a..pages.example.com', false],
  ['http://a.pages.example.com', false],
  ['https://a.pages.example.com:8443', false],
  ['https://a.ported.example.org', false],
];

t.test('an origin is listed by its scheme, its name and its port, or as a name below one', async (t) => {
  for (const [origin, isListed] of table) t.equal(listed.has(origin), isListed, origin);
});

t.test('a list with * has every origin', async (t) => {
  const every = new ListedOrigins({ allowOrigins: ['*'] });
  for (const [origin] of table) t.ok(every.has(origin), origin);
});
