/**
 * A sample MCP server on the first generation of the TypeScript SDK, with sessions: dice, coins, cards, choices.
 *   node local/samples/dice/main.ts --port PORT
 */
import { randomInt, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod/v4';
import { listen } from '../listen.ts';
import { choose, drawCards, flipCoin, roll } from './games.ts';

const chance = (bound: number): number => randomInt(bound);

/** A tool's answer: text for the model, or what was wrong with its arguments in words that it can act on. */
function answer(play: () => string): CallToolResult {
  try {
    return { content: [{ type: 'text', text: play() }] };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { content: [{ type: 'text', text: error.message }], isError: true };
  }
}

function build(): McpServer {
  const server = new McpServer(
    { name: 'dice', title: 'Dice', version: '1.0.0' },
    { instructions: 'Real chance for games and decisions: dice, coins, cards, choices.' },
  );
  server.registerTool(
    'roll',
    {
      title: 'Roll dice',
      description: 'Rolls dice in the usual notation, for example d20, 2d6 or 3d8+2.',
      inputSchema: { dice: z.string().describe('What to roll, for example 2d6+1') },
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    ({ dice }) =>
      answer(() => {
        const { rolls, modifier, total } = roll(dice, chance);
        const parts = [
          rolls.join(' + '),
          ...(modifier === 0 ? [] : [`${modifier > 0 ? '+' : '−'} ${Math.abs(modifier)}`]),
        ];
        return `🎲 ${dice}: ${parts.join(' ')} = ${total}`;
      }),
  );
  server.registerTool(
    'flip_coin',
    {
      title: 'Flip a coin',
      description: 'Flips a coin: heads or tails.',
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    () => answer(() => `🪙 ${flipCoin(chance)}`),
  );
  server.registerTool(
    'draw_cards',
    {
      title: 'Draw cards',
      description: 'Draws cards from a freshly shuffled deck of 52.',
      inputSchema: { count: z.number().int().min(1).max(52).default(5).describe('How many cards') },
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    ({ count }) => answer(() => `🃏 ${drawCards(count, chance).join('  ')}`),
  );
  server.registerTool(
    'choose',
    {
      title: 'Choose for me',
      description: 'Picks one of several options, each with the same chance.',
      inputSchema: { options: z.array(z.string()).min(1).describe('What to choose from') },
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    ({ options }) => answer(() => choose(options, chance)),
  );
  server.registerPrompt(
    'adventure',
    {
      title: 'A small adventure',
      description: 'Lets the model lead a short role-playing game in which the dice decide.',
      argsSchema: { setting: z.string().describe('Where it takes place, for example a lighthouse in a storm') },
    },
    ({ setting }) => ({
      messages: [
        {
          role: 'user',
          content: {
            type: 'text',
            text: `Lead me through a short adventure. Setting: ${setting}. Whenever something is uncertain, roll a d20 with the roll tool, tell me the result, and let it decide.`,
          },
        },
      ],
    }),
  );
  return server;
}

const sessions = new Map<string, StreamableHTTPServerTransport>();

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const id = request.headers['mcp-session-id'];
  if (typeof id === 'string') {
    const session = sessions.get(id);
    if (session !== undefined) return session.handleRequest(request, response);
    response.writeHead(404, { 'content-type': 'application/json' });
    response.end('{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}');
    return undefined;
  }
  const transport: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (session) => void sessions.set(session, transport),
    onsessionclosed: (session) => void sessions.delete(session),
  });
  await build().connect(transport);
  return transport.handleRequest(request, response);
}

await listen({
  '/mcp': (request, response) => {
    handle(request, response).catch((error: unknown) => {
      console.error(error);
      if (!response.headersSent) response.writeHead(500).end();
    });
  },
});
