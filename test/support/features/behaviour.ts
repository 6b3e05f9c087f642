import { setTimeout as delay } from 'node:timers/promises';
import type { WireItem } from './offer.ts';

/** What a tool may do to the client that called it, in either generation of the TypeScript SDK. */
export interface FeatureCall {
  /** Aborted when the call is cancelled. */
  readonly signal: AbortSignal;
  /** What came as the header Mcp-Param-Region. */
  readonly region: string | undefined;
  progress(done: number, total: number): Promise<void>;
  /** The SDK or the server decides by its level whether it goes out. */
  log(level: 'debug' | 'info' | 'error', data: string): Promise<void>;
}

const text = (value: string): WireItem => ({ type: 'text', text: value });

/** Content of every kind that 2025-11-25 has. */
export const everyContent: readonly WireItem[] = [
  { ...text('Text'), annotations: { audience: ['user'], priority: 0.7 }, _meta: { 'example.com/kept': 1 } },
  { type: 'image', data: 'iVBORw0KGgo=', mimeType: 'image/png' },
  { type: 'audio', data: 'UklGRiQAAAA=', mimeType: 'audio/wav' },
  { type: 'resource_link', uri: 'test://linked', name: 'linked', title: 'Linked' },
  { type: 'resource', resource: { uri: 'test://embedded', mimeType: 'text/plain', text: 'Embedded' } },
];

/** The keys of the calls that were cancelled, for a test to ask. */
export const cancelled = new Set<string>();

/** Runs a tool that asks its client nothing. @returns undefined if there is no such tool */
export async function resultOf(
  tool: string,
  args: Readonly<Record<string, unknown>>,
  call: FeatureCall,
): Promise<WireItem | undefined> {
  switch (tool) {
    case 'echo':
      return { content: [text(String(args['text']))], _meta: { 'example.com/kept': [true] }, vendor: { kept: 1 } };
    case 'add': {
      const sum = Number(args['a']) + Number(args['b']);
      return { content: [text(JSON.stringify({ sum }))], structuredContent: { sum } };
    }
    case 'fail':
      return { content: [text('this tool always fails')], isError: true };
    case 'contents':
      return { content: everyContent };
    case 'count':
      for (let step = 1; step <= Number(args['to']); step++) {
        await delay(Number(args['stepMs']), undefined, { signal: call.signal });
        await call.progress(step, Number(args['to']));
      }
      return { content: [text(`counted to ${String(args['to'])}`)] };
    case 'wait':
      await call.progress(0, 1);
      await delay(30_000, undefined, { signal: call.signal }).catch(() => cancelled.add(String(args['key'])));
      return { content: [text('waited in vain')] };
    case 'log':
      for (const level of ['debug', 'info', 'error'] as const)
        await call.log(level, `${level} of ${String(args['key'])}`);
      return { content: [text('logged')] };
    case 'in_region':
      return { content: [text(JSON.stringify({ region: args['region'], header: call.region ?? null }))] };
    default:
      return undefined;
  }
}

/** The form that `ask_user` shows. */
export const form = {
  type: 'object',
  properties: { name: { type: 'string', title: 'Name' }, size: { type: 'integer', default: 3 } },
  required: ['name'],
} as const;

/** Where `send_user` sends the user. */
export const userUrl = 'https://example.com/pay?order=1';
