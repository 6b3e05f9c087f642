import { specTypeSchemas } from '@modelcontextprotocol/client';
import { member } from '../jsonrpc/message-scan.ts';
import { valueOf, type Message } from '../jsonrpc/message.ts';
import { isJsonObject } from '../upstream/json.ts';

/**
 * What a legacy server wants to be done before it is called again, as InputRequests.
 * @param answer an error with the code above
 * @returns JSON text; undefined: the error names nothing that can be shown to a user
 */
export function urlInputRequests({ bytes, error }: Message): string | undefined {
  const place = member(error?.members, 'data');
  const data = place === undefined ? undefined : valueOf(bytes, place);
  const elicitations = isJsonObject(data) ? data['elicitations'] : undefined;
  if (!Array.isArray(elicitations) || elicitations.length === 0) return undefined;
  const requests: Record<string, unknown> = {};
  for (const [index, params] of elicitations.entries()) {
    if (!isJsonObject(params) || params['mode'] !== 'url') return undefined;
    // The id and `_meta` are the legacy hop's.
    const { elicitationId: _id, _meta, ...shown } = params;
    const asked = { method: 'elicitation/create', params: { elicitationId: '', ...params } };
    const outcome = specTypeSchemas.ElicitRequest['~standard'].validate(asked);
    if (!(outcome instanceof Promise) && outcome.issues !== undefined) return undefined;
    requests[`url${index + 1}`] = { method: 'elicitation/create', params: shown };
  }
  return JSON.stringify(requests);
}

const AGAIN = /^again\.(\d+)$/;

/** The content of a state with which the server is simply called again. @param round how often it was asked for */
export function againState(round: number): string {
  return `again.${round}`;
}

/** How often the client was asked before; undefined: the content is another's. */
export function roundOfState(content: string): number | undefined {
  const round = AGAIN.exec(content)?.[1];
  return round === undefined ? undefined : Number(round);
}
