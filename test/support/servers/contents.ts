import * as z from 'zod/v4';

/**
 * What every SDK-built test server offers, told once and free of any SDK: both generations register the same tools,
 * prompts and resources from here, so that a test can expect the same of each.
 */

/** What a tool needs of the request that called it, in either SDK. */
export interface Call {
  /** Aborted when the client cancels or goes away. */
  readonly signal: AbortSignal;
  /** Sends a progress notification; does nothing if the client asked for none. */
  progress(done: number, total: number): Promise<void>;
  /** The header fields of the HTTP request that carried the call, names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The legacy session that carried the call. */
  readonly session: string | undefined;
}

/** The part of a tool's result that both SDKs and both eras agree on. */
export interface ToolResult {
  [key: string]: unknown;
  content: { type: 'text'; text: string }[];
  structuredContent?: Record<string, unknown>;
  isError?: boolean;
}

export interface TestTool {
  readonly name: string;
  /** As both SDKs register it. */
  readonly config: {
    readonly title: string;
    readonly description: string;
    readonly inputSchema: z.ZodObject;
    readonly outputSchema?: z.ZodObject;
    readonly _meta?: Record<string, unknown>;
  };
  run(args: Record<string, unknown>, call: Call): Promise<ToolResult> | ToolResult;
}

/** The lists that `toggle` changes. */
export type ListKind = 'tools' | 'prompts' | 'resources';
export const listKinds: readonly ListKind[] = ['tools', 'prompts', 'resources'];

/** The items that a running server was told to add to its lists; every session sees the same. */
export class Extras {
  readonly tools = new Set<string>();
  readonly prompts = new Set<string>();
  readonly resources = new Set<string>();

  /** Adds the item if it is not there, else removes it. */
  toggle(kind: ListKind, name: string): 'added' | 'removed' {
    if (this[kind].delete(name)) return 'removed';
    this[kind].add(name);
    return 'added';
  }
}

const styles: readonly string[] = ['formal', 'friendly', 'funny'];
const noteIds: readonly string[] = ['1', '2', '10'];

export const about = {
  uri: 'test://about',
  config: { description: 'What this is', mimeType: 'text/plain' },
} as const;
export const note = {
  template: 'test://notes/{id}',
  /** As both SDKs make a template of it. */
  callbacks: { list: undefined, complete: { id: (typed: string) => beginningWith(noteIds, typed) } },
  config: { description: 'One note' },
} as const;

/** The tool as it is described since a test had it described otherwise. */
export function reworded(tool: TestTool, wordings: ReadonlyMap<string, string>): TestTool {
  const description = wordings.get(tool.name);
  return description === undefined ? tool : { ...tool, config: { ...tool.config, description } };
}

function text(value: string): ToolResult {
  return { content: [{ type: 'text', text: value }] };
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new Error('cancelled'));
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    }, ms);
    const abort = () => {
      clearTimeout(timer);
      reject(new Error('cancelled'));
    };
    signal.addEventListener('abort', abort, { once: true });
  });
}

/**
 * The tools of a test server.
 * @param serverName what `who_answers` says beside the process id
 * @param toggle changes a list and announces it, as the server at hand does that
 */
export function tools(
  serverName: string,
  toggle: (kind: ListKind, name: string) => 'added' | 'removed',
): readonly TestTool[] {
  return [
    {
      name: 'echo',
      config: {
        title: 'Echo',
        description: 'Answers the text that it is given',
        inputSchema: z.object({ text: z.string() }),
        _meta: { 'example.com/kept': { by: 'the gateway' } },
      },
      run: ({ text: value }) => text(String(value)),
    },
    {
      name: 'add',
      config: {
        title: 'Add',
        description: 'Adds two numbers',
        inputSchema: z.object({ a: z.number(), b: z.number() }),
        outputSchema: z.object({ sum: z.number() }),
      },
      run: ({ a, b }) => {
        const sum = Number(a) + Number(b);
        return { ...text(JSON.stringify({ sum })), structuredContent: { sum } };
      },
    },
    {
      name: 'count',
      config: {
        title: 'Count',
        description: 'Counts to a number, with a progress notification for each step',
        inputSchema: z.object({ to: z.number().int(), stepMs: z.number().int().default(0) }),
      },
      run: async ({ to, stepMs }, call) => {
        for (let step = 1; step <= Number(to); step++) {
          await sleep(Number(stepMs), call.signal);
          await call.progress(step, Number(to));
        }
        return text(`counted to ${String(to)}`);
      },
    },
    {
      name: 'slow',
      config: {
        title: 'Slow',
        description: 'Answers after some milliseconds',
        inputSchema: z.object({ ms: z.number().int() }),
      },
      run: async ({ ms }, call) => {
        await sleep(Number(ms), call.signal);
        return text(`waited ${String(ms)} ms`);
      },
    },
    {
      name: 'bytes',
      config: {
        title: 'Bytes',
        description: 'Answers a text of the given size',
        inputSchema: z.object({ size: z.number().int() }),
      },
      run: ({ size }) => text('x'.repeat(Number(size))),
    },
    {
      name: 'fail',
      config: {
        title: 'Fail',
        description: 'Answers with a tool error',
        inputSchema: z.object({}),
      },
      run: () => ({ ...text('this tool always fails'), isError: true }),
    },
    {
      name: 'who_answers',
      config: {
        title: 'Who answers',
        description: 'Tells which server process and session answered, and the headers that it saw',
        inputSchema: z.object({}),
      },
      run: (_args, call) =>
        text(
          JSON.stringify({
            server: serverName,
            pid: process.pid,
            session: call.session ?? null,
            headers: call.headers,
          }),
        ),
    },
    {
      name: 'toggle',
      config: {
        title: 'Toggle',
        description: 'Adds an item to a list, or removes it, and announces the change',
        inputSchema: z.object({ list: z.enum(['tools', 'prompts', 'resources']), name: z.string() }),
      },
      run: ({ list, name }) => text(toggle(list as ListKind, String(name))),
    },
  ];
}

/** The tool that `toggle` adds under a name. */
export function extraTool(name: string): TestTool {
  return {
    name,
    config: {
      title: name,
      description: 'A tool that was added while the server ran',
      inputSchema: z.object({}),
    },
    run: () => text(`${name} answers`),
  };
}

export const greetArguments = { name: z.string(), style: z.string() };
export const greetDescription = 'A greeting in some style';
/** Of a prompt that `toggle` adds. */
export const extraPrompt = {
  config: { description: 'Added while the server ran' },
  answer: (name: string) => greeting({ name, style: 'formal' }),
} as const;

export function greeting(args: { name: string; style: string }): {
  messages: { role: 'user'; content: { type: 'text'; text: string } }[];
} {
  return {
    messages: [{ role: 'user', content: { type: 'text', text: `Write a ${args.style} greeting for ${args.name}.` } }],
  };
}

/** The styles that begin with what the user has typed. */
export function completeStyle(typed: string): string[] {
  return beginningWith(styles, typed);
}

function beginningWith(all: readonly string[], typed: string): string[] {
  return all.filter((value) => value.startsWith(typed));
}

/** What a server says of itself. */
export function identity(name: string): { info: { name: string; version: string }; instructions: string } {
  return { info: { name, version: '1.0.0' }, instructions: `The test server ${name}.` };
}

/** The URI of a resource that `toggle` adds. */
export function extraUri(name: string): string {
  return `test://extra/${name}`;
}

/** Reads any resource. */
export function read(uri: URL): { contents: { uri: string; mimeType: string; text: string }[] } {
  const text = uri.href === about.uri ? 'A server for tests.' : `The content of ${uri.href}.`;
  return { contents: [{ uri: uri.href, mimeType: 'text/plain', text }] };
}
