import { specTypeSchemas } from '@modelcontextprotocol/client';
import { PromptSchema, ResourceSchema, ResourceTemplateSchema, ToolSchema } from '@modelcontextprotocol/sdk/types.js';
import type { Era, ListKind } from './catalogue.ts';

/**
 * The SDKs' schemas of one listed item, as checks only: what they return is thrown away, since it lacks the members that
 * they do not know. Each generation's clients refuse a whole page for one item that fails its schema, so that what
 * passes here is what they will take.
 */

interface Issue {
  readonly path?: readonly unknown[] | undefined;
  readonly message: string;
}

type Validate = (item: unknown) => readonly Issue[] | undefined;

interface StandardSchema {
  readonly '~standard': {
    validate(value: unknown): { readonly issues?: readonly Issue[] | undefined } | Promise<unknown>;
  };
}

interface ZodSchema {
  safeParse(value: unknown): { readonly success: boolean; readonly error?: { readonly issues: readonly Issue[] } };
}

function standard(schema: StandardSchema): Validate {
  return (item) => {
    const outcome = schema['~standard'].validate(item);
    return outcome instanceof Promise ? undefined : outcome.issues;
  };
}

function zod(schema: ZodSchema): Validate {
  return (item) => schema.safeParse(item).error?.issues;
}

const schemas: Readonly<Record<Era, Readonly<Record<ListKind, Validate>>>> = {
  legacy: {
    tools: zod(ToolSchema),
    prompts: zod(PromptSchema),
    resources: zod(ResourceSchema),
    resourceTemplates: zod(ResourceTemplateSchema),
  },
  modern: {
    tools: standard(specTypeSchemas.Tool),
    prompts: standard(specTypeSchemas.Prompt),
    resources: standard(specTypeSchemas.Resource),
    resourceTemplates: standard(specTypeSchemas.ResourceTemplate),
  },
};

/** Why a client of `era` would refuse an item: `inputSchema.type: Invalid input: expected "object"`; undefined if it takes it. */
export function schemaFault(kind: ListKind, era: Era, item: unknown): string | undefined {
  const issue = schemas[era][kind](item)?.[0];
  if (issue === undefined) return undefined;
  const path = (issue.path ?? []).map((part) => String((part as { key?: unknown } | null)?.key ?? part)).join('.');
  return path === '' ? issue.message : `${path}: ${issue.message}`;
}
