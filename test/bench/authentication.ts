/**
 * What finding out who a call is of costs the gateway, against itself without, in turns in the same run. The gateway has one
 * core; the load, the upstream and the issuer share another.
 */
import type { AuthMethod } from '../../gateway/contract/access-policy.ts';
import { apiKeyHash } from '../support/api-key-hash.ts';
import { modernCall } from '../support/mcp-http.ts';
import { entryFor } from '../support/registry-folder.ts';
import { SecretFolder } from '../support/secret-folder.ts';
import { startGateway, type RunningGateway } from '../support/start-gateway.ts';
import { TestIssuer } from '../support/test-issuer.ts';
import { cpuSeconds } from './cpu-time.ts';
import { callsPerCoreSecond, inTurns, printRates } from './in-turns.ts';
import { LoadProgram, pinToMeasuredCore } from './load-program.ts';

const ROUNDS = 24;
const SECONDS = 1;
/** So many tokens are verified for the first time. */
const FIRSTS = 3000;
const AUDIENCE = 'the-gateway';
const KEY = 'a key of a benchmark';

interface Variant {
  readonly name: string;
  /** Undefined: nobody is asked. */
  readonly methods?: readonly AuthMethod[];
  /** What each call brings. */
  readonly header?: string;
}

/** CPU of a call, in seconds, with a token for each, one after the other. */
async function cpuOfCalls({ pid, url }: RunningGateway, tokens: readonly string[]): Promise<number> {
  const before = cpuSeconds(pid);
  for (const token of tokens) {
    const { error } = await modernCall(url, 'load_echo', {}, { headers: { authorization: `Bearer ${token}` } });
    if (error !== undefined) throw new Error(`A call failed: ${JSON.stringify(error)}`);
  }
  return (cpuSeconds(pid) - before) / tokens.length;
}

/** Prints the calls per second of gateway CPU by each way to say who one is. */
export async function authentication(): Promise<void> {
  const load = new LoadProgram();
  const keys = new SecretFolder();
  keys.write({ load: apiKeyHash(KEY) });
  const issuer = await TestIssuer.open();
  let gateway: RunningGateway | undefined;
  try {
    const groups = Array.from({ length: 20 }, (_, i) => `group-${i}`);
    const exp = Math.floor(Date.now() / 1000) + 3600;
    const token = `Authorization: Bearer ${await issuer.token(AUDIENCE, { exp, groups })}`;
    const variants: readonly Variant[] = [
      { name: 'nobody is asked' },
      { name: 'a token, and nobody is asked', header: token },
      { name: 'a token of an issuer', methods: [issuer.method({ audiences: [AUDIENCE] })], header: token },
      { name: 'an API key', methods: [{ apiKey: { header: 'x-api-key' } }], header: `X-API-Key: ${KEY}` },
      // What two measurements of the same differ by.
      { name: 'nobody is asked, again' },
    ];
    const entries = [entryFor(await load.serve(), { name: 'load' })];
    gateway = await startGateway(entries, { env: { ...issuer.env, FETCHFY_API_KEYS_DIR: keys.path } });
    const { pid, url } = gateway;
    pinToMeasuredCore(pid);
    const running = gateway;
    const rows = await inTurns(variants, ROUNDS, async ({ methods, header = '' }) => {
      await running.publish(entries, { policy: { hosts: [], ...(methods !== undefined && { auth: { methods } }) } });
      return callsPerCoreSecond(pid, () => load.run({ url, tool: 'load_echo', seconds: SECONDS, header }));
    });
    printRates('nobody being asked', rows);
    await gateway.publish(entries, {
      policy: { hosts: [], auth: { methods: [issuer.method({ audiences: [AUDIENCE] })] } },
    });
    const tokens = [];
    for (let i = 0; i < FIRSTS; i++) tokens.push(await issuer.token(AUDIENCE, { exp, groups, jti: String(i) }));
    const first = await cpuOfCalls(gateway, tokens);
    const next = await cpuOfCalls(gateway, tokens);
    process.stdout.write(
      `  the first call of a token takes ${Math.round((first - next) * 1e6)} µs more of CPU than its next\n`,
    );
  } finally {
    await gateway?.stop();
    issuer.close();
    keys.remove();
    load.remove();
  }
}
