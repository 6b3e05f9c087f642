import t from 'tap';
import { ResourceUrls, resourcePath } from '../../../gateway/access/resource-urls.ts';

const gateway = { namespace: 'tools', name: 'main' };
const clusterDomains = ['cluster.local'];
const urls = new ResourceUrls({
  gateway,
  clusterDomains,
  policy: {
    hosts: ['mcp.example.com', '2001:DB8::5', 'localhost', 'a.localhost', '127.0.0.1', '::1'],
    publicUrl: 'https://Public.example.org/tools/mcp/',
  },
});

const table: readonly (readonly [audience: string, path: string | undefined])[] = [
  ['https://public.example.org/tools/mcp', '/mcp'],
  ['https://public.example.org:443/tools/mcp/', '/mcp'],
  ['https://public.example.org/tools/mcp/shop/dice', '/mcp/shop/dice'],
  ['https://public.example.org/tools/agents/shop/dice', '/agents/shop/dice'],
  ['https://public.example.org/mcp', undefined],
  ['https://public.example.org/tools', undefined],
  ['https://public.example.org/toolsmcp', undefined],
  ['http://public.example.org/tools/mcp', undefined],
  ['https://mcp.example.com/mcp', '/mcp'],
  ['http://mcp.example.com:8080/mcp', '/mcp'],
  ['https://MCP.EXAMPLE.COM./mcp', '/mcp'],
  ['http://[2001:db8::5]:8080/mcp', '/mcp'],
  ['http://main-mcp.tools/mcp', '/mcp'],
  ['http://main-mcp.tools.svc:8080/mcp', '/mcp'],
  ['https://main-mcp.tools.svc.cluster.local/mcp', '/mcp'],
  ['http://main-mcp/mcp', undefined],
  ['http://main-mcp.other.svc/mcp', undefined],
  ['http://localhost/mcp', undefined],
  ['http://a.localhost/mcp', undefined],
  ['http://127.0.0.1:8080/mcp', undefined],
  ['http://[::1]/mcp', undefined],
  ['http://10.0.0.1/mcp', undefined],
  ['https://mcp.example.com/mcp?', undefined],
  ['https://mcp.example.com/mcp#', undefined],
  ['https://a:b@mcp.example.com/mcp', undefined],
  ['ftp://mcp.example.com/mcp', undefined],
  ['mcp.example.com/mcp', undefined],
  ['', undefined],
];

t.test('an audience is one of the resources, or none', async (t) => {
  for (const [audience, path] of table) t.equal(urls.pathOf(audience), path, audience);
  const early = new ResourceUrls({ gateway, clusterDomains, policy: undefined });
  t.equal(early.pathOf('https://public.example.org/tools/mcp'), undefined);
});

t.test('what is beside the endpoints belongs to that of all servers', async (t) => {
  const paths = {
    '/mcp': '/mcp',
    '/mcp/a/b': '/mcp/a/b',
    '/mcpx': '/mcp',
    '/': '/mcp',
    '/api/services': '/mcp',
    '/agents/a/b': '/agents/a/b',
    '/agents/a/b/.well-known/agent-card.json': '/agents/a/b',
  };
  for (const [path, resource] of Object.entries(paths)) t.equal(resourcePath(path), resource, path);
});
