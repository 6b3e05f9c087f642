import t from 'tap';
import { policyShapeFaults } from '../../../hooks/gateways/spec-shape.ts';
import { accessFaults } from '../../../hooks/gateways/access-faults.ts';
import type { AuthSpec, GatewaySpec } from '../../../hooks/gateways/gateway.ts';

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

t.test('what is not known of auth is told, and where', async (t) => {
  const auth = (value: unknown) => accessFaults({ auth: value as AuthSpec });
  const methods = [{ anonymous: {} }];
  t.strictSame(auth({ methods, rules: [{ name: 'a', from: [{ user: ['ada'] }] }] }), [
    'spec.auth.rules[0].from[0].user is not known: expected only users, issuers, groups, scopes, serviceAccounts, apiKeys, certificates, anonymous, claims.',
  ]);
  t.strictSame(auth({ methods, rule: [] }), ['spec.auth.rule is not known: expected only methods, rules.']);
  t.strictSame(auth({ methods: [{ anonymous: { x: 1 } }] }), [
    'spec.auth.methods[0].anonymous.x is not known: it has no members.',
  ]);
  t.strictSame(auth({ methods, rules: [{ name: 'a', to: [{}] }] }), [
    'spec.auth.rules[0].to[0] is empty: expected some of services, tools, prompts, resources, agents. What is left out means everyone, or everything.',
  ]);
  t.match(auth({ methods, rules: [{ name: 'a', to: [{ tools: 'get_*' }] }] }), [/tools is "get_\*": expected a list/]);
  t.match(auth({ methods, rules: [{ name: 'a', effect: 'deny' }] }), [/has the effect "deny": expected Allow or Deny/]);
  t.match(auth({}), [/spec\.auth\.methods is missing/]);
  t.match(auth({ methods: 'jwt' }), [/methods is "jwt": expected a list/]);
  t.match(auth({ methods, rules: [null, 7] }), [/rules\[0\] is null/, /rules\[1\] is 7/]);
});

t.test('all that auth can have is known', async (t) => {
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

t.test('what cannot be passed on of cors, limits, toolPolicy and audit is told, and where', async (t) => {
  const faults = (spec: object): string[] => policyShapeFaults(spec);
  t.strictSame(faults({ cors: {} }), ['spec.cors.allowOrigins is missing.']);
  t.match(faults({ cors: { allowOrigins: [] } }), [/allowOrigins is \[\]: expected a list that is not empty/]);
  t.strictSame(faults({ limits: { perTool: { burst: 2 } } }), ['spec.limits.perTool.requests is missing.']);
  t.match(faults({ limits: { perServer: { requests: 0 } } }), [/requests is 0: expected a whole number, at least 1/]);
  t.match(faults({ limits: { perCaller: { requests: 1 } } }), [/perCaller is not known: expected only perPrincipal/]);
  t.strictSame(faults({ toolPolicy: 'enforce' }), ['spec.toolPolicy is "enforce": expected Warn or Enforce.']);
  t.match(faults({ audit: { mode: 'all' } }), [/mode is "all": expected None or Denied or All/]);
  const right: GatewaySpec = {
    cors: { allowOrigins: ['*'] },
    limits: { perPrincipal: { requests: 1, periodSeconds: 60, burst: 2 }, concurrentPerServer: 8 },
    toolPolicy: 'Enforce',
    audit: { arguments: true },
  };
  t.strictSame(policyShapeFaults(right), []);
});
