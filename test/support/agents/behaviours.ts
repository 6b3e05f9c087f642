import { createHash } from 'node:crypto';
import type { Part } from '@a2a-js/sdk';
import type { SkillId } from './skills.ts';
import { dataOf, filesOf, textOf, type AgentTask, type JsonPart } from './task.ts';

/** What a behaviour is given beside its task. */
export interface Circumstances {
  /** The text behind the skill's id. */
  readonly rest: string;
  /** How many messages of the conversation came before. */
  readonly earlier: number;
  /** Where a person authorizes the task. */
  readonly authorizeUrl: string;
}

export type Behaviour = (task: AgentTask, circumstances: Circumstances) => Promise<void>;

/** The least PNG: one pixel. */
const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** What the agent does for each skill; `bare` begins no task and is not here. */
export const behaviours: Readonly<Record<Exclude<SkillId, 'bare'>, Behaviour>> = {
  echo: async (task, { rest }) => finish(task, [{ text: rest }]),

  async stream(task) {
    task.working();
    for (let piece = 1; piece <= 5; piece++) {
      await task.pause(20);
      const options = { id: 'story', name: 'story', append: piece > 1, last: piece === 5 };
      task.artifact([{ text: `piece ${piece} of 5\n` }], options);
    }
    task.complete();
  },

  async steps(task, { rest }) {
    const [steps, stepMs] = numbers(rest, 30, 20);
    for (let step = 1; step <= steps; step++) {
      task.working(`step ${step} of ${steps}`);
      await task.pause(stepMs);
    }
    finish(task, [{ text: `done in ${steps} steps` }]);
  },

  async ask(task, { rest }) {
    await task.pause(numbers(rest, 0, 0)[0]);
    const answers: string[] = [];
    for (const question of ['What is your name?', 'Which colour do you like?']) {
      const message = await task.ask(question);
      // A client answers with text, or with the data of a form.
      const answer = textOf(message) || dataOf(message).map(firstValue).join(' ');
      if (/\b(declin|refus)/i.test(answer)) return task.reject(`An answer was declined: ${answer}`);
      answers.push(answer);
    }
    finish(task, [{ text: answers.join(' likes ') }]);
  },

  async fail(task, { rest }) {
    task.working();
    task.fail(rest || 'It could not be done.');
  },

  reject: async (task, { rest }) => task.reject(rest || 'This agent does not do that.'),

  async files(task) {
    const received = filesOf(task.message).map(describeFile);
    finish(task, [
      { raw: pixel, mediaType: 'image/png' },
      {
        raw: Buffer.from('What the agent noted.\n').toString('base64'),
        mediaType: 'text/plain',
        filename: 'notes.txt',
      },
      { url: 'https://example.com/files/report.pdf', mediaType: 'application/pdf' },
      { data: { received } },
    ]);
  },

  async data(task, { rest }) {
    const received = dataOf(task.message);
    if (rest === 'many')
      return finish(
        task,
        [1, 2, 3].map((number) => ({ data: { number } })),
      );
    if (rest === 'list') return finish(task, [{ data: received }]);
    finish(task, [{ data: { received } }]);
  },

  async auth(task, { rest, authorizeUrl }) {
    await task.pause(numbers(rest, 0, 0)[0]);
    if (rest === 'silent') await task.askToAuthorize([{ text: 'Somebody has to sign in.' }]);
    else if (rest === 'part') await task.askToAuthorize([{ text: 'Please sign in.' }, { url: authorizeUrl }]);
    else await task.askToAuthorize([{ text: `Please sign in at ${authorizeUrl} to go on.` }]);
    task.working('Somebody has signed in.');
    finish(task, [{ text: 'authorized' }]);
  },

  wait: waitForever,

  'wait-stubborn': waitForever,

  async large(task, { rest }) {
    const [size, workMs] = numbers(rest, 1000, 0);
    task.artifact([{ text: 'x'.repeat(size) }], { name: 'result' });
    await task.pause(workMs);
    task.complete();
  },

  context: async (task, { earlier }) => finish(task, [{ text: String(earlier) }]),
};

async function waitForever(task: AgentTask): Promise<void> {
  task.working('waiting');
  await task.forever();
}

function finish(task: AgentTask, parts: readonly JsonPart[]): void {
  task.artifact(parts, { name: 'result' });
  task.complete();
}

function describeFile({ content, filename, mediaType }: Part): Record<string, unknown> {
  if (content?.$case === 'url') return { filename, mediaType, url: content.value };
  const bytes = content?.$case === 'raw' ? content.value : Buffer.alloc(0);
  return { filename, mediaType, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

function firstValue(data: unknown): string {
  return String(typeof data === 'object' && data !== null ? Object.values(data)[0] : data);
}

/** The first two numbers of a text, each with what it is if absent. */
function numbers(text: string, first: number, second: number): [number, number] {
  const found = (text.match(/\d+/g) ?? []).map(Number);
  return [found[0] ?? first, found[1] ?? second];
}
