import t from 'tap';
import { manifestTypes } from '../../../local/cluster-types.ts';
import { manifestCheck, type Checked } from '../../../local/manifests/checks.ts';
import { readManifestText } from '../../../local/manifests/manifest-text.ts';
import { secretSchema } from '../../../local/manifests/secret-schema.ts';
import { serviceSchema } from '../../../local/manifests/service-schema.ts';

/** As a CRD has it: what it names, and nothing else. */
const gatewaySchema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        mcpPort: { type: 'integer', minimum: 1, maximum: 65_535, default: 8080 },
        serviceSelector: {
          type: 'object',
          properties: { matchLabels: { type: 'object', additionalProperties: { type: 'string' } } },
        },
        mode: { type: 'string', enum: ['All', 'None'] },
        origins: {
          type: 'array',
          description: 'Origins such as https://a.example. No paths.',
          items: { type: 'string', pattern: '^https://[^/]+$' },
        },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: {} },
      },
    },
    status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  },
};
const check = manifestCheck(manifestTypes, { Gateway: gatewaySchema, Service: serviceSchema, Secret: secretSchema });

function checked(text: string): Checked {
  const [document] = readManifestText(text);
  if (document === undefined) throw new Error('no document');
  return check(document);
}

const gateway = (rest: string): string => `apiVersion: gateways.fetchfy.ai/v1alpha1\nkind: Gateway\n${rest}`;
const secret = (rest: string): string => `apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\n${rest}`;
const service = (rest: string): string => `apiVersion: v1\nkind: Service\n${rest}`;

t.test('a manifest is taken, in the namespace default if it names none', async (t) => {
  t.match(checked(service('metadata: {name: dice}\n')), {
    manifest: { type: { resource: 'services' }, object: { metadata: { name: 'dice', namespace: 'default' } }, line: 1 },
  });
});

t.test("the schema's defaults are filled in", async (t) => {
  t.match(checked(gateway('metadata: {name: demo}\nspec: {}\n')), {
    manifest: { object: { spec: { mcpPort: 8080 } } },
  });
});

t.test('open parts of a schema stay open', async (t) => {
  const text = gateway(
    'metadata: {name: demo}\nspec:\n  free: {anything: 1}\n  serviceSelector:\n    matchLabels: {a: b}\n',
  );
  t.match(checked(text), { manifest: {} });
});

const faults: readonly (readonly [string, string, number, string | RegExp])[] = [
  [
    'a boolean as label',
    service('metadata:\n  name: dice\n  labels:\n    mcp-enabled: true\n'),
    6,
    'metadata.labels.mcp-enabled is true, but must be text: write "true", in quotes.',
  ],
  [
    'a number as annotation',
    service('metadata:\n  name: dice\n  annotations:\n    a/b: 1\n'),
    6,
    'metadata.annotations.a/b is 1, but must be text: write "1", in quotes.',
  ],
  ['no name', service('metadata: {}\n'), 3, 'metadata.name is missing.'],
  ['no kind', 'apiVersion: v1\nmetadata: {name: a}\n', 1, 'kind is missing.'],
  ['an upper-case name', service('metadata:\n  name: Dice\n'), 4, /metadata.name is "Dice"; it may have lower-case/],
  [
    'an unknown field',
    gateway('metadata: {name: demo}\nspec:\n  mcpport: 1\n'),
    5,
    'spec.mcpport is not a known field. Known here: free, mcpPort, mode, origins, serviceSelector.',
  ],
  [
    'an unknown field at the top',
    gateway('metadata: {name: demo}\nspecs: {}\n'),
    4,
    /^specs is not a known field\. Known here: apiVersion, kind, metadata, spec, status\.$/,
  ],
  [
    'a port out of range',
    gateway('metadata: {name: demo}\nspec:\n  mcpPort: 0\n'),
    5,
    'spec.mcpPort is 0, but must be at least 1.',
  ],
  [
    'a port as text',
    service('metadata: {name: a}\nspec:\n  ports:\n    - port: "80"\n'),
    6,
    'spec.ports[0].port is "80", but must be a whole number.',
  ],
  [
    'a value that is none of those that there are',
    gateway('metadata: {name: demo}\nspec: {mode: all}\n'),
    4,
    'spec.mode is "all"; expected All, None.',
  ],
  [
    'a text that does not fit',
    gateway('metadata: {name: demo}\nspec: {origins: [a.example]}\n'),
    4,
    'spec.origins[0] is "a.example", but must match ^https://[^/]+$ (Origins such as https://a.example).',
  ],
  [
    'one value where a list belongs',
    gateway('metadata: {name: demo}\nspec: {origins: "https://a.example"}\n'),
    4,
    'spec.origins is "https://a.example", but must be a list: write ["https://a.example"].',
  ],
  [
    'nothing where a mapping belongs',
    gateway('metadata: {name: demo}\nspec: {serviceSelector: }\n'),
    4,
    'spec.serviceSelector is null, but must be a mapping: fill it in, or leave it out.',
  ],
  [
    'what is not encoded among the data of a Secret',
    secret('data:\n  shop.cart: "bearer: s3cr3t"\n'),
    5,
    /^data\.shop\.cart is no Base64: what is to stand there as it is belongs under stringData\.$/,
  ],
  [
    'a mapping where a Secret has text',
    secret('stringData:\n  shop.cart: {bearer: s3cr3t}\n'),
    5,
    /^stringData\.shop\.cart must be text: write "shop\.cart: \|", and indent the lines below\.$/,
  ],
  [
    'a misspelt field of a Secret',
    secret('stringdata: {a: b}\n'),
    4,
    /^stringdata is not a known field\. Known here: .*stringData/,
  ],
  [
    'another version',
    'apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: a}\n',
    1,
    'apiVersion is gateway.networking.k8s.io/v1; a Gateway is read here as gateways.fetchfy.ai/v1alpha1.',
  ],
  ['a list instead of an object', '- a\n- b\n', 1, /The document is \["a","b"\], but must be a mapping\.$/],
];
for (const [what, text, line, message] of faults) {
  t.test(`${what} is a fault, with its line`, async (t) => {
    const result = checked(text);
    if (!('faults' in result)) throw new Error(`it was taken: ${JSON.stringify(result)}`);
    t.equal(result.faults.length, 1);
    t.match(result.faults[0], { line, message });
  });
}

t.test('all faults of a manifest are told, also those of one line', async (t) => {
  const one = checked(gateway('metadata: {name: demo}\nspec: {mcpPort: 0, mcpport: 1}\n'));
  t.same('faults' in one ? one.faults.map(({ line }) => line) : [], [4, 4]);
  const result = checked(gateway('metadata: {name: demo}\nspec:\n  mcpPort: 0\n  other: 1\n'));
  t.same('faults' in result ? result.faults.map(({ line }) => line).toSorted((a, b) => a - b) : [], [5, 6]);
});

t.test('what local mode has no use for is ignored, and told', async (t) => {
  t.match(checked('apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n'), {
    ignored: {
      line: 2,
      message:
        'Deployment web is ignored: local mode reads Gateway, Service, EndpointSlice, Namespace, Secret, ConfigMap.',
    },
  });
});

t.test('a Secret is taken with data in Base64, also over several lines, and with texts', async (t) => {
  const data = `data:\n  a: YQ==\n  b: |\n    YWFh\n    YQ==\n  c: ""\nstringData: {d: "bearer: x"}\ntype: Opaque\n`;
  t.match(checked(secret(data)), { manifest: { object: { type: 'Opaque' } } });
});

t.test('an annotation of ours that nobody knows is told, and the Service is taken', async (t) => {
  const names =
    'metadata:\n  name: a\n  annotations:\n    mcp.fetchfy.ai/prefx: x\n    mcp.fetchfy.ai/port: mcp\n    other/x: y\n';
  t.match(checked(service(names)), {
    manifest: { object: { metadata: { name: 'a' } } },
    notes: [
      { line: 6, message: /^The annotation mcp\.fetchfy\.ai\/prefx says nothing to Fetchfy\. It knows .*\bprefix\b/ },
    ],
  });
});
