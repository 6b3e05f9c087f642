/**
 * What finding out who a call is of costs the gateway, against itself without, in turns in the same run. The gateway has one
 * core; the load, the upstream and the issuer share another.
 */
import { createHash } from 'node:crypto';
import type { AuthMethod } from '../../gateway/contract/access-policy.ts';
import { entryFor } from '../support/registry-folder.ts';
import { SecretFolder } from '../support/secret-folder.ts';
import { startGateway, type RunningGateway } from '../support/start-gateway.ts';
import { TestIssuer } from '../support/test-issuer.ts';
import { callsPerCoreSecond, inTurns, printRates } from './in-turns.ts';
import { LoadProgram, pinToMeasuredCore } from './load-program.ts';

const ROUNDS = 24;
const SECONDS = 1;
const AUDIENCE = 'the-gateway';
const KEY = 'a key of a benchmark';

interface Variant {
  readonly name: string;
  /** Undefined: nobody is asked. */
  readonly methods?: readonly AuthMethod[];
  /** What each call brings. */
  readonly header?: string;
}

/** Prints the calls per second of gateway CPU by each way to say who one is. */
export async function authentication(): Promise<void> {
  const load = new LoadProgram();
  const keys = new SecretFolder();
  keys.write({ load: `sha256:${createHash('sha256').update(KEY).digest('hex')}` });
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
  } finally {
    await gateway?.stop();
    issuer.close();
    keys.remove();
    load.remove();
  }
}
