import t from 'tap';
import { interfacesOf, saidVersion } from '../../../gateway/a2a/version.ts';
import { readAgentCard } from '../../../gateway/agents/agent-card.ts';

t.test('a request’s version is in its header, else in its URL, else it says none', async (t) => {
  t.equal(saidVersion('1.0', '/agents/a/b/?A2A-Version=0.3'), '1.0');
  t.equal(saidVersion(undefined, '/agents/a/b/?A2A-Version=1.0'), '1.0');
  t.equal(saidVersion(' ', '/agents/a/b/?x=1&A2A-Version=1.0'), '1.0');
  t.equal(saidVersion(undefined, '/agents/a/b/'), '');
});

t.test('of a card the first JSON-RPC interface of each version counts, and of its URL the path', async (t) => {
  const supportedInterfaces = [
    { url: 'grpc.example:443', protocolBinding: 'GRPC', protocolVersion: '1.0' },
    { url: 'https://a.example/old?x=1', protocolBinding: 'JSONRPC', protocolVersion: '0.3' },
    { url: 'https://a.example/new', protocolBinding: 'JSONRPC', protocolVersion: '1.0', tenant: 'blue' },
    { url: 'https://a.example/newer', protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
    { url: 'https://a.example/next', protocolBinding: 'JSONRPC', protocolVersion: '2.0' },
  ];
  const card = readAgentCard({
    name: 'helper',
    description: '',
    version: '1',
    supportedInterfaces,
    capabilities: { extensions: [] },
    defaultInputModes: [],
    defaultOutputModes: [],
    skills: [],
  });
  t.strictSame(interfacesOf(card), {
    '0.3': { path: '/old?x=1', tenant: '', version: '0.3' },
    '1.0': { path: '/new', tenant: 'blue', version: '1.0' },
  });
});
