import { AgentCard } from '@a2a-js/sdk';
import { skills } from './skills.ts';

export interface CardOptions {
  readonly name: string;
  /** The interface's URL, as the card claims it. */
  readonly url: string;
  /** The protocol version of the interface; the SDK insists on two numbers. */
  readonly version: '1.0' | '0.3';
  readonly streaming: boolean;
  /** What clients have to say in each request; empty: nothing. */
  readonly tenant: string;
}

/** The card of a test agent: one JSON-RPC interface, and the skills of skills.json. */
export function agentCard({ name, url, version, streaming, tenant }: CardOptions): AgentCard {
  return AgentCard.fromJSON({
    name,
    description: `The test agent ${name}.`,
    version: '1.2.3',
    supportedInterfaces: [{ url, protocolBinding: 'JSONRPC', protocolVersion: version, tenant }],
    provider: { organization: 'Fetchfy tests', url: 'https://example.com' },
    documentationUrl: 'https://example.com/agent',
    capabilities: { streaming, pushNotifications: false, extendedAgentCard: false },
    defaultInputModes: ['text/plain', 'application/json'],
    defaultOutputModes: ['text/plain', 'application/json'],
    skills: Object.entries(skills).map(([id, skill]) => Object.assign({ id }, skill)),
  });
}
