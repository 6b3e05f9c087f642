/**
 * A sample agent on the TypeScript SDK of A2A 1.0: it plans trips, step by step, and asks back.
 *   node local/samples/travel/main.ts --port PORT
 */
import { AGENT_CARD_PATH } from '@a2a-js/sdk';
import { DefaultRequestHandler, InMemoryTaskStore } from '@a2a-js/sdk/server';
import { a2aHandler, cardHandler } from '../a2a.ts';
import { listen, portArgument } from '../listen.ts';
import { TravelAgent } from './agent.ts';
import { travelCard } from './card.ts';

const card = travelCard(`http://localhost:${portArgument()}/`);
const agent = new DefaultRequestHandler(card, new InMemoryTaskStore(), new TravelAgent());
await listen({ [`/${AGENT_CARD_PATH}`]: cardHandler(card), '/': a2aHandler(agent, card) });
