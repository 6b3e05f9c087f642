import t from 'tap';
import { messagePath } from '../../../gateway/upstream/http-sse-endpoint.ts';

const place = { host: 'shop.default.svc:80', path: '/api/sse?v=1' };

t.test('a path, relative or not, is resolved against the stream’s own', async (t) => {
  t.equal(messagePath('/messages?sessionId=1', place), '/messages?sessionId=1');
  t.equal(messagePath('messages/?a=b#part', place), '/api/messages/?a=b');
  t.equal(messagePath('?session=2', place), '/api/sse?session=2');
  t.equal(messagePath('/ä b', place), '/%C3%A4%20b');
});

t.test('of a URI with a host path and query are used, whatever host it is', async (t) => {
  for (const uri of [
    'http://shop.default.svc/messages?s=1',
    'http://10.0.0.1:8080/messages?s=1',
    'http://localhost:8000/messages?s=1',
    'http://shop.default.svc:81/messages?s=1',
    'https://public.example/messages?s=1',
    '//public.example/messages?s=1',
    '\\\\public.example\\messages?s=1',
    'http://shop.default.svc@public.example/messages?s=1',
  ]) {
    t.equal(messagePath(uri, place), '/messages?s=1', uri);
  }
});

t.test('what is no URI of HTTP, or a very long one, is refused, and named', async (t) => {
  for (const uri of ['http://[', 'javascript:alert(1)', 'file:///etc/passwd', 'mailto:a@b']) {
    t.throws(() => messagePath(uri, place), {
      code: 'ERR_UPSTREAM_MALFORMED',
      message: `The event "endpoint" carries ${JSON.stringify(uri)}, which is no URI of HTTP; expected a path.`,
    });
  }
  t.throws(() => messagePath(`/${'x'.repeat(4096)}`, place), {
    message: /has 4097 characters; at most 4096 are taken/,
  });
});
