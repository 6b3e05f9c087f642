/** Which Services a Gateway serves: serviceSelector and namespaceSelector. */
import { productScenario } from '../product/product-scenario.ts';
import { toolNames, untilTool } from '../product/product.ts';

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
