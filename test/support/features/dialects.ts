import { everyContent, userUrl } from './behaviour.ts';
import type { Call } from './clients.ts';
import { offerOf, type ListKind, type WireItem } from './offer.ts';

/** A call, and the text that its answer must have in it. */
export interface Trial extends Call {
  readonly says: RegExp;
}

/** How a feature is used at a server: servers name things differently. What is absent, the server does not have. */
export interface Dialect {
  readonly instructions: RegExp;
  /** Capabilities that it declares, to clients of its own era. */
  readonly capabilities: readonly string[];
  /** Names, and URIs or their templates, of all that it lists to clients that declare everything. */
  readonly lists: Readonly<Record<ListKind, readonly string[]>>;
  /** Items as they stand in the lists, with every member. */
  readonly whole: Readonly<Partial<Record<ListKind, WireItem>>>;
  readonly echo: (text: string) => Trial;
  /** Members of the result of an echo that must be there. */
  readonly echoed?: WireItem;
  readonly structured: { readonly call: Call; readonly content: unknown };
  readonly error: Trial | undefined;
  readonly contents: { readonly call: Call; readonly content: readonly WireItem[] | undefined };
  /** Counts with a progress notification for each step. */
  readonly count: (to: number, stepMs: number) => Call;
  readonly cancellable: ((key: string) => Call) | undefined;
  /** Logs at `debug`, `info` and `error`; or once and at any level, outside of the call, until it is called again. */
  readonly log: { readonly call: (key: string) => Call; readonly within: boolean };
  readonly mirrored: ((region: string) => Call) | undefined;
  readonly model: (prompt: string) => Trial;
  readonly user: (message: string) => { readonly call: Call; readonly accepted: RegExp; readonly declined: RegExp };
  readonly url: (message: string) => { readonly call: Call; readonly accepted: RegExp };
  /** Fails once with -32042: the user has to open a URL first. */
  readonly urlFirst: ((key: string) => Call) | undefined;
  readonly roots: Trial;
  readonly prompt: {
    readonly name: string;
    readonly arguments: Readonly<Record<string, string>>;
    readonly says: RegExp;
  };
  readonly promptCompletion: Completion;
  readonly template: Completion & { readonly uri: string; readonly says: RegExp };
  readonly resource: { readonly uri: string; readonly says: RegExp };
  readonly missing: string;
  /** A resource whose updates a test can cause: by a tool, until it is called again, or by the server's control. */
  readonly changing: { readonly uri: string; readonly by?: Call };
  /** Whether a test can change its lists. */
  readonly changes: boolean;
}

export interface Completion {
  /** The name of a prompt, or the template of a resource. */
  readonly of: string;
  readonly argument: { readonly name: string; readonly value: string };
  readonly values: readonly string[];
}

const capabilities = ['tools', 'prompts', 'resources', 'completions', 'logging'] as const;

/** Of the table's own servers. */
export function own(server: string, era: 'legacy' | 'modern'): Dialect {
  const offer = offerOf(server, era);
  const all = (kind: ListKind): string[] =>
    offer[kind].map((item) =>
      String(item[kind === 'resources' ? 'uri' : kind === 'resourceTemplates' ? 'uriTemplate' : 'name']),
    );
  const call = (name: string, args: Readonly<Record<string, unknown>> = {}): Call => ({ name, arguments: args });
  return {
    instructions: new RegExp(offer.instructions),
    capabilities,
    lists: {
      tools: all('tools'),
      prompts: all('prompts'),
      resources: all('resources'),
      resourceTemplates: all('resourceTemplates'),
    },
    whole: {
      tools: offer.tools[0] as WireItem,
      prompts: offer.prompts[0] as WireItem,
      resources: offer.resources[0] as WireItem,
      resourceTemplates: offer.resourceTemplates[0] as WireItem,
    },
    echo: (text) => ({ ...call('echo', { text }), says: new RegExp(`"${text}"`) }),
    echoed: { _meta: { 'example.com/kept': [true] }, vendor: { kept: 1 } },
    structured: { call: call('add', { a: 2, b: 3 }), content: { sum: 5 } },
    error: { ...call('fail'), says: /always fails/ },
    contents: { call: call('contents'), content: everyContent },
    count: (to, stepMs) => call('count', { to, stepMs }),
    cancellable: (key) => call('wait', { key }),
    log: { call: (key) => call('log', { key }), within: true },
    mirrored: (region) => call('in_region', { region }),
    model: (prompt) => ({ ...call('ask_model', { prompt }), says: new RegExp(`the model heard ${prompt}`) }),
    user: (message) => ({
      call: call('ask_user', { message }),
      accepted: new RegExp(`accept.*user of ${message}|user of ${message}.*accept`),
      declined: /decline/,
    }),
    url: (message) => ({ call: call('send_user', { message }), accepted: /accept/ }),
    urlFirst: era === 'legacy' ? (key) => call('need_user', { key }) : undefined,
    roots: { ...call('ask_roots'), says: /file:\/\/\/home\/shop/ },
    prompt: { name: 'greet', arguments: { name: 'Ada', style: 'formal' }, says: /Write a formal greeting for Ada\./ },
    promptCompletion: {
      of: 'greet',
      argument: { name: 'style', value: 'f' },
      values: ['formal', 'friendly', 'funny'],
    },
    template: {
      of: `test://${server}/notes/{id}`,
      argument: { name: 'id', value: '1' },
      values: ['1', '10'],
      uri: `test://${server}/notes/10`,
      says: /This is test:.*notes.10/,
    },
    resource: { uri: `test://${server}/about`, says: /"_meta":\{"example.com.kept":"test:.*about"\}/ },
    missing: `test://${server}/nothing`,
    changing: { uri: `test://${server}/changing` },
    changes: true,
  };
}

/** Of the npm package server-everything. */
export const everything: Dialect = {
  instructions: /Everything Server/i,
  capabilities,
  lists: {
    tools: ['echo', 'get-sum', 'get-roots-list', 'trigger-sampling-request'],
    prompts: ['simple-prompt', 'args-prompt', 'completable-prompt', 'resource-prompt'],
    resources: ['demo://resource/static/document/features.md'],
    resourceTemplates: ['demo://resource/dynamic/text/{resourceId}', 'demo://resource/dynamic/blob/{resourceId}'],
  },
  whole: {
    tools: { name: 'echo', title: 'Echo Tool', annotations: { readOnlyHint: true, openWorldHint: false } },
    prompts: { name: 'args-prompt', title: 'Arguments Prompt' },
    resourceTemplates: { uriTemplate: 'demo://resource/dynamic/text/{resourceId}', mimeType: 'text/plain' },
  },
  echo: (text) => ({ name: 'echo', arguments: { message: text }, says: new RegExp(`"Echo: ${text}"`) }),
  structured: {
    call: { name: 'get-structured-content', arguments: { location: 'New York' } },
    content: { temperature: 33, conditions: 'Cloudy', humidity: 82 },
  },
  error: undefined,
  contents: {
    call: { name: 'get-annotated-message', arguments: { messageType: 'success', includeImage: true } },
    content: undefined,
  },
  count: (to, stepMs) => ({
    name: 'trigger-long-running-operation',
    arguments: { duration: (to * stepMs) / 1000, steps: to },
  }),
  cancellable: undefined,
  log: { call: () => ({ name: 'toggle-simulated-logging', arguments: {} }), within: false },
  mirrored: undefined,
  model: (prompt) => ({
    name: 'trigger-sampling-request',
    arguments: { prompt, maxTokens: 9 },
    says: new RegExp(`the model heard Resource .*${prompt}`),
  }),
  // Its question is always the same.
  user: () => ({
    call: { name: 'trigger-elicitation-request', arguments: {} },
    accepted: /Name: user of Please/,
    declined: /decline/,
  }),
  url: (message) => ({
    call: { name: 'trigger-url-elicitation', arguments: { url: userUrl, message } },
    accepted: /accept/,
  }),
  urlFirst: (key) => ({
    name: 'trigger-url-elicitation',
    arguments: { url: userUrl, message: key, elicitationId: key, errorPath: true },
  }),
  roots: { name: 'get-roots-list', arguments: {}, says: /file:\/\/\/home\/shop/ },
  prompt: { name: 'args-prompt', arguments: { city: 'Oslo' }, says: /weather in Oslo/ },
  promptCompletion: {
    of: 'completable-prompt',
    argument: { name: 'department', value: 'S' },
    values: ['Sales', 'Support'],
  },
  template: {
    of: 'demo://resource/dynamic/text/{resourceId}',
    argument: { name: 'resourceId', value: '7' },
    values: ['7'],
    uri: 'demo://resource/dynamic/text/7',
    says: /Resource 7: This is a plaintext resource/,
  },
  resource: { uri: 'demo://resource/static/document/features.md', says: /Everything Server/ },
  missing: 'demo://resource/nothing',
  changing: {
    uri: 'demo://resource/static/document/features.md',
    by: { name: 'toggle-subscriber-updates', arguments: {} },
  },
  changes: false,
};
