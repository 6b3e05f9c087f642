import t from 'tap';
import { customizeGateway, reportAddresses } from '../../../hooks/gateways/controller.ts';
import { gatewayRequest, settledChildren } from '../support/gateway-sync.ts';
import { gateway, readyPod, slice } from '../support/objects.ts';

const slices = [slice('main-mcp', { namespace: 'tools', endpoints: [readyPod('10.0.0.2'), readyPod('10.0.0.1')] })];

t.test("the replicas behind the gateway's own Service are asked, on the admin port", async (t) => {
  const request = gatewayRequest({ children: settledChildren(gateway()), related: slices });
  t.strictSame(reportAddresses(request), ['10.0.0.1:9090', '10.0.0.2:9090']);
});

t.test("endpoints of someone else's Service under the name are not asked", async (t) => {
  const theirs = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'main-mcp', namespace: 'tools' } };
  t.strictSame(reportAddresses(gatewayRequest({ related: [theirs, ...slices] })), []);
});

t.test('customize relates by name only, so that it holds for any spec', async (t) => {
  const { relatedResources } = customizeGateway(gateway({ serviceSelector: { matchLabels: { 'not valid': '' } } }));
  t.ok(relatedResources.every(({ namespace }) => namespace === 'tools'));
  t.ok(relatedResources.every(({ names, resource }) => names !== undefined || resource === 'endpointslices'));
});
