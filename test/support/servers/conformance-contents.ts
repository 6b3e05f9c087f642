import { setTimeout as delay } from 'node:timers/promises';

/**
 * What the conformance suite looks for in a server of either era, under the literal names that its scenarios use, told
 * once and free of any SDK. Schemas are JSON Schema, since one scenario compares keywords that no builder writes.
 */

/** A content block, a message or a resource, as it goes over the wire. */
export type WireObject = Record<string, unknown>;

/** What a tool may do to the client that called it. */
export interface ConformanceCall {
  /** Does nothing if the client asked for no progress. */
  progress(done: number, total: number): Promise<void>;
  /** A log message at the level `info`; the era decides whether the client gets it. */
  log(text: string): Promise<void>;
}

export interface ConformanceTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: WireObject & { readonly type: 'object' };
  readonly run: (args: WireObject, call: ConformanceCall) => Promise<WireObject[]> | WireObject[];
}

export interface ConformancePrompt {
  readonly name: string;
  readonly description: string;
  readonly arguments: readonly { readonly name: string; readonly description: string; readonly required: true }[];
  readonly messages: (args: Readonly<Record<string, string>>) => WireObject[];
}

export interface ConformanceResource {
  readonly uri: string;
  readonly name: string;
  readonly description: string;
  readonly mimeType: string;
  readonly content: { readonly text: string } | { readonly blob: string };
}

/** One red pixel. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';
/** The header of a sound without samples. */
const WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=';

export const noArguments = { type: 'object', properties: {} } as const;

export function text(value: string): WireObject {
  return { type: 'text', text: value };
}

const image = { type: 'image', data: PNG, mimeType: 'image/png' };

function embedded(uri: string, mimeType: string, content: string): WireObject {
  return { type: 'resource', resource: { uri, mimeType, text: content } };
}

/** The tools of both eras. The first one takes no arguments: a scenario calls whatever comes first. */
export const conformanceTools: readonly ConformanceTool[] = [
  {
    name: 'test_simple_text',
    description: 'Answers a text',
    inputSchema: noArguments,
    run: () => [text('This is a simple text response for testing.')],
  },
  {
    name: 'test_image_content',
    description: 'Answers an image',
    inputSchema: noArguments,
    run: () => [image],
  },
  {
    name: 'test_audio_content',
    description: 'Answers a sound',
    inputSchema: noArguments,
    run: () => [{ type: 'audio', data: WAV, mimeType: 'audio/wav' }],
  },
  {
    name: 'test_embedded_resource',
    description: 'Answers a resource',
    inputSchema: noArguments,
    run: () => [embedded('test://embedded-resource', 'text/plain', 'This is an embedded resource content.')],
  },
  {
    name: 'test_multiple_content_types',
    description: 'Answers a text, an image and a resource',
    inputSchema: noArguments,
    run: () => [
      text('Multiple content types test:'),
      image,
      embedded('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
    ],
  },
  {
    name: 'test_error_handling',
    description: 'Always fails',
    inputSchema: noArguments,
    run: () => {
      throw new Error('This tool intentionally returns an error for testing');
    },
  },
  {
    name: 'test_tool_with_progress',
    description: 'Tells of its progress three times',
    inputSchema: noArguments,
    run: async (_args, call) => {
      await call.progress(0, 100);
      await delay(50);
      await call.progress(50, 100);
      await delay(50);
      await call.progress(100, 100);
      return [text('Told of its progress')];
    },
  },
  {
    name: 'test_tool_with_logging',
    description: 'Logs three times',
    inputSchema: noArguments,
    run: async (_args, call) => {
      await call.log('Tool execution started');
      await delay(50);
      await call.log('Tool processing data');
      await delay(50);
      await call.log('Tool execution completed');
      return [text('Logged')];
    },
  },
  {
    name: 'json_schema_2020_12_tool',
    description: 'Has a schema whose keywords are to arrive as they are written',
    inputSchema: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      $defs: {
        address: {
          $anchor: 'addressDef',
          type: 'object',
          properties: { street: { type: 'string' }, city: { type: 'string' } },
        },
      },
      properties: {
        name: { type: 'string' },
        address: { $ref: '#/$defs/address' },
        contactMethod: { type: 'string', enum: ['phone', 'email'] },
        phone: { type: 'string' },
        email: { type: 'string' },
      },
      allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
      if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
      // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
      then: { required: ['phone'] },
      else: { required: ['email'] },
      additionalProperties: false,
    },
    run: (args) => [text(JSON.stringify(args))],
  },
];

export const conformancePrompts: readonly ConformancePrompt[] = [
  {
    name: 'test_simple_prompt',
    description: 'A prompt without arguments',
    arguments: [],
    messages: () => [{ role: 'user', content: text('This is a simple prompt for testing.') }],
  },
  {
    name: 'test_prompt_with_arguments',
    description: 'A prompt with two arguments',
    arguments: [
      { name: 'arg1', description: 'The first', required: true },
      { name: 'arg2', description: 'The second', required: true },
    ],
    messages: ({ arg1, arg2 }) => [
      { role: 'user', content: text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`) },
    ],
  },
  {
    name: 'test_prompt_with_embedded_resource',
    description: 'A prompt with a resource in it',
    arguments: [{ name: 'resourceUri', description: 'The resource', required: true }],
    messages: ({ resourceUri }) => [
      { role: 'user', content: embedded(String(resourceUri), 'text/plain', 'Embedded resource content for testing.') },
      { role: 'user', content: text('Please process the embedded resource above.') },
    ],
  },
  {
    name: 'test_prompt_with_image',
    description: 'A prompt with an image in it',
    arguments: [],
    messages: () => [
      { role: 'user', content: image },
      { role: 'user', content: text('Please analyze the image above.') },
    ],
  },
];

export const conformanceResources: readonly ConformanceResource[] = [
  {
    uri: 'test://static-text',
    name: 'static-text',
    description: 'A text',
    mimeType: 'text/plain',
    content: { text: 'This is the content of the static text resource.' },
  },
  {
    uri: 'test://static-binary',
    name: 'static-binary',
    description: 'An image',
    mimeType: 'image/png',
    content: { blob: PNG },
  },
  {
    uri: 'test://watched-resource',
    name: 'watched-resource',
    description: 'A text that clients subscribe to',
    mimeType: 'text/plain',
    content: { text: 'Watched resource content' },
  },
];

export const conformanceTemplate = {
  uriTemplate: 'test://template/{id}/data',
  name: 'template',
  description: 'Data under an id',
  mimeType: 'application/json',
} as const;

/** What is under a URI, in the shape of a resource's contents; undefined if there is nothing. */
export function resourceContents(
  uri: string,
): { uri: string; mimeType: string; text: string } | WireObject | undefined {
  const resource = conformanceResources.find((each) => each.uri === uri);
  if (resource !== undefined) return { uri, mimeType: resource.mimeType, ...resource.content };
  const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1];
  if (id === undefined) return undefined;
  const data = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` });
  return { uri, mimeType: conformanceTemplate.mimeType, text: data };
}

const cities: readonly string[] = ['paris', 'park city', 'parma', 'lima'];

/** The completion of any argument of any prompt. */
export function completion(typed: string): { values: string[]; total: number; hasMore: boolean } {
  const values = cities.filter((city) => city.startsWith(typed));
  return { values, total: values.length, hasMore: false };
}
