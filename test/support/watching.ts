import type { Test } from 'tap';
import type { ServiceEntry } from '../../gateway/contract/registry-document.ts';
import { createLogger } from '../../gateway/log.ts';
import type { ChangeKind } from '../../gateway/upstream/catalogue.ts';
import { Upstreams, type UpstreamsOptions } from '../../gateway/upstream/upstreams.ts';
import { testOutlets } from './outlets.ts';
import { entry } from './registry-parts.ts';

/** A change that was told. */
export interface ToldChange {
  readonly key: string;
  readonly kinds: readonly ChangeKind[];
  /** performance.now() */
  readonly at: number;
}

/** Upstreams with short times, closed when the test ends, and what they told. */
export function watching(t: Test, options: Partial<UpstreamsOptions> = {}) {
  const lines: string[] = [];
  const log = createLogger({ level: 'debug', format: 'text', write: (line) => lines.push(line) });
  const upstreams = new Upstreams({
    log,
    outlets: testOutlets(),
    clientInfo: { name: 'fetchfy-test', version: '1' },
    retry: { minMs: 20, maxMs: 100 },
    ...options,
  });
  t.teardown(() => upstreams.close());
  const changes: ToldChange[] = [];
  upstreams.onChange(({ key }, kinds) => changes.push({ key, kinds: [...kinds], at: performance.now() }));
  return { upstreams, changes, lines };
}

/** The entry of a server at these addresses. */
export function entryAt(
  name: string,
  targets: string | readonly string[],
  changes: Partial<ServiceEntry> = {},
): ServiceEntry {
  return entry(name, { targets: [targets].flat(), ...changes });
}
