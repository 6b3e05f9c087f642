import t from 'tap';
import { accessFaults } from '../../../hooks/gateways/access-faults.ts';
import type { AuthSpec } from '../../../hooks/gateways/gateway.ts';

t.test('what the schema would refuse of auth is told by the hooks, too', async (t) => {
  const jwt = { issuer: 'https://issuer.example.com' };
  const faults = accessFaults({
    clientCaSecretRef: 'clients',
    auth: {
      methods: [{ jwt }, { jwt }, {}, { anonymous: {}, clientCertificate: {} }, { jwt: { issuer: 'http://plain' } }],
      rules: [{ name: 'a' }, { name: 'a' }, { name: 'long', from: [{ users: ['u'.repeat(17_000)] }] }],
    },
  });
  t.strictSame(faults, [
    'spec.clientCaSecretRef names a Secret, but spec.enableTls is not set: set it, or remove the Secret.',
    'spec.auth.methods[2] has none: each method is exactly one of jwt, serviceAccount, apiKey, clientCertificate, anonymous.',
    'spec.auth.methods[3] has clientCertificate and anonymous: each method is exactly one of jwt, serviceAccount, apiKey, clientCertificate, anonymous.',
    'spec.auth.methods[4].jwt.issuer is "http://plain": it must be an https URL.',
    'spec.auth.methods has the issuer "https://issuer.example.com" twice: each may stand once.',
    'spec.auth.rules[1] (a) has the name of an earlier rule: each must be unique.',
    'spec.auth.rules[2] (long) has 17039 bytes: at most 16384 are taken. Make several rules of it.',
  ]);
});

t.test('client certificates need the CA that has signed them', async (t) => {
  const auth = { methods: [{ clientCertificate: {} }] };
  t.match(accessFaults({ enableTls: true, tlsSecretRef: 'tls', auth }), [/spec\.clientCaSecretRef does not name/]);
  t.strictSame(accessFaults({ enableTls: true, tlsSecretRef: 'tls', clientCaSecretRef: 'ca', auth }), []);
});

t.test('a key has a header of its own: none that goes on to servers, or means something else', async (t) => {
  const faults = (header: string) => accessFaults({ auth: { methods: [{ apiKey: { secretRef: 'keys', header } }] } });
  for (const header of [
    'Mcp-Param-Key',
    'mcp-session-id',
    'A2A-Extensions',
    'X-A2A-Extensions',
    'Authorization',
    'Host',
  ]) {
    t.match(
      faults(header),
      [/methods\[0\]\.apiKey\.header is ".+", which HTTP, MCP or A2A has for something else/],
      header,
    );
  }
  for (const header of ['X-API-Key', 'Key', 'X-Mcp-Key']) t.strictSame(faults(header), [], header);
});

t.test('more than 500 rules are refused', async (t) => {
  const rules = Array.from({ length: 501 }, (_, index) => ({ name: `r${index}` }));
  t.match(accessFaults({ auth: { methods: [{ anonymous: {} }], rules } }), [/has 501 rules: at most 500/]);
});

t.test('a name without its namespace is refused, since it matches nothing', async (t) => {
  const faults = accessFaults({
    auth: {
      methods: [{ anonymous: {} }],
      rules: [
        { name: 'vault', effect: 'Deny', to: [{ services: ['vault', 'secure/vault', '*vault', '*'] }] },
        { name: 'bots', from: [{ serviceAccounts: ['bot', 'shop/bot'] }], to: [{ agents: ['travel', '*/travel'] }] },
      ],
    },
  });
  t.strictSame(faults, [
    'spec.auth.rules[0] (vault) has "vault" among its services: expected <namespace>/<name>, such as "default/vault", or "*/" and the name.',
    'spec.auth.rules[1] (bots) has "bot" among its serviceAccounts: expected <namespace>/<name>, such as "default/bot", or "*/" and the name.',
    'spec.auth.rules[1] (bots) has "travel" among its agents: expected <namespace>/<name>, such as "default/travel", or "*/" and the name.',
  ]);
});

t.test('nothing is wrong with all that auth can have', async (t) => {
  const auth: AuthSpec = {
    methods: [
      {
        jwt: {
          issuer: 'https://a.example',
          audiences: ['a'],
          jwksUri: 'https://a.example/keys',
          algorithms: ['ES256'],
          clockSkewSeconds: 1,
          userClaim: 'sub',
          groupsClaim: 'g',
          scopesClaim: 's',
          allowPrivateAddresses: true,
        },
      },
      { serviceAccount: { audiences: ['a'] } },
      { apiKey: { secretRef: 'keys', header: 'X-Key' } },
      { anonymous: {} },
    ],
    rules: [
      {
        name: 'a',
        effect: 'Deny',
        from: [
          {
            users: ['u'],
            issuers: ['i'],
            groups: ['g'],
            scopes: ['s'],
            serviceAccounts: ['a/b'],
            apiKeys: ['k'],
            certificates: ['c'],
            anonymous: false,
            claims: [{ name: 'c', values: ['v'] }],
          },
        ],
        to: [{ services: ['a/b'], tools: ['t'], prompts: ['p'], resources: ['r'], agents: ['a/c'] }],
      },
    ],
  };
  t.strictSame(accessFaults({ auth }), []);
});
