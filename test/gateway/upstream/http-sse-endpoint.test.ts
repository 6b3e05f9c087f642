import t from 'tap';
import { messagePath } from '../../../gateway/upstream/http-sse-endpoint.ts';

const place = { target: '10.0.0.1:8080', host: 'shop.default.svc:80', path: '/api/sse?v=1' };

t.test('a path, relative or not, is resolved against the stream’s own', async (t) => {
  t.equal(messagePath('/messages?sessionId=1', place), '/messages?sessionId=1');
  t.equal(messagePath('messages/?a=b#part', place), '/api/messages/?a=b');
  t.equal(messagePath('?session=2', place), '/api/sse?session=2');
  t.equal(messagePath('/ä b', place), '/%C3%A4%20b');
});

t.test('of a URI with the server’s own host, path and query are used', async (t) => {
  t.equal(messagePath('http://shop.default.svc/messages?s=1', place), '/messages?s=1');
  t.equal(messagePath('http://shop.default.svc:80/messages', place), '/messages');
  t.equal(messagePath('http://10.0.0.1:8080/messages', place), '/messages');
});

t.test('another host, port or scheme is refused, and named', async (t) => {
  for (const uri of [
    'http://evil.example/messages',
    '//evil.example/messages',
    '\\\\evil.example\\messages',
    'http://shop.default.svc:81/messages',
    'https://shop.default.svc/messages',
    'http://shop.default.svc@evil.example/messages',
    'http://localhost:8000/messages',
    'javascript:alert(1)',
  ]) {
    t.throws(() => messagePath(uri, place), {
      code: 'ERR_UPSTREAM_MALFORMED',
      message: `The event "endpoint" names ${JSON.stringify(uri)}, another host than the server's own (shop.default.svc:80). Messages are sent to the server itself only: it should name a path.`,
    });
  }
});

t.test('what is no URI, or a very long one, is refused', async (t) => {
  t.throws(() => messagePath('http://[', place), {
    message: 'The event "endpoint" carries "http://[", which is no URI.',
  });
  t.throws(() => messagePath(`/${'x'.repeat(4096)}`, place), {
    message: /has 4097 characters; at most 4096 are taken/,
  });
});
