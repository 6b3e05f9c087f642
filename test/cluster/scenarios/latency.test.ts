/** How long after a label is put on a Service its tools can be called. */
import type { Test } from 'tap';
import type { TestClient } from '../../support/clients.ts';
import { until } from '../../support/until.ts';
import { onToolsChanged } from '../product/changes.ts';
import type { TestGateway } from '../product/gateway.ts';
import { productScenario } from '../product/product-scenario.ts';
import { callText, type Product } from '../product/product.ts';

const ROUNDS = 20;
/** The figure, and the deadline of each: ten times that. */
const FIGURE_MS = 1000;
const DEADLINE_MS = 10 * FIGURE_MS;

/** A session that calls the tool whenever it may be there, or may be gone. */
class Caller {
  readonly client: TestClient;
  #wake: () => void = () => {};

  private constructor(client: TestClient) {
    this.client = client;
  }

  static async on(product: Product, gateway: TestGateway): Promise<Caller> {
    const caller = new Caller(await product.client(gateway.url()));
    await onToolsChanged(caller.client, () => caller.#wake());
    return caller;
  }

  /** Resolves when the tool answers, or no longer does: tried at each announcement, and now and then beside. */
  async until(isCallable: boolean): Promise<void> {
    await until(
      `the tool to be ${isCallable ? '' : 'no longer '}callable`,
      async () => {
        const outcome = await callText(this.client, 'dice_echo', { text: 'six' }).catch(() => undefined);
        if ((outcome === 'six') === isCallable) return true;
        await Promise.race([new Promise<void>((resolve) => (this.#wake = resolve)), pause(250)]);
        return false;
      },
      { deadlineMs: DEADLINE_MS, everyMs: 1 },
    );
  }
}

/** The registries of a namespace, as they are written. */
class Registries {
  readonly #texts = new Map<string, string>();

  constructor(product: Product, namespace: string, signal: AbortSignal) {
    void this.#follow(product, namespace, signal);
  }

  async #follow(product: Product, namespace: string, signal: AbortSignal): Promise<void> {
    const watch = product.cluster.client.watch({ apiVersion: 'v1', kind: 'ConfigMap' }, { namespace, signal });
    for await (const { object } of watch) this.#texts.set(object.metadata.name, JSON.stringify(object['data']));
  }

  /** Resolves when so many registries tell of the Service, or all do no longer. */
  async until(namespace: string, gateways: number, isThere: boolean): Promise<void> {
    const count = () => [...this.#texts.values()].filter((text) => text.includes(`dice.${namespace}.svc`)).length;
    await until(
      `${isThere ? gateways : 0} registries to tell of the Service`,
      () => count() === (isThere ? gateways : 0),
      { deadlineMs: DEADLINE_MS, everyMs: 2, state: count },
    );
  }
}

for (const gateways of [1, 10]) {
  productScenario(`a label makes a Service callable, with ${gateways} Gateways`, {}, async (t, product) => {
    const home = await product.namespace('gateways');
    const shop = await product.namespace('shop');
    const names = Array.from({ length: gateways }, (_, number) => `gateway-${number}`);
    const [all] = await Promise.all([
      Promise.all(names.map((name) => product.gateway({ namespace: home, name }))),
      product.server({ namespace: shop, program: 'modern', name: 'dice', labels: { 'mcp-enabled': 'false' } }),
    ]);
    const ending = new AbortController();
    t.teardown(() => ending.abort());
    const registries = new Registries(product, home, ending.signal);
    const callers = await Promise.all(all.map((gateway) => Caller.on(product, gateway)));
    const callable = async (is: boolean) => Promise.all(callers.map((caller) => caller.until(is)));

    const written: number[] = [];
    const called: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const begun = performance.now();
      await product.label(shop, 'dice', { 'mcp-enabled': 'true' });
      await Promise.all([
        registries.until(shop, gateways, true).then(() => written.push(performance.now() - begun)),
        callable(true).then(() => called.push(performance.now() - begun)),
      ]);
      await product.label(shop, 'dice', { 'mcp-enabled': 'false' });
      await Promise.all([registries.until(shop, gateways, false), callable(false)]);
    }
    ending.abort();
    report(t, `${gateways} Gateways: label → all registries written`, written);
    const p95 = report(t, `${gateways} Gateways: label → callable through all`, called);
    t.ok(p95 <= DEADLINE_MS, `p95 is within ${DEADLINE_MS} ms, ten times the figure`);
  });
}

/** Prints the figures and gives the 95th percentile. */
function report(t: Test, what: string, times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.ceil(sorted.length * part) - 1] ?? Number.NaN;
  t.comment(
    `${what}, ${sorted.length} times: p50 ${at(0.5).toFixed(0)} ms, p95 ${at(0.95).toFixed(0)} ms, most ${at(1).toFixed(0)} ms`,
  );
  return at(0.95);
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
