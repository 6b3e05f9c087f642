import { specTypeSchemas } from '@modelcontextprotocol/client';
import { JsonScanError, scanMessage } from '../jsonrpc/message-scan.ts';
import { param, type Message } from '../jsonrpc/message.ts';
import { McpError } from '../mcp/errors.ts';
import type { ParkedQuestion } from './parked-questions.ts';

/** A question with what the client says to it. */
export interface ParkedAnswer {
  readonly question: ParkedQuestion;
  /** The result, as JSON text, just as the client wrote it. */
  readonly text: string;
}

/** The InputResponses of a retry: key → JSON text. @throws McpError if they are no object */
export function inputResponsesOf(message: Message): ReadonlyMap<string, string> {
  const place = param(message, 'inputResponses');
  if (place === undefined) return new Map();
  const bytes = message.bytes.subarray(place.start, place.end);
  try {
    return new Map(scanMessage(bytes).map(({ name, start, end }) => [name, bytes.toString('utf8', start, end)]));
  } catch (error) {
    if (!(error instanceof JsonScanError)) throw error;
    const says = `params.inputResponses is no object of results by key: ${error.message}`;
    throw new McpError('invalid_params', says, { status: 400, cause: error });
  }
}

/**
 * The questions that a retry answers. Keys that nothing was asked under are ignored, answers that are missing are asked for
 * again (2026-07-28, Multi Round-Trip Requests, Error Handling).
 * @param questions those of the keys that the retry has
 * @throws McpError if an answer is none to its question
 */
export function checkedAnswers(
  questions: readonly ParkedQuestion[],
  responses: ReadonlyMap<string, string>,
): ParkedAnswer[] {
  return questions.map((question) => {
    const text = responses.get(question.key) ?? '';
    const fault = faultIn(question.method, JSON.parse(text));
    if (fault === undefined) return { question, text };
    const says = `params.inputResponses.${question.key} is no result of ${question.method}: ${fault}.`;
    throw new McpError('invalid_params', says, { status: 400 });
  });
}

const schemas = {
  'sampling/createMessage': specTypeSchemas.CreateMessageResultWithTools,
  'elicitation/create': specTypeSchemas.ElicitResult,
  'roots/list': specTypeSchemas.ListRootsResult,
} as const;

/** Checks only: what the SDK's schema returns lacks the members that it does not know. */
function faultIn(method: string, value: unknown): string | undefined {
  const outcome = schemas[method as keyof typeof schemas]['~standard'].validate(value);
  if (outcome instanceof Promise) return undefined;
  const [issue] = outcome.issues ?? [];
  if (issue === undefined) return undefined;
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
  return path === '' ? issue.message : `${path}: ${issue.message}`;
}
