/** What the type of a Gateway refuses, local mode refuses as well: the hooks need not look at the shape of a spec. */
import t from 'tap';
import { manifestTypes } from '../../../local/cluster-types.ts';
import { manifestCheck } from '../../../local/manifests/checks.ts';
import { readManifestText } from '../../../local/manifests/manifest-text.ts';
import { productSchemas } from '../../../local/product-manifests.ts';

const check = manifestCheck(manifestTypes, productSchemas());

function faultsOf(spec: object): string[] {
  const head = 'apiVersion: gateways.fetchfy.ai/v1alpha1\nkind: Gateway\nmetadata: {name: demo}\n';
  const [document] = readManifestText(`${head}spec: ${JSON.stringify(spec)}\n`);
  if (document === undefined) throw new Error('no document');
  const result = check(document);
  return 'faults' in result ? result.faults.map(({ message }) => message) : [];
}

const methods = [{ anonymous: {} }];
const refused: readonly (readonly [what: string, spec: object, ...faults: RegExp[]])[] = [
  [
    'callers of an unknown kind',
    { auth: { methods, rules: [{ name: 'a', from: [{ groups: ['x'], user: ['ada'] }] }] } },
    /^spec\.auth\.rules\[0\]\.from\[0\]\.user is not a known field\. Known here: anonymous, apiKeys, .*users\.$/,
  ],
  ['an unknown part of auth', { auth: { methods, rule: [] } }, /^spec\.auth\.rule is not a known field/],
  [
    'something of who is nobody',
    { auth: { methods: [{ anonymous: { x: 1 } }] } },
    /anonymous is \{"x":1\}, but must NOT/,
  ],
  [
    'targets that are empty, which would be all',
    { auth: { methods, rules: [{ name: 'a', to: [{}] }] } },
    /^spec\.auth\.rules\[0\]\.to\[0\] is \{\}; expected some of agents, prompts, resources, services, tools\.$/,
  ],
  [
    'one name where a list belongs',
    { auth: { methods, rules: [{ name: 'a', to: [{ tools: 'get_*' }] }] } },
    /tools is "get_\*", but must be a list/,
  ],
  [
    'a list without a name, which would be of nothing',
    { auth: { methods, rules: [{ name: 'a', to: [{ tools: [] }] }] } },
    /tools is \[\]; a list that stands here has at least one entry/,
  ],
  [
    'an unknown effect',
    { auth: { methods, rules: [{ name: 'a', effect: 'deny' }] } },
    /effect is "deny"; expected Allow, Deny/,
  ],
  ['auth without methods', { auth: {} }, /^spec\.auth\.methods is missing/],
  ['no methods', { auth: { methods: [] } }, /methods is \[\]; a list that stands here has at least one entry/],
  ['a word for methods', { auth: { methods: 'jwt' } }, /methods is "jwt", but must be a list/],
  ['rules that are none', { auth: { methods, rules: [null, 7] } }, /rules\[0\] is null/, /rules\[1\] is 7/],
  ['cors without origins', { cors: {} }, /^spec\.cors\.allowOrigins is missing/],
  ['a rate without requests', { limits: { perTool: { burst: 2 } } }, /^spec\.limits\.perTool\.requests is missing/],
  ['a rate of nothing', { limits: { perServer: { requests: 0 } } }, /requests is 0, but must be at least 1/],
  [
    'an unknown limit',
    { limits: { perCaller: { requests: 1 } } },
    /perCaller is not a known field\. Known here: concurrent/,
  ],
  ['an unknown tool policy', { toolPolicy: 'enforce' }, /toolPolicy is "enforce"; expected Warn, Enforce/],
  ['an unknown mode of the audit', { audit: { mode: 'all' } }, /mode is "all"; expected None, Denied, All/],
];
for (const [what, spec, ...expected] of refused) {
  t.test(`${what}: refused`, async (t) => {
    const faults = faultsOf(spec);
    t.equal(faults.length, expected.length, faults.join('\n'));
    expected.forEach((message, index) => t.match(faults[index], message));
  });
}

t.test('what a Gateway may say is taken', async (t) => {
  const spec = {
    auth: {
      methods: [{ jwt: { issuer: 'https://a.example' } }, { serviceAccount: {} }, { apiKey: { secretRef: 'keys' } }],
      rules: [
        { name: 'a', effect: 'Deny', from: [{ claims: [{ name: 'c', values: ['v'] }] }], to: [{ tools: ['t'] }] },
      ],
    },
    cors: { allowOrigins: ['*'] },
    limits: { perPrincipal: { requests: 1, periodSeconds: 60, burst: 2 }, concurrentPerServer: 8 },
    toolPolicy: 'Enforce',
    audit: { arguments: true },
  };
  t.strictSame(faultsOf(spec), []);
});
