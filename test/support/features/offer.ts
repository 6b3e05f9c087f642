/**
 * What the servers of the feature table offer, as it goes over the wire: told once, for servers on three SDKs. Lists are
 * in pages, so that whoever reads only the first one misses something.
 */

export type ListKind = 'tools' | 'prompts' | 'resources' | 'resourceTemplates';
export type WireItem = Readonly<Record<string, unknown>>;
export type Offer = Readonly<Record<ListKind, readonly WireItem[]>> & {
  readonly name: string;
  readonly instructions: string;
};

/** How many items a page of each list has. */
export const PAGE_ITEMS = 3;

/** What an item has that only some revisions know, or none: all of it passes. */
const decorated = (title: string): WireItem => ({
  title,
  icons: [{ src: 'https://example.com/icon.png', mimeType: 'image/png', sizes: ['48x48'], theme: 'dark' }],
  _meta: { 'example.com/kept': { by: 'the gateway' } },
  'example.com/vendor': [1, { deep: true }],
});

const object = (properties: WireItem = {}, required: readonly string[] = Object.keys(properties)): WireItem => ({
  type: 'object',
  properties,
  required,
});
const string = { type: 'string' } as const;
const number = { type: 'number' } as const;

const tools: readonly WireItem[] = [
  {
    name: 'echo',
    description: 'Answers the text that it is given',
    inputSchema: object({ text: string }),
    annotations: { title: 'Echo', readOnlyHint: true, 'example.com/vendor': 'kept' },
    ...decorated('Echo'),
  },
  {
    name: 'add',
    description: 'Adds two numbers',
    inputSchema: object({ a: number, b: number }),
    outputSchema: object({ sum: number }),
  },
  { name: 'fail', description: 'Answers with a tool error', inputSchema: object() },
  { name: 'contents', description: 'Answers content of every kind', inputSchema: object() },
  { name: 'count', description: 'Counts, with progress', inputSchema: object({ to: number, stepMs: number }) },
  { name: 'wait', description: 'Waits until it is cancelled', inputSchema: object({ key: string }) },
  { name: 'log', description: 'Logs at three levels', inputSchema: object({ key: string }) },
  {
    name: 'in_region',
    description: 'Has a parameter that is mirrored into the header Mcp-Param-Region',
    inputSchema: object({ region: { type: 'string', 'x-mcp-header': 'Region' } }),
  },
  { name: 'ask_model', description: "Asks the client's model", inputSchema: object({ prompt: string }) },
  { name: 'ask_user', description: "Asks the client's user", inputSchema: object({ message: string }) },
  { name: 'send_user', description: "Sends the client's user to a URL", inputSchema: object({ message: string }) },
  { name: 'ask_roots', description: 'Asks for the roots', inputSchema: object() },
];

/** 2026-07-28 has no error by which a tool could say so. */
const legacyTool: WireItem = {
  name: 'need_user',
  description: 'Fails once with -32042: the user has to open a URL first',
  inputSchema: object({ key: string }),
};

/** What a server of this name offers. Its resources are nobody else's. */
export function offerOf(name: string, era: 'legacy' | 'modern'): Offer {
  const resource = (id: string): WireItem => ({
    uri: `test://${name}/${id}`,
    name: id,
    mimeType: 'text/plain',
    ...(id === 'about' && { annotations: { audience: ['user'], priority: 0.5 }, size: 17, ...decorated('About') }),
  });
  return {
    name,
    instructions: `The instructions of ${name}.`,
    tools: era === 'legacy' ? [...tools, legacyTool] : tools,
    prompts: [
      {
        name: 'greet',
        description: 'A greeting in some style',
        arguments: [
          { name: 'name', description: 'Whom', required: true, title: 'Name' },
          { name: 'style', description: 'How', required: true },
        ],
        ...decorated('Greet'),
      },
      ...['first', 'second', 'third'].map((each) => ({ name: each, description: `The ${each} prompt` })),
    ],
    resources: ['about', 'changing', 'one', 'two'].map(resource),
    resourceTemplates: [
      { uriTemplate: `test://${name}/notes/{id}`, name: 'note', mimeType: 'text/plain', ...decorated('Note') },
      ...['a', 'b', 'c'].map((each) => ({ uriTemplate: `test://${name}/${each}/{id}`, name: each })),
    ],
  };
}

/** One page of a list, and the cursor of the next. @returns undefined for a cursor that was never given out */
export function pageOf<Item>(
  items: readonly Item[],
  cursor: string | undefined,
): { readonly items: readonly Item[]; readonly nextCursor?: string } | undefined {
  const from = cursor === undefined ? 0 : Number(/^from-([0-9]+)$/.exec(cursor)?.[1]);
  if (Number.isNaN(from)) return undefined;
  const next = from + PAGE_ITEMS;
  return { items: items.slice(from, next), ...(next < items.length && { nextCursor: `from-${next}` }) };
}

/** The item that a test adds to a list. */
export function extraItem(server: string, kind: ListKind, key: string): WireItem {
  switch (kind) {
    case 'tools':
      return { name: key, inputSchema: object() };
    case 'prompts':
      return { name: key };
    case 'resources':
      return { uri: `test://${server}/${key}`, name: key };
    case 'resourceTemplates':
      return { uriTemplate: `test://${server}/${key}/{id}`, name: key };
  }
}

/** The arguments' values that begin with what the user has typed. */
export function completionOf(argument: string, typed: string): { values: string[]; total: number; hasMore: boolean } {
  const all: Readonly<Record<string, readonly string[]>> = {
    style: ['formal', 'friendly', 'funny'],
    id: ['1', '2', '10'],
  };
  const values = (all[argument] ?? []).filter((value) => value.startsWith(typed));
  return { values, total: values.length, hasMore: false };
}

/** Reads a resource. @returns undefined if there is none */
export function contentsOf(offer: Offer, uri: string): WireItem | undefined {
  const isListed = offer.resources.some((each) => each['uri'] === uri);
  if (!isListed && !uri.startsWith(`test://${offer.name}/notes/`)) return undefined;
  return { contents: [{ uri, mimeType: 'text/plain', text: `This is ${uri}.`, _meta: { 'example.com/kept': uri } }] };
}

/** Gets a prompt. @returns undefined if there is none */
export function promptOf(offer: Offer, name: string, args: WireItem = {}): WireItem | undefined {
  if (!offer.prompts.some((each) => each['name'] === name)) return undefined;
  const text = name === 'greet' ? `Write a ${String(args['style'])} greeting for ${String(args['name'])}.` : name;
  return { description: 'Said', messages: [{ role: 'user', content: { type: 'text', text } }] };
}
