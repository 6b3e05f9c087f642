import fc from 'fast-check';
import t from 'tap';
import { folded, placesIn, type Shape } from '../../../gateway/a2a/places.ts';

const shape: Shape = {
  members: {
    taskid: 'task',
    contextid: 'context',
    message: { members: { taskid: 'task', referencetaskids: { items: 'task' } } },
  },
};

/** What stands at the places of a value, as JSON text. */
function found(text: string, of: Shape = shape): string[] {
  const bytes = Buffer.from(text);
  return placesIn(bytes, 0, of).map(({ kind, start, end }) => `${kind} ${bytes.toString('utf8', start, end)}`);
}

t.test('the values of members that the shape names are found in their order, whatever is between', async (t) => {
  const text =
    '{ "x" : [1, {"taskId":"no"}, "}"] ,\n"taskId":"a", "message":{"parts":[{"text":"\\"taskId\\":\\"no\\""}],"taskId" : "b",' +
    '"referenceTaskIds":[ "c" , "d"],"metadata":{"taskId":"no"}},"contextId":"é","n":-1.5e+300}';
  t.strictSame(found(text), ['task "a"', 'task "b"', 'task "c"', 'task "d"', 'context "é"']);
});

t.test('a name counts in every spelling that some reader takes for it', async (t) => {
  for (const name of ['taskId', 'task_id', 'TaskID', 'TASK_ID', '\\u0074askId', 'ta\u017FkId', 'tas\u212AId']) {
    t.strictSame(found(`{"${name}":"a"}`), ['task "a"'], name);
  }
  t.equal(folded('task_id'), folded('taskId'));
});

t.test('a member that stands twice is found twice', async (t) => {
  t.strictSame(found('{"taskId":"a","taskId":"b"}'), ['task "a"', 'task "b"']);
});

t.test('a value that is no string is found too, so that it can be refused', async (t) => {
  t.strictSame(found('{"taskId":5,"contextId":["a",{"b":null}]}'), ['task 5', 'context ["a",{"b":null}]']);
  t.strictSame(found('{"taskId":null,"contextId":true}'), ['task null', 'context true']);
});

t.test('what has another form than the shape is passed over', async (t) => {
  t.strictSame(found('{"message":[{"taskId":"a"}]}'), []);
  t.strictSame(found('{"message":{"referenceTaskIds":"a"}}'), []);
  t.strictSame(found('[]'), []);
  t.strictSame(found('{}'), []);
  t.strictSame(found('5'), []);
});

t.test('a name that every object has is no member of a shape', async (t) => {
  t.strictSame(found('{"constructor":"a","__proto__":{"taskId":"b"},"hasOwnProperty":1}'), []);
});

t.test('in any JSON the places are those that a reader of values finds', async () => {
  const id = fc.oneof(fc.string(), fc.integer(), fc.constant(null));
  const value = fc.record(
    { taskId: id, contextId: id, other: fc.jsonValue(), message: fc.record({ taskId: id, parts: fc.jsonValue() }) },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(value, fc.constantFrom(0, 2), (value, indent) => {
      const bytes = Buffer.from(JSON.stringify(value, undefined, indent));
      const values = placesIn(bytes, 0, shape).map(({ kind, start, end }) => [
        kind,
        JSON.parse(bytes.toString('utf8', start, end)) as unknown,
      ]);
      const expected: unknown[] = [];
      for (const [name, member] of Object.entries(value)) {
        if (name === 'taskId') expected.push(['task', member]);
        if (name === 'contextId') expected.push(['context', member]);
        if (name === 'message' && 'taskId' in (member as object)) {
          expected.push(['task', (member as { taskId: unknown }).taskId]);
        }
      }
      return JSON.stringify(values) === JSON.stringify(expected);
    }),
  );
});
