/**
 * A sample agent on the TypeScript SDK of A2A 1.0: it plans trips, step by step, and asks back.
 *   node local/samples/travel/main.ts --port PORT
 */
import { AGENT_CARD_PATH, AgentCard } from '@a2a-js/sdk';
import { DefaultRequestHandler, InMemoryTaskStore } from '@a2a-js/sdk/server';
import { a2aHandler, cardHandler } from '../a2a.ts';
import { listen, portArgument } from '../listen.ts';
import { TravelAgent } from './agent.ts';

const card = AgentCard.fromJSON({
  name: 'Travel planner',
  description: 'Plans one to three days in Kyoto, Lisbon, Reykjavik or Vienna, and knows what to pack.',
  version: '1.0.0',
  supportedInterfaces: [
    { url: `http://localhost:${portArgument()}/`, protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
  ],
  capabilities: { streaming: true, pushNotifications: false, extendedAgentCard: false },
  defaultInputModes: ['text/plain', 'application/json'],
  defaultOutputModes: ['text/plain', 'application/json'],
  skills: [
    {
      id: 'plan_trip',
      name: 'Plan a trip',
      description: 'Plans a short trip day by day, with what it costs. It asks where it is not told enough.',
      tags: ['travel'],
      examples: ['Three days in Lisbon, for the food', 'A weekend in Vienna'],
    },
    {
      id: 'pack_bag',
      name: 'Pack a bag',
      description: 'Says what to take along. After a plan, in the same conversation, it knows where to.',
      tags: ['travel'],
      examples: ['What do I pack for two days in Reykjavik?'],
    },
  ],
});
const agent = new DefaultRequestHandler(card, new InMemoryTaskStore(), new TravelAgent());
await listen({ [`/${AGENT_CARD_PATH}`]: cardHandler(card), '/': a2aHandler(agent, card) });
