/** What the image that users build says of itself. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import manifest from '../../../package.json' with { type: 'json' };
import { imageNames } from '../build/images.ts';
import { runInPod } from '../harness/script-pod.ts';
import { scenario } from '../harness/scenario.ts';

/** The list of packages in the image, and those that are there. */
const script = `
  import { existsSync, readdirSync, readFileSync } from 'node:fs';
  const read = (path) => JSON.parse(readFileSync(path, 'utf8'));
  const installed = [];
  const look = (folder) => {
    for (const name of readdirSync(folder)) {
      if (name.startsWith('.')) continue;
      const path = folder + '/' + name;
      if (name.startsWith('@')) { look(path); continue; }
      if (!existsSync(path + '/package.json')) continue;
      const found = read(path + '/package.json');
      installed.push(found.name + '@' + found.version);
      if (existsSync(path + '/node_modules')) look(path + '/node_modules');
    }
  };
  look('/fetchfy/node_modules');
  console.log(JSON.stringify({ bom: read('/fetchfy/sbom.cdx.json'), installed }));`;

interface Component {
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses?: readonly unknown[];
  readonly hashes?: readonly unknown[];
}

scenario(
  'the image lists the packages that are in it, those and no others',
  { needs: ['product'] },
  async (t, cluster) => {
    const namespace = await cluster.namespace('image');
    const output = await runInPod(cluster, namespace, script, { image: imageNames.product });
    const { bom, installed } = JSON.parse(output) as {
      bom: { bomFormat: string; metadata: { component: Component }; components: Component[] };
      installed: string[];
    };
    t.equal(bom.bomFormat, 'CycloneDX');
    t.match(bom.metadata.component, { name: 'fetchfy', version: manifest.version, type: 'application' });
    const listed = bom.components.map(({ name, version }) => `${name}@${version}`);
    t.strictSame(new Set(listed), new Set(installed), `${listed.length} packages`);
    for (const name of Object.keys(manifest.dependencies)) {
      t.ok(
        bom.components.some((each) => each.name === name),
        `${name} is among them`,
      );
    }
    for (const name of ['typescript', 'tap', 'oxlint']) {
      t.notOk(
        bom.components.some((each) => each.name === name),
        `${name} is not`,
      );
    }
    const lock = readFileSync(join(import.meta.dirname, '../../../package-lock.json'), 'utf8');
    const { packages } = JSON.parse(lock) as { packages: Record<string, { version?: string }> };
    const locked = new Set(
      Object.entries(packages).map(([path, { version }]) => `${path.split('node_modules/').at(-1)}@${version}`),
    );
    t.strictSame(
      listed.filter((each) => !locked.has(each)),
      [],
      'all of them at the versions of the lock file',
    );
    const bare = bom.components.filter(({ licenses, hashes, purl }) => !licenses?.length || !hashes?.length || !purl);
    t.strictSame(
      bare.map(({ name }) => name),
      [],
      'each with its licence, hash and package URL',
    );
  },
);
