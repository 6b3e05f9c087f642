import t from 'tap';
import { servedCard } from '../../../gateway/a2a/served-card.ts';

const url = 'https://gateway.example/agents/team/helper/';

const current = {
  name: 'helper',
  version: '1.2.3',
  supportedInterfaces: [
    { url: 'https://agent.example/grpc', protocolBinding: 'GRPC', protocolVersion: '1.0' },
    { url: 'https://agent.example/rpc', protocolBinding: 'JSONRPC', protocolVersion: '1.0', tenant: 'blue', vendor: 1 },
    { url: 'https://agent.example/second', protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
    { url: 'https://agent.example/old', protocolBinding: 'jsonrpc', protocolVersion: '0.3.0' },
    { url: 'https://agent.example/next', protocolBinding: 'JSONRPC', protocolVersion: '2.0' },
  ],
  provider: { organization: 'Ada', url: 'https://ada.example' },
  capabilities: { streaming: true, pushNotifications: true, extendedAgentCard: true, extensions: [{ uri: 'urn:x' }] },
  securitySchemes: { bearer: { httpAuthSecurityScheme: { scheme: 'Bearer' } } },
  securityRequirements: [{ schemes: { bearer: { list: [] } } }],
  skills: [{ id: 'echo', name: 'Echo', securityRequirements: [{}], tags: ['quick'] }],
  signatures: [{ protected: 'x', signature: 'y' }],
  vendor: { deep: [1, { two: 2 }] },
};

t.test('a card of 1.0 leads to the gateway, and promises nothing that holds without it alone', async (t) => {
  t.strictSame(servedCard(current, url), {
    name: 'helper',
    version: '1.2.3',
    supportedInterfaces: [
      { url, protocolBinding: 'JSONRPC', protocolVersion: '1.0', vendor: 1 },
      { url, protocolBinding: 'jsonrpc', protocolVersion: '0.3.0' },
    ],
    provider: current.provider,
    capabilities: {
      streaming: true,
      pushNotifications: false,
      extendedAgentCard: false,
      extensions: [{ uri: 'urn:x' }],
    },
    skills: [{ id: 'echo', name: 'Echo', tags: ['quick'] }],
    vendor: current.vendor,
  });
});

t.test('a card of 0.3 stays one', async (t) => {
  const older = {
    protocolVersion: '0.3.0',
    name: 'helper',
    url: 'grpc.agent.example:443',
    preferredTransport: 'GRPC',
    additionalInterfaces: [
      { url: 'https://agent.example/rpc', transport: 'JSONRPC' },
      { url: 'https://agent.example/rest', transport: 'HTTP+JSON' },
    ],
    capabilities: { streaming: true, pushNotifications: true, stateTransitionHistory: true },
    supportsAuthenticatedExtendedCard: true,
    security: [{ bearer: [] }],
    securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
    skills: [{ id: 'echo', security: [{ bearer: [] }] }],
  };
  t.strictSame(servedCard(older, url), {
    protocolVersion: '0.3.0',
    name: 'helper',
    url,
    preferredTransport: 'JSONRPC',
    additionalInterfaces: [{ url, transport: 'JSONRPC' }],
    capabilities: { streaming: true, pushNotifications: false, stateTransitionHistory: true },
    supportsAuthenticatedExtendedCard: false,
    skills: [{ id: 'echo' }],
  });
  t.match(servedCard({ name: 'helper', url: 'https://agent.example/' }, url), { url, preferredTransport: 'JSONRPC' });
});

t.test('a card of both shapes leads to the gateway in both', async (t) => {
  const both = { ...current, url: 'https://agent.example/old', preferredTransport: 'JSONRPC' };
  const text = JSON.stringify(servedCard(both, url));
  t.notMatch(text, 'agent.example');
  t.match(JSON.parse(text), { url, supportedInterfaces: [{ url }, { url }] });
});

t.test('other spellings of a name hide nothing', async (t) => {
  const text = JSON.stringify(
    servedCard({ name: 'helper', supported_interfaces: current.supportedInterfaces, security_schemes: { a: {} } }, url),
  );
  t.notMatch(text, 'agent.example');
  t.notMatch(text, 'security');
});
