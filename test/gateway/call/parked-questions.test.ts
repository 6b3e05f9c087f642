import t from 'tap';
import { ParkedQuestions } from '../../../gateway/call/parked-questions.ts';
import { needOf } from '../../../gateway/call/askable.ts';
import { checkedAnswers, inputResponsesOf } from '../../../gateway/call/parked-responses.ts';
import { readMessage, type Message } from '../../../gateway/jsonrpc/message.ts';

const session = { target: '10.0.0.1:80', id: 's', protocolVersion: '2025-11-25' };
const other = { ...session, id: 'other' };

const message = (text: string): Message => readMessage(Buffer.from(text));
const request = (id: string, method: string, params?: string): Message =>
  message(`{"jsonrpc":"2.0","id":${id},"method":"${method}"${params === undefined ? '' : `,"params":${params}`}}`);

function asked(...requests: Message[]): ParkedQuestions {
  const questions = new ParkedQuestions();
  for (const each of requests) add(questions, each);
  return questions;
}

function add(questions: ParkedQuestions, each: Message, from = session): void {
  questions.add(from, each, needOf(each) ?? { feature: '', mode: undefined });
}

t.test('a request becomes an InputRequest, byte for byte but for what is its hop’s', async (t) => {
  const cases: [string, string | undefined, string][] = [
    ['roots/list', undefined, '{"method":"roots/list"}'],
    ['roots/list', '{ "_meta" : {"progressToken":1} }', '{"method":"roots/list"}'],
    [
      'elicitation/create',
      '{"message":"\\u00e9","n":1e400}',
      '{"method":"elicitation/create","params":{"message":"\\u00e9","n":1e400}}',
    ],
    [
      'elicitation/create',
      '{"_meta":{},"mode":"url","elicitationId":"e","url":"https://a.b/"}',
      '{"method":"elicitation/create","params":{"mode":"url","url":"https://a.b/"}}',
    ],
    [
      'elicitation/create',
      '{"elicitationId":"e","task":{}}',
      '{"method":"elicitation/create","params":{"elicitationId":"e"}}',
    ],
  ];
  for (const [method, params, expected] of cases)
    t.equal(asked(request('1', method, params)).inputRequests, `{"q1":${expected}}`);
});

t.test('keys are never used again, and one request is asked once', async (t) => {
  const questions = asked(request('1', 'roots/list'), request('1', 'roots/list'), request('"1"', 'roots/list'));
  t.equal(questions.size, 2);
  add(questions, request('1', 'roots/list'), other);
  t.equal(questions.size, 3, 'another session’s is another');
  for (const question of questions.among(['q1', 'q2', 'q3', 'q4'])) questions.close(question);
  t.equal(questions.size, 0);
  add(questions, request('9', 'roots/list'));
  t.strictSame(Object.keys(JSON.parse(questions.inputRequests) as object), ['q4']);
});

t.test('a server gives up its own by its own id', async (t) => {
  const questions = asked(request('"\\u0061"', 'roots/list'), request('2', 'roots/list'));
  questions.withdraw(other, '2');
  questions.withdraw(session, '"2"');
  t.equal(questions.size, 2);
  questions.withdraw(session, '"a"');
  const rest = questions.those(() => true);
  t.strictSame(
    rest.map(({ id }) => id),
    ['2'],
  );
});

const retry = (responses: string): Message =>
  message(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"inputResponses":${responses}}}`);

t.test('responses are taken as they are written', async (t) => {
  const text = '{ "action" : "accept", "content": {"n": 12345678901234567890} }';
  const responses = inputResponsesOf(retry(`{"q1": ${text} , "x":7}`));
  const questions = asked(request('7', 'elicitation/create', '{"message":"m"}'));
  const [answer] = checkedAnswers(questions.among(responses.keys()), responses);
  t.equal(answer?.text, text);
  t.equal(answer?.question.id, '7');
  t.strictSame(inputResponsesOf(message('{"jsonrpc":"2.0","id":1,"method":"x"}')), new Map());
});

t.test('what is no result of what was asked is refused', async (t) => {
  const questions = asked(
    request('1', 'sampling/createMessage', '{}'),
    request('2', 'elicitation/create', '{}'),
    request('3', 'roots/list'),
  );
  const good: Record<string, string> = {
    q1: '{"role":"assistant","model":"m","content":[{"type":"tool_use","id":"a","name":"b","input":{}}]}',
    q2: '{"action":"cancel"}',
    q3: '{"roots":[]}',
  };
  for (const [key, text] of Object.entries(good)) {
    const responses = inputResponsesOf(retry(`{"${key}":${text}}`));
    t.equal(checkedAnswers(questions.among([key]), responses).length, 1, key);
  }
  for (const [key, text] of [
    ['q1', '{"role":"assistant","content":{"type":"text","text":""}}'],
    ['q1', good['q2']],
    ['q2', '"accept"'],
    ['q2', '{"error":{"code":-1,"message":"no"}}'],
    ['q3', '{"roots":[{}]}'],
    ['q3', 'null'],
  ]) {
    const responses = inputResponsesOf(retry(`{"${key}":${text}}`));
    t.throws(() => checkedAnswers(questions.among([key ?? '']), responses), { code: -32602 }, text ?? '');
  }
  for (const text of ['[]', 'null', '"q1"', '{"q1":1,"q1":2}']) {
    t.throws(() => inputResponsesOf(retry(text)), { code: -32602, message: /inputResponses is no object/ }, text);
  }
});
