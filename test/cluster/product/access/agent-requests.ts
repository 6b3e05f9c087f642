import { agentClient, send as sendMessage, stateOf } from '../../../support/a2a-client.ts';
import { fetchBy } from '../../../support/fetch-by.ts';
import { send, type HttpAnswer, type RequestOptions } from '../../../support/mcp-http.ts';
import type { Caller } from './callers.ts';

/**
 * Talks to an agent as A2A's own SDK does: reads the card, and sends a message to where that says.
 * @returns the last status; 200: the agent has done what it was told
 */
export async function talk(url: string, { headers = {}, certificate }: Caller, ca: string): Promise<number> {
  const way = fetchBy({ ca, ...certificate });
  let status = 0;
  const watched: typeof fetch = async (...request) => {
    const response = await way(...request);
    ({ status } = response);
    return response;
  };
  try {
    const event = await sendMessage(await agentClient(url, headers, watched), 'echo hi');
    if (stateOf(event) !== 'COMPLETED') throw new Error(`The agent says ${JSON.stringify(event)}`);
  } catch (error) {
    if (status === 0 || status === 200) throw error;
  }
  return status;
}

/** Sends an agent a message where one guesses that it is. */
export function sendUnasked(url: string, { headers, ...options }: RequestOptions): Promise<HttpAnswer> {
  const message = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'echo hi' }] };
  return send(url, {
    ...options,
    headers: { 'content-type': 'application/json', 'a2a-version': '1.0', ...headers },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SendMessage', params: { message } }),
  });
}
