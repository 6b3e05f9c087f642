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
import { cpuSeconds } from './cpu-time.ts';
import { LoadProgram, median, pinToMeasuredCore } from './load-program.ts';

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
    const measured = variants.map((variant) => ({ variant, rates: [] as number[] }));
    // The first round warms up.
    for (let round = 0; round <= ROUNDS; round++) {
      // None always follows the same one, or has the same part of the noise.
      const first = round % measured.length;
      for (const { variant, rates } of [...measured.slice(first), ...measured.slice(0, first)]) {
        const { methods, header = '' } = variant;
        await gateway.publish(entries, { policy: { hosts: [], ...(methods !== undefined && { auth: { methods } }) } });
        const before = cpuSeconds(pid);
        const { calls } = await load.run({ url, tool: 'load_echo', seconds: SECONDS, header });
        if (round > 0) rates.push(calls / (cpuSeconds(pid) - before));
      }
    }
    const [base] = measured;
    process.stdout.write('  calls/core-second, against nobody being asked in the same round\n');
    for (const { variant, rates } of measured) {
      const ratio = median(rates.map((each, round) => each / (base?.rates[round] ?? Number.NaN)));
      const rate = Math.round(median(rates)).toLocaleString('en');
      process.stdout.write(`    ${variant.name.padEnd(30)}${rate.padStart(8)}  × ${ratio.toFixed(3)}\n`);
    }
  } finally {
    await gateway?.stop();
    issuer.close();
    keys.remove();
    load.remove();
  }
}
