/** An MCP client, of either era, delegates to an agent that speaks A2A as it calls a tool. */
import { createHash } from 'node:crypto';
import t, { type Test } from 'tap';
import skills from '../support/agents/skills.json' with { type: 'json' };
import { clientKinds, contextIn, said, taskIn, type AgentClient, type ToldProgress } from '../support/agent-clients.ts';
import { agentKinds, agentNames, kindsOfClients, pathsTo, serveAgents } from '../support/agent-kinds.ts';

const { gateway } = await serveAgents(t);
const annotations = { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true };

/** A client and the names of its tools. */
interface Side {
  readonly client: AgentClient;
  readonly agent: string;
  readonly streams: boolean;
  readonly tool: (skill: string) => string;
}

const behaviours: Readonly<Record<string, (t: Test, side: Side) => Promise<void>>> = {
  async 'one tool for any task and one a skill'(t, { client, agent, tool }) {
    const tools = (await client.tools()).filter(({ name }) => String(name).startsWith(tool('')));
    const own = tools.filter((each) => String(each['title']).includes(`The ${agent} one`));
    t.strictSame(
      new Set(own.map(({ name }) => name)),
      new Set(['delegate', ...Object.keys(skills)].map((name) => tool(name))),
    );
    for (const each of own) {
      t.match(each['annotations'], annotations);
      t.match(each['description'], /it may take minutes or longer, change things, and ask back/);
    }
    const echo = own.find(({ name }) => name === tool('echo'));
    t.match(echo, { title: `The ${agent} one: Echo`, inputSchema: { required: ['message'] } });
    t.match(echo?.['description'], /^Answers the text that it is given\n\nFor example:\n- echo good morning\n/);
    const delegate = own.find(({ name }) => name === tool('delegate'));
    t.match(delegate, {
      description: new RegExp(`^Delegates a task to the agent The ${agent} one.\n\nThe test agent`),
      inputSchema: { properties: { message: {}, data: {}, files: {}, context: {}, task: {} } },
    });
  },

  async 'a quick answer'(t, { client, tool }) {
    const result = await client.call(tool('delegate'), { message: 'echo good morning' });
    t.match(result, { content: [{ type: 'text', text: 'good morning' }] });
    t.notOk(result.isError);
    t.ok(taskIn(result) && contextIn(result));
    t.match(said(result), contextIn(result), 'a model is told how to go on');
    t.match(await client.call(tool('echo'), { message: 'echo by its skill' }), { content: [{ text: 'by its skill' }] });
  },

  async 'a bare message'(t, { client, tool }) {
    const result = await client.call(tool('bare'), { message: 'bare hello' });
    t.match(result, { content: [{ type: 'text', text: 'hello' }] });
    t.notOk(result.isError);
    t.notOk(result._meta?.['mcp.fetchfy.ai/task'], 'there is no task');
  },

  async 'an artifact in pieces, whole and in order'(t, { client, tool, streams }) {
    const { content } = await client.call(tool('stream'), { message: 'stream' });
    const pieces = [1, 2, 3, 4, 5].map((n) => `piece ${n} of 5\n`);
    // The SDK keeps the pieces as parts of their own, which who asks for the task gets.
    const expected = streams ? [pieces.join('')] : pieces;
    t.strictSame(
      content.slice(0, -1).map(({ text }) => text),
      expected,
    );
  },

  async '30 steps with progress'(t, { client, tool, streams }) {
    const told: ToldProgress[] = [];
    const result = await client.call(
      tool('steps'),
      { message: 'steps 30 20' },
      { onProgress: (each) => void told.push(each) },
    );
    t.match(said(result), 'done in 30 steps');
    t.strictSame(
      told.map(({ progress }) => progress),
      told.map((_, index) => index + 1),
      'a counter of its own',
    );
    const steps = told.flatMap(({ message }) => /^step (\d+) of 30$/.exec(message ?? '')?.[1] ?? []).map(Number);
    t.strictSame(
      steps,
      [...steps].sort((a, b) => a - b),
      'in order',
    );
    // Who is asked now and then is not seen at each step.
    if (streams) t.equal(steps.length, 30);
    else t.ok(steps.length > 0);
  },

  async 'failure and rejection with their reasons'(t, { client, tool }) {
    const failed = await client.call(tool('fail'), { message: 'fail the disk is full' });
    t.match(failed, { isError: true, content: [{ text: 'The agent failed: the disk is full' }] });
    const rejected = await client.call(tool('reject'), { message: 'reject that is not my work' });
    t.match(rejected, { isError: true, content: [{ text: 'The agent rejected the task: that is not my work' }] });
  },

  async 'files in and out, by value and by reference'(t, { client, tool }) {
    const bytes = Buffer.alloc(300_000, 'Ada');
    const files = [
      { name: 'ada.bin', mimeType: 'application/octet-stream', data: bytes.toString('base64') },
      { mimeType: 'image/png', uri: 'https://example.com/ada.png' },
    ];
    const { content, structuredContent } = await client.call(tool('files'), { message: 'files', files });
    const [image, notes, report] = content;
    t.match(image, { type: 'image', mimeType: 'image/png' });
    t.match(notes, { type: 'resource', resource: { uri: /^a2a:\/\/.*\/notes.txt$/, mimeType: 'text/plain' } });
    const { blob } = (notes?.['resource'] ?? {}) as { readonly blob?: string };
    t.equal(Buffer.from(blob ?? '', 'base64').toString(), 'What the agent noted.\n');
    t.match(report, { type: 'resource_link', uri: 'https://example.com/files/report.pdf', name: 'report.pdf' });
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    t.match(structuredContent, {
      received: [
        { filename: 'ada.bin', mediaType: 'application/octet-stream', size: bytes.length, sha256 },
        { mediaType: 'image/png', url: 'https://example.com/ada.png' },
      ],
    });
  },

  async 'structured data in and out'(t, { client, tool }) {
    const data = { colour: 'blue', sizes: [1, 2] };
    const structured = async (message: string): Promise<unknown> => {
      const { structuredContent, content } = await client.call(tool('data'), { message, data });
      t.match(content[0], { type: 'text', text: /^[{[]/ }, 'as text as well');
      return structuredContent;
    };
    t.strictSame(await structured('data'), { received: [data] });
    t.strictSame(await structured('data many'), { results: [{ number: 1 }, { number: 2 }, { number: 3 }] });
    t.strictSame(await structured('data list'), { result: [data] });
  },

  async 'a second task in the same conversation'(t, { client, tool }) {
    const first = await client.call(tool('context'), { message: 'context' });
    t.match(first.content[0], { text: '0' });
    const second = await client.call(tool('delegate'), { message: 'context', context: contextIn(first) });
    t.match(second.content[0], { text: '1' });
    t.not(taskIn(second), taskIn(first));
    t.match((await client.call(tool('context'), { message: 'context' })).content[0], { text: '0' });
  },

  async 'an outcome that the task’s handle reads again'(t, { client, tool }) {
    const first = await client.call(tool('echo'), { message: 'echo once' });
    const again = await client.call(tool('delegate'), { task: taskIn(first) });
    t.match(again.content[0], { text: 'once' });
  },

  async 'large answers'(t, { client, tool }) {
    const { content } = await client.call(tool('large'), { message: 'large 3000000' });
    t.equal(String(content[0]?.['text']).length, 3_000_000);
  },
};

for (const name of agentNames) {
  for (const kind of kindsOfClients) {
    for (const { title, url, prefix } of pathsTo(gateway, name)) {
      t.test(`a client (${kind}) of the agent “${name}” at ${title} has`, async (t) => {
        const client = await clientKinds[kind](url);
        t.teardown(() => client.close());
        const side: Side = { client, agent: name, streams: agentKinds[name].streams, tool: (skill) => prefix + skill };
        for (const [behaviour, shows] of Object.entries(behaviours)) t.test(behaviour, (t) => shows(t, side));
      });
    }
  }
}
