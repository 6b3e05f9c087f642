/** A Service says which Gateways may serve it. */
import { productScenario } from '../product/product-scenario.ts';
import { serviceReference, toolNames, untilTool } from '../product/product.ts';

productScenario('a Service is listed by the Gateways that it names, and by no other', {}, async (t, product) => {
  const [home, elsewhere, shop] = [
    await product.namespace('home'),
    await product.namespace('elsewhere'),
    // Else the API server refuses the bad annotation before a Gateway sees it (service-annotations.test.ts).
    await product.namespace('shop', { 'fetchfy.ai/check-annotations': 'false' }),
  ];
  const [ours, theirs] = await Promise.all([
    product.gateway({ namespace: home }),
    product.gateway({ namespace: elsewhere }),
    product.server({
      namespace: shop,
      program: 'legacy',
      name: 'stock',
      annotations: { 'mcp.fetchfy.ai/gateways': `${home}/*` },
    }),
    product.server({ namespace: shop, program: 'legacy', name: 'open' }),
  ]);
  await ours.service(shop, 'stock', 'Available');
  await theirs.service(shop, 'open', 'Available');
  const listed = (await theirs.object()).status?.mcpServices?.map(({ name }) => name);
  t.strictSame(listed, ['open'], 'the other Gateway does not even say that it is there');
  const client = await product.client(theirs.url());
  t.notOk((await toolNames(client)).some((name) => name.startsWith('stock_')));

  await product.annotate(shop, 'stock', { gateways: `${home}/*, ${elsewhere}/main` });
  await untilTool(client, 'stock_echo', true, 30_000);
  await product.annotate(shop, 'stock', { gateways: 'everybody' });
  await untilTool(client, 'stock_echo', false, 30_000);
  for (const gateway of [ours, theirs]) {
    const { message } = await gateway.service(shop, 'stock', ({ reason }) => reason === 'InvalidGateways');
    t.match(message, /is "everybody"/, 'what cannot be read lets none');
  }
  await product.cluster.client.patch(serviceReference(shop, 'stock'), {
    metadata: { annotations: { 'mcp.fetchfy.ai/gateways': null } },
  });
  await untilTool(client, 'stock_echo', true, 30_000);
});
