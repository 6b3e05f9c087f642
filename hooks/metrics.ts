import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';

/** The hooks that Metacontroller calls, as routes. */
export type HookName = 'gateways/customize' | 'gateways/sync' | 'registry/customize' | 'registry/sync';

/** How a call ended: answered; refused for want of a token, or because its body is malformed; or failed by a fault of ours. */
export type HookOutcome = 'ok' | 'unauthorized' | 'malformed' | 'failed';

/** What the hooks count. */
export interface HookMetrics {
  /** @param seconds from the request's arrival to the answer's end */
  observe(hook: HookName, outcome: HookOutcome, seconds: number): void;
  /** A replica of a gateway that was asked for its report. */
  observeReport(answered: boolean): void;
}

/** Metrics in a registry of their own, so that several applications can live in one process (tests). */
export function createMetrics(): { readonly metrics: HookMetrics; readonly registry: Registry } {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const calls = new Counter({
    name: 'fetchfy_hook_calls_total',
    help: 'Calls of the hooks by Metacontroller, by hook and outcome (ok, unauthorized, malformed, failed).',
    labelNames: ['hook', 'outcome'],
    registers: [registry],
  });
  const duration = new Histogram({
    name: 'fetchfy_hook_duration_seconds',
    help: 'Time from the arrival of a call to its answer, by hook.',
    labelNames: ['hook'],
    buckets: [0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
    registers: [registry],
  });
  const reports = new Counter({
    name: 'fetchfy_hook_reports_total',
    help: 'Gateway replicas that were asked for their report, by outcome (ok, missing).',
    labelNames: ['outcome'],
    registers: [registry],
  });
  return {
    registry,
    metrics: {
      observe(hook, outcome, seconds) {
        calls.inc({ hook, outcome });
        duration.observe({ hook }, seconds);
      },
      observeReport(answered) {
        reports.inc({ outcome: answered ? 'ok' : 'missing' });
      },
    },
  };
}
