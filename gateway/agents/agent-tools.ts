import type { JsonObject } from '../upstream/json.ts';
import type { AgentCard, AgentSkill } from './agent-card.ts';

/** The tool of every agent that takes a task in free form. */
export const DELEGATE = 'delegate';

/** A tool that stands for an agent, or for one of its skills. */
export interface AgentTool {
  readonly name: string;
  /** Undefined: the tool in free form. */
  readonly skill: AgentSkill | undefined;
  /** As it is listed. */
  readonly definition: JsonObject;
}

const MAX_DESCRIPTION = 4096;
const MAX_EXAMPLES = 5;

const files = {
  type: 'array',
  maxItems: 32,
  description: 'Files for the agent: each by value (data, base64) or by reference (uri).',
  items: {
    type: 'object',
    properties: {
      name: { type: 'string', description: 'File name.' },
      mimeType: { type: 'string', description: 'Media type.' },
      data: { type: 'string', description: 'The content, base64.' },
      uri: { type: 'string', description: 'Where the agent finds the content.' },
    },
  },
} as const;

const ofEach = {
  data: { type: 'object', description: 'Structured data for the agent.' },
  files,
  context: {
    type: 'string',
    description: 'The context of an earlier result, to start another task in that conversation.',
  },
} as const;

/** What nobody can promise for an agent: it may change things, elsewhere too, and each time anew. */
const annotations = { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true } as const;

/** A client of 2025-11-25 decides for each call whether it is a task; in later revisions this says nothing. */
const execution = { taskSupport: 'optional' } as const;

/** The tools of an agent: one in free form, and one for each skill, so that a model picks by skill. */
export function agentTools(card: AgentCard): readonly AgentTool[] {
  const tools: AgentTool[] = [inFreeForm(card)];
  const taken = new Set([DELEGATE]);
  for (const skill of card.skills) {
    const name = toolName(skill.id, taken);
    taken.add(name);
    tools.push({ name, skill, definition: ofSkill(name, skill, card) });
  }
  return tools;
}

function inFreeForm({ name, description }: AgentCard): AgentTool {
  const about = [`Delegates a task to the agent ${name}.`, description];
  const honest = [
    'The agent works by itself: it may take minutes or longer, change things, and ask back.',
    'With task alone it waits for that task, or reads its outcome; with task and message it answers what the agent asked.',
  ];
  const inputSchema = {
    type: 'object',
    properties: {
      message: { type: 'string', description: 'What the agent is to do, or the answer to what it asked.' },
      ...ofEach,
      task: { type: 'string', description: 'The task of an earlier result.' },
    },
  };
  const definition = {
    name: DELEGATE,
    title: name,
    description: described(about, honest),
    inputSchema,
    annotations,
    execution,
  };
  return { name: DELEGATE, skill: undefined, definition };
}

function ofSkill(name: string, skill: AgentSkill, card: AgentCard): JsonObject {
  const examples = skill.examples.slice(0, MAX_EXAMPLES).map((each) => `- ${each}`);
  const about = [skill.description, ...(examples.length > 0 ? [`For example:\n${examples.join('\n')}`] : [])];
  const honest = [
    `The agent ${card.name} does this by itself: it may take minutes or longer, change things, and ask back.`,
  ];
  const inputSchema = {
    type: 'object',
    properties: { message: { type: 'string', description: 'What the agent is to do.' }, ...ofEach },
    required: ['message'],
  };
  return {
    name,
    title: `${card.name}: ${skill.name}`,
    description: described(about, honest),
    inputSchema,
    annotations,
    execution,
  };
}

/** What a card says is cut where it is too long, what the gateway says of it is not. */
function described(about: readonly string[], honest: readonly string[]): string {
  const joined = (paragraphs: readonly string[]): string => paragraphs.filter((each) => each !== '').join('\n\n');
  const end = joined(honest);
  return joined([joined(about).slice(0, MAX_DESCRIPTION - end.length - 2), end]);
}

/** A skill's id as a tool's name (2025-11-25, Tools, Tool Names): what may not stand in one becomes `_`. */
function toolName(id: string, taken: ReadonlySet<string>): string {
  const base = id.replaceAll(/[^A-Za-z0-9_.-]/g, '_').slice(0, 100);
  if (!taken.has(base)) return base;
  for (let number = 2; ; number++) {
    const name = `${base}_${number}`;
    if (!taken.has(name)) return name;
  }
}
