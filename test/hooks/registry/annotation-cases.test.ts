import { readFileSync } from 'node:fs';
import { loadAll } from 'js-yaml';
import t from 'tap';
import { annotations } from '../../../hooks/registry/annotations.ts';
import { annotationCases, faultByHooks, isReadByHooks } from '../support/annotation-cases.ts';

/**
 * The table of cases on which the hooks and the admission policy must agree; here the hooks are held to it, in the cluster
 * the API server, which evaluates the policy.
 */

for (const given of annotationCases.filter(isReadByHooks)) {
  const words = JSON.stringify(given.annotations).slice(0, 80);
  t.test(`the annotations ${words} are ${given.fault === undefined ? 'good' : 'refused'}`, async (t) => {
    const fault = faultByHooks(given);
    if (given.fault === undefined) t.equal(fault, undefined);
    else t.match(fault ?? 'nothing is wrong', given.fault);
  });
}

t.test('the policy knows every annotation that the hooks read, and says its name', async (t) => {
  const text = readFileSync(new URL('../../../manifests/hooks/service-annotations.yaml', import.meta.url), 'utf8');
  const policies = loadAll(text) as { spec: { variables?: { name: string; expression: string }[] } }[];
  const list = policies.flatMap(({ spec }) => spec.variables ?? []).find(({ name }) => name === 'known');
  const known = JSON.parse(list?.expression ?? '[]') as string[];
  t.strictSame(known, [...known].sort());
  for (const annotation of Object.values(annotations)) {
    t.ok(known.includes(annotation.replace('mcp.fetchfy.ai/', '')), `${annotation} is known`);
    t.ok(text.includes(`annotations[?"${annotation}"]`), `${annotation} is judged`);
  }
});
