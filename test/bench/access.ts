/** What the decision on access costs: how long lists, and single decisions, take with many rules. */
import type { AccessRule } from '../../gateway/contract/access-policy.ts';
import { FirstSight } from '../../gateway/mcp/first-sight.ts';
import { Lists } from '../../gateway/mcp/lists.ts';
import { permits, type Route } from '../../gateway/routing/route.ts';
import { routingTable } from '../../gateway/routing/routing-table.ts';
import { knownServer, toolsNamed, type KnownServer } from '../support/routed.ts';
import { principal } from '../support/principal.ts';
import { entryFor } from '../support/registry-folder.ts';
import { startGateway, type RunningGateway } from '../support/start-gateway.ts';
import { cpuSeconds } from './cpu-time.ts';
import { LoadProgram, median, pinToMeasuredCore } from './load-program.ts';

const RULES = 500;
const ROUNDS = 15;

/** Rules, the caller that they are read for, and what makes them hard. */
interface RuleSet {
  readonly name: string;
  readonly rules: readonly AccessRule[];
}

const many = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const rule = (index: number, changes: Partial<AccessRule>): AccessRule => ({
  name: `r${index}`,
  effect: 'Allow',
  ...changes,
});

/** All have 500 rules; tools are called `tool_<number>`, servers `shop/s<number>`. */
export const ruleSets: readonly RuleSet[] = [
  {
    name: 'ordinary: a group, a namespace, some tools each; two mean the caller',
    rules: many(RULES, (i) =>
      rule(i, { from: [{ groups: [`team-${i % 250}`] }], to: [{ services: ['shop/*'], tools: [`tool_${i % 10}*`] }] }),
    ),
  },
  {
    name: 'all 500 mean the caller, 64 names each',
    rules: many(RULES, (i) => rule(i, { to: [{ tools: many(64, (j) => `tool_${i * 64 + j}`) }] })),
  },
  {
    name: 'all 500 mean the caller, 64 beginnings each',
    rules: many(RULES, (i) => rule(i, { to: [{ tools: many(64, (j) => `tool_${i * 64 + j}*`) }] })),
  },
  {
    name: 'all 500 mean the caller and deny, 64 times "*a*b*c*" each',
    rules: many(RULES, (i) => rule(i, { effect: 'Deny', to: [{ tools: many(64, (j) => `*${i}*x*${j}*z*`) }] })),
  },
];

const caller = principal('caller', { method: 'jwt', groups: ['team-7'], issuer: 'https://issuer.example.com' });

function serversWith(servers: number, tools: number): KnownServer[] {
  return many(servers, (i) =>
    knownServer(`s${i}`, { tools: toolsNamed(...many(tools, (j) => `tool_${i * tools + j}`)) }),
  );
}

/** The route of all, with nothing known yet of its rules. */
function routeOf(servers: readonly KnownServer[], rules: readonly AccessRule[]): Route {
  const document = {
    formatVersion: 2,
    gateway: { namespace: 'tools', name: 'main' },
    revision: '',
    policy: { hosts: [] },
    services: servers.map(({ entry }) => entry),
    rejected: [],
    rules,
  };
  const table = routingTable(document, new Map(servers.map(({ upstream }) => [upstream.key, upstream])));
  return table.viewOf(caller).union;
}

async function timed(run: () => unknown): Promise<number> {
  const began = performance.now();
  await run();
  return performance.now() - began;
}

export interface AccessResult {
  readonly name: string;
  /** Reading the rules, finding out what they are to a caller, and which servers it sees, in milliseconds. */
  readonly readMs: number;
  /** The first list of 1,000 tools for a caller, in milliseconds: each is decided on. */
  readonly firstListMs: number;
  /** A list that was asked for before. */
  readonly nextListMs: number;
  /** 10,000 decisions on the tools of 100 servers, in milliseconds. */
  readonly decisionsMs: number;
}

/** Medians of some rounds. */
export async function measureAccess(rounds = ROUNDS): Promise<AccessResult[]> {
  const servers = serversWith(10, 100);
  const all = serversWith(100, 100);
  const results: AccessResult[] = [];
  for (const { name, rules } of ruleSets) {
    const taken: Omit<AccessResult, 'name'>[] = [];
    for (let round = 0; round <= rounds; round++) {
      let route: Route | undefined;
      const readMs = await timed(() => (route = routeOf(servers, rules)));
      const lists = new Lists(new FirstSight());
      // Their texts are made once for all callers.
      await lists.page(routeOf(servers, []), { method: 'tools/list', era: 'legacy', cursor: '' });
      const list = () => lists.page(route as Route, { method: 'tools/list', era: 'legacy', cursor: '' });
      const firstListMs = await timed(list);
      const nextListMs = await timed(list);
      const larger = routeOf(all, rules);
      const decide = (): number => {
        let count = 0;
        for (const server of larger.servers)
          for (const { name: tool } of server.upstream.catalogue?.tools ?? [])
            if (permits(larger, 'tools', server, String(tool))) count++;
        return count;
      };
      decide();
      const decisionsMs = await timed(decide);
      // The first round warms up.
      if (round > 0) taken.push({ readMs, firstListMs, nextListMs, decisionsMs });
    }
    const middle = (of: keyof (typeof taken)[number]): number => median(taken.map((one) => one[of]));
    results.push({
      name,
      readMs: middle('readMs'),
      firstListMs: middle('firstListMs'),
      nextListMs: middle('nextListMs'),
      decisionsMs: middle('decisionsMs'),
    });
  }
  return results;
}

/** Rules that a call has to pass: many that mean its caller, and some that deny other things. */
const callRules: readonly AccessRule[] = many(RULES, (i) => {
  const tools = i % 10 === 0 ? ['delete_*', `*_secret_${i}`] : [`tool_${i}`, 'echo', `get_${i}_*`];
  return rule(i, { effect: i % 10 === 0 ? 'Deny' : 'Allow', to: [{ services: ['default/*'], tools }] });
});

/**
 * Calls per core-second of a gateway with 500 rules, by those of one without, in turns in one run: the median of the rounds.
 * Needs Linux with two cores, Go and taskset.
 */
export async function measureRuledCalls({ rounds = 5, seconds = 4 } = {}): Promise<number> {
  const load = new LoadProgram();
  const gateways: RunningGateway[] = [];
  try {
    const services = [entryFor(await load.serve(), { name: 'load' })];
    const policy = { hosts: [], auth: { methods: [{ anonymous: {} }] } };
    gateways.push(await startGateway(services));
    gateways.push(await startGateway(services, { registry: { policy, rules: callRules } }));
    for (const { pid } of gateways) pinToMeasuredCore(pid);
    const ratios: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      const rates: number[] = [];
      for (const { pid, url } of gateways) {
        const before = cpuSeconds(pid);
        const { calls } = await load.run({ url, tool: 'load_echo', seconds });
        rates.push(calls / (cpuSeconds(pid) - before));
      }
      // The first round warms both up.
      if (round > 0) ratios.push((rates[1] ?? 0) / (rates[0] ?? 0));
    }
    return median(ratios);
  } finally {
    for (const gateway of gateways) await gateway.stop();
    load.remove();
  }
}

/** Prints the figures. */
export async function access(): Promise<void> {
  const ms = (value: number): string => `${value.toFixed(2)} ms`;
  for (const { name, readMs, firstListMs, nextListMs, decisionsMs } of await measureAccess()) {
    process.stdout.write(`  500 rules, ${name}:
    read ${ms(readMs)}  first list of 1,000 tools ${ms(firstListMs)}  next ${ms(nextListMs)}  10,000 decisions ${ms(decisionsMs)}
`);
  }
  const ratio = await measureRuledCalls();
  process.stdout.write(`  calls per core-second with 500 rules / without: ${ratio.toFixed(3)}\n`);
}
