/** What the decision on access costs: how long lists, and single decisions, take with many rules. */
import type { AccessRule, AuthPolicy } from '../../gateway/contract/access-policy.ts';
import { FirstSight } from '../../gateway/mcp/first-sight.ts';
import { Lists } from '../../gateway/mcp/lists.ts';
import { permits, type Route } from '../../gateway/routing/route.ts';
import { routingTable } from '../../gateway/routing/routing-table.ts';
import { knownServer, toolsNamed, type KnownServer } from '../support/routed.ts';
import { principal } from '../support/principal.ts';
import { entryFor } from '../support/registry-folder.ts';
import { startGateway, type RunningGateway } from '../support/start-gateway.ts';
import { callsPerCoreSecond, inTurns, printRates } from './in-turns.ts';
import { LoadProgram, median, pinToMeasuredCore } from './load-program.ts';

const RULES = 500;
const ROUNDS = 15;
const CALL_ROUNDS = 24;

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
    name: 'all 500 mean the caller and deny, 64 times "*a*x*b*z*" each',
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

/** How calls may come to be: the rules mean the caller of the last two. */
const calling: readonly {
  readonly name: string;
  readonly auth?: AuthPolicy;
  readonly rules?: readonly AccessRule[];
}[] = [
  { name: 'nobody is asked' },
  { name: 'all are let in', auth: { methods: [{ anonymous: {} }] } },
  { name: 'all are let in, 500 rules', auth: { methods: [{ anonymous: {} }] }, rules: callRules },
  // What two measurements of the same differ by.
  { name: 'nobody is asked, again' },
];

/** Prints the calls per second of the CPU of one gateway with and without rules. Needs Linux with two cores, Go and taskset. */
async function ruledCalls(): Promise<void> {
  const load = new LoadProgram();
  let gateway: RunningGateway | undefined;
  try {
    const entries = [entryFor(await load.serve(), { name: 'load' })];
    const running = (gateway = await startGateway(entries));
    const { pid, url } = running;
    pinToMeasuredCore(pid);
    const rows = await inTurns(calling, CALL_ROUNDS, async ({ auth, rules }) => {
      const policy = { hosts: [], ...(auth !== undefined && { auth }) };
      await running.publish(entries, { policy, ...(rules !== undefined && { rules }) });
      return callsPerCoreSecond(pid, () => load.run({ url, tool: 'load_echo', seconds: 1 }));
    });
    printRates('nobody being asked', rows);
  } finally {
    await gateway?.stop();
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
  await ruledCalls();
}
