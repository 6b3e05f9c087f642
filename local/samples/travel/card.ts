import { AgentCard } from '@a2a-js/sdk';

/** What the travel planner says of itself. @param url where it is spoken to */
export function travelCard(url: string): AgentCard {
  return AgentCard.fromJSON({
    name: 'Travel planner',
    description: 'Plans one to three days in Kyoto, Lisbon, Reykjavik or Vienna, and knows what to pack.',
    version: '1.0.0',
    supportedInterfaces: [{ url, protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
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
}
