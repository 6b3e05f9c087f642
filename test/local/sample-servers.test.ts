import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { SampleServers, type WantedSample } from '../../local/sample-servers.ts';

t.test('a port that another program has is told of once, and again when it was free between', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const told: string[] = [];
  const samples = new SampleServers((problem) => told.push(problem));
  t.teardown(() => samples.stop());
  const wanted = { name: 'dice', port, manifest: { file: 'dice.yaml', line: 7 } } as unknown as WantedSample;
  for (let times = 0; times < 3; times++) await samples.start([wanted]);
  t.match(told, [/^Port \d+ is taken, so the sample server dice cannot run\. .* dice\.yaml:7\.$/]);
  t.equal(told.length, 1);
  await samples.start([]);
  await samples.start([wanted]);
  t.equal(told.length, 2, 'it was not wanted between');
  other.close();
  await once(other, 'close');
  await samples.start([wanted]);
  t.equal(told.length, 2, 'it runs');
});
