import t from 'tap';
import type { Dispatcher } from 'undici';
import { LocalResponse } from '../../../gateway/upstream/local-response.ts';

/** A handler that writes down what it hears. */
function recording(changes: Dispatcher.DispatchHandler = {}) {
  const heard: unknown[] = [];
  const handler: Dispatcher.DispatchHandler = {
    onRequestStart: () => void heard.push('begin'),
    onResponseStart: (_controller, status, headers) => void heard.push([status, headers]),
    onResponseData: (_controller, chunk) => void heard.push(chunk.toString()),
    onResponseEnd: () => void heard.push('end'),
    onResponseError: (_controller, error) => void heard.push(error),
    ...changes,
  };
  return { heard, response: new LocalResponse(handler) };
}

t.test('a response is told in order, and its end once', async (t) => {
  const { heard, response } = recording();
  t.equal(response.begin(), true);
  response.answer(200, { 'content-type': 'text/plain' }, Buffer.from('all'));
  response.write(Buffer.from('more'));
  response.start(500);
  response.fail(new Error('late'));
  response.end();
  t.same(heard, ['begin', [200, { 'content-type': 'text/plain' }], 'all', 'end']);
});

t.test('a handler that has paused hears the rest when it resumes', async (t) => {
  const { heard, response } = recording();
  response.begin();
  response.start(200);
  response.pause();
  response.write(Buffer.from('one'));
  response.write(Buffer.from('two'));
  response.end();
  t.same(heard, ['begin', [200, {}]]);
  t.equal(response.queuedBytes, 6);
  response.resume();
  t.same(heard.slice(2), ['one', 'two', 'end']);
  t.equal(response.queuedBytes, 0);
});

t.test('a handler may pause at each chunk', async (t) => {
  const { heard, response } = recording({
    onResponseData: (controller, chunk) => {
      heard.push(chunk.toString());
      controller.pause();
    },
  });
  response.start(200);
  for (const text of ['one', 'two', 'three']) response.write(Buffer.from(text));
  response.end();
  t.same(heard.slice(1), ['one']);
  response.resume();
  t.same(heard.slice(1), ['one', 'two']);
  response.resume();
  t.same(heard.slice(1), ['one', 'two', 'three']);
  response.resume();
  t.same(heard.slice(1), ['one', 'two', 'three', 'end']);
});

t.test('what was queued is let go when the response breaks', async (t) => {
  const { heard, response } = recording();
  response.start(200);
  response.pause();
  response.write(Buffer.from('one'));
  const error = new Error('broken');
  response.fail(error);
  response.resume();
  t.same(heard.slice(1), [error]);
  t.equal(response.queuedBytes, 0);
});

t.test('a request that is given up tells whoever answers it, and its handler afterwards', async (t) => {
  const reason = new Error('enough');
  const { heard, response } = recording();
  let aborted = 0;
  response.onAbort = () => aborted++;
  response.begin();
  response.abort(reason);
  response.abort(new Error('again'));
  t.equal(aborted, 1);
  t.match(response, { aborted: true, reason });
  t.same(heard, ['begin'], 'not within its own call');
  response.answer(200);
  await Promise.resolve();
  t.same(heard, ['begin', reason]);
  response.abort(reason);
  t.equal(aborted, 1, 'a response that is over cannot be given up');
});

t.test('a handler that refuses at once is not begun with', async (t) => {
  const { response } = recording({ onRequestStart: (controller) => controller.abort(new Error('no')) });
  t.equal(response.begin(), false);
});

t.test('what a handler throws breaks its own response off', async (t) => {
  const fault = new Error('bad chunk');
  const { heard, response } = recording({
    onResponseData: () => {
      throw fault;
    },
  });
  response.answer(200, {}, Buffer.from('x'));
  await Promise.resolve();
  t.same(heard.slice(1), [fault]);
});
