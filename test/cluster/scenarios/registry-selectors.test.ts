/** Which Services a Gateway serves: serviceSelector and namespaceSelector. */
import { productScenario } from '../product/product-scenario.ts';
import { callText, toolNames, untilTool } from '../product/product.ts';

productScenario('Gateways serve what their own selectors select', {}, async (t, product) => {
  const home = await product.namespace('gateway');
  const shop = await product.namespace('shop');
  const within = { namespaceSelector: { matchLabels: product.namespaceLabels } };
  const server = product.server({ namespace: shop, program: 'modern', name: 'dice', labels: { team: 'red' } });
  const [red, blue] = await Promise.all([
    product.gateway({
      namespace: home,
      name: 'red',
      spec: { ...within, serviceSelector: { matchLabels: { team: 'red' } } },
    }),
    product.gateway({
      namespace: home,
      name: 'blue',
      spec: {
        ...within,
        serviceSelector: { matchExpressions: [{ key: 'team', operator: 'In', values: ['blue', 'red-and-blue'] }] },
      },
    }),
    server,
  ]);
  await product.service(shop, 'cards', { app: 'dice', labels: { team: 'blue' } });
  await product.service(shop, 'coins', { app: 'dice', labels: { team: 'green' } });
  const [redClient, blueClient] = [await product.client(red.url()), await product.client(blue.url(), 'modern')];
  const services = async (client: typeof redClient) => [
    ...new Set((await toolNames(client)).map((name) => name.split('_')[0])),
  ];
  await Promise.all([untilTool(redClient, 'dice_echo'), untilTool(blueClient, 'cards_echo')]);
  t.strictSame(await services(redClient), ['dice'], 'red serves its own');
  t.strictSame(await services(blueClient), ['cards'], 'blue serves its own');

  await product.label(shop, 'dice', { team: 'red-and-blue' });
  await Promise.all([untilTool(redClient, 'dice_echo', false), untilTool(blueClient, 'dice_echo')]);
  t.pass('a changed label moves a Service from one to the other');

  await red.edit({ serviceSelector: { matchLabels: { team: 'green' } } });
  await red.untilReady();
  await untilTool(redClient, 'coins_echo');
  t.strictSame(await services(redClient), ['coins'], 'an edited selector takes effect');
});

productScenario('a change of a namespace label takes effect at once', {}, async (t, product) => {
  const home = await product.namespace('gateway');
  const live = { stage: `live-${home}` };
  const shop = await product.namespace('shop');
  const [gateway] = await Promise.all([
    product.gateway({ namespace: home, spec: { namespaceSelector: { matchLabels: live } } }),
    product.server({ namespace: shop, program: 'modern', name: 'dice' }),
  ]);
  const client = await product.client(gateway.url());
  t.strictSame(await toolNames(client), [], 'a namespace without the label is not looked into');
  const relabel = async (labels: Record<string, string | null>, isThere: boolean) => {
    const begun = performance.now();
    await product.cluster.client.patch({ apiVersion: 'v1', kind: 'Namespace', name: shop }, { metadata: { labels } });
    await untilTool(client, 'dice_echo', isThere);
    t.comment(`namespace label → ${isThere ? 'listed' : 'gone'}: ${(performance.now() - begun).toFixed(0)} ms`);
  };
  await relabel(live, true);
  await relabel({ stage: 'test' }, false);
  await relabel(live, true);
  t.pass('its tools come and go with the label');
});

/** Selectors that Kubernetes would refuse, and what the API server says of each in a Gateway that is patched with it. */
const refused: Record<string, [selector: object, message: RegExp]> = {
  'an empty one': [
    { matchLabels: null },
    /spec\.serviceSelector: Invalid value: .*an empty selector would serve every Service/,
  ],
  'an operator without its values': [
    { matchExpressions: [{ key: 'team', operator: 'In' }] },
    /matchExpressions\[0\]: Invalid value: .*In and NotIn need at least one value/,
  ],
  'an operator with no values': [
    { matchExpressions: [{ key: 'team', operator: 'NotIn', values: [] }] },
    /In and NotIn need at least one value/,
  ],
  'values that the operator does not take': [
    { matchExpressions: [{ key: 'team', operator: 'Exists', values: ['red'] }] },
    /Exists and DoesNotExist take none/,
  ],
  'an unknown operator': [
    { matchExpressions: [{ key: 'team', operator: 'Like', values: ['red'] }] },
    /operator: Unsupported value: "Like": supported values: "In", "NotIn", "Exists", "DoesNotExist"/,
  ],
  'an operator without a key': [{ matchExpressions: [{ operator: 'Exists' }] }, /key: Required value/],
  'what is no key': [{ matchLabels: { 'not a key': 'x' } }, /each key must be a label key, such as example\.com\/name/],
  'a key that is too long': [{ matchLabels: { ['k'.repeat(64)]: 'x' } }, /each key must be a label key/],
  'what is no key in an expression': [
    { matchExpressions: [{ key: 'a/b/c', operator: 'Exists' }] },
    /key: Invalid value: "a\/b\/c": .*should match/,
  ],
  'what is no value': [{ matchLabels: { team: 'not a value' } }, /team: Invalid value: "not a value": .*should match/],
  'a value that is too long': [{ matchLabels: { team: 'x'.repeat(64) } }, /team: Too long: may not be more than 63/],
  'what is no value in an expression': [
    { matchExpressions: [{ key: 'team', operator: 'In', values: ['-'] }] },
    /values\[0\]: Invalid value: "-": .*should match/,
  ],
};

productScenario('a selector that is invalid is refused by the API server, in words', {}, async (t, product) => {
  const namespace = await product.namespace('gateway');
  const gateway = await product.gateway({ namespace, noWait: true });
  for (const [what, [serviceSelector, message]] of Object.entries(refused)) {
    const patch = ['patch', 'mcpgw/main', '-n', namespace, '--type=merge', '--patch'];
    const spec = { serviceSelector };
    await t.rejects(product.cluster.kubectl(...patch, JSON.stringify({ spec })), { message }, what);
  }
  t.strictSame((await gateway.object()).spec['serviceSelector'], { matchLabels: { 'mcp-enabled': 'true' } });
});

productScenario(
  'an invalid selector that the API server lets through is told, and harms nothing',
  {},
  async (t, product) => {
    const home = await product.namespace('gateway');
    const shop = await product.namespace('shop');
    const [edited, other] = await Promise.all([
      product.gateway({ namespace: home, name: 'edited' }),
      product.gateway({ namespace: home, name: 'other' }),
      product.server({ namespace: shop, program: 'modern', name: 'dice' }),
    ]);
    const session = await product.client(edited.url());
    await untilTool(session, 'dice_echo');

    // The domain of a label key may have 253 characters, which no pattern of the schema counts.
    const invalid = { matchLabels: { [`${'a.'.repeat(130)}com/team`]: 'red' } };
    const sentence =
      /^spec\.serviceSelector\.matchLabels: "a\.a\..*" is not a label key, such as "example\.com\/name"\./;
    const born = await product.gateway({
      namespace: home,
      name: 'born',
      spec: { serviceSelector: invalid },
      noWait: true,
    });
    const added = { matchLabels: { 'mcp-enabled': null, ...invalid.matchLabels } };
    await edited.edit({ serviceSelector: added });
    for (const gateway of [born, edited]) {
      const { reason } = await gateway.condition('Accepted', 'False', sentence);
      t.equal(reason, 'ConfigurationError', `${gateway.name} says what is wrong`);
    }
    t.equal((await born.object()).status?.serviceCount, 0, 'one that was born with it serves nothing');
    t.equal(await callText(session, 'dice_echo', { text: 'six' }), 'six', 'one that was edited serves what it did');

    await product.service(shop, 'cards', { app: 'dice' });
    await other.service(shop, 'cards', 'Available');
    t.pass('another takes up new Services');
    const valid = { serviceSelector: { matchLabels: { ...nulls(invalid.matchLabels), 'mcp-enabled': 'true' } } };
    await Promise.all([born, edited].map((gateway) => gateway.edit(valid)));
    for (const gateway of [born, edited]) {
      await gateway.condition('Accepted', 'True');
      await gateway.service(shop, 'cards', 'Available');
    }
    t.equal(await callText(session, 'cards_echo', { text: 'ace' }), 'ace', 'once it is mended, so do they');
  },
);

/** For a merge patch: what takes the members away. */
function nulls(members: object): Record<string, null> {
  return Object.fromEntries(Object.keys(members).map((key) => [key, null]));
}
