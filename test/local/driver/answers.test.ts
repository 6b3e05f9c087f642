import t from 'tap';
import { readCompositeAnswer, readCustomizeAnswer, readDecoratorAnswer } from '../../../local/driver/answers.ts';

const answer = (value: unknown, statusCode = 200): { statusCode: number; body: string } => ({
  statusCode,
  body: JSON.stringify(value),
});
const sync = { path: '/sync', url: 'http://hooks.test/sync', timeoutMs: 1000 };
const customizing = { ...sync, path: '/customize' };
const child = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' } };

t.test('complete answers are taken', async (t) => {
  const composite = { status: {}, children: [child], resyncAfterSeconds: 0.5 };
  t.same(readCompositeAnswer(sync, answer(composite)), composite);
  const decorator = { labels: { a: null }, annotations: {}, status: null, attachments: [child] };
  t.same(readDecoratorAnswer(sync, answer(decorator)), decorator);
  const customize = { relatedResources: [{ apiVersion: 'v1', resource: 'services', names: ['a'] }] };
  t.same(readCustomizeAnswer(customizing, answer(customize)), customize);
});

t.test('an unknown field fails, and is named', async (t) => {
  t.throws(() => readCompositeAnswer(sync, answer({ status: {}, children: [], childs: [] })), /"childs"/);
  t.throws(() => readDecoratorAnswer(sync, answer({ attachments: [], children: [] })), /"children"/);
  const rule = { apiVersion: 'v1', resource: 'services', selector: {} };
  t.throws(
    () => readCustomizeAnswer(customizing, answer({ relatedResources: [rule] })),
    /relatedResources\/0.*"selector"/,
  );
});

t.test('a child without a name, a kind or a version fails', async (t) => {
  for (const broken of [
    { ...child, metadata: {} },
    { ...child, kind: '' },
    { kind: 'Service', metadata: { name: 'a' } },
  ]) {
    t.throws(() => readCompositeAnswer(sync, answer({ status: {}, children: [broken] })), /children\/0/);
  }
});

t.test('any status but 200 fails, with what the hook said', async (t) => {
  t.throws(() => readCompositeAnswer(sync, answer({ message: 'spec.x is wrong' }, 400)), /HTTP 400.*spec.x is wrong/);
  t.throws(() => readCompositeAnswer(sync, answer({ status: {}, children: [] }, 201)), /HTTP 201/);
});

t.test('what is not JSON fails', async (t) => {
  t.throws(() => readCompositeAnswer(sync, { statusCode: 200, body: '<html>' }), /not JSON/);
});
