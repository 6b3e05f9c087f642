import { until } from './until.ts';

/** The audit's lines in what a gateway has written. */
export type AuditLine = Readonly<Record<string, unknown>>;

/** All of them that are whole. */
export function auditLines(log: string): AuditLine[] {
  const texts = log.split('\n').filter((text) => text.includes('"audit":true') && text.endsWith('}'));
  return texts.map((text) => JSON.parse(text) as AuditLine);
}

/** Waits for the line of a trace. */
export function lineOfTrace(gateway: { log(): string }, traceId: string): Promise<AuditLine> {
  return until('the line', () => auditLines(gateway.log()).find((line) => line['traceId'] === traceId), {
    state: () => gateway.log().slice(-3000),
  });
}

let traces = 0;

/** Headers with a trace id of their own, to know a request's line by. */
export function traced(headers: Readonly<Record<string, string>> = {}) {
  const traceId = (++traces).toString(16).padStart(32, '0');
  return { traceId, headers: { ...headers, traceparent: `00-${traceId}-00000000000000ff-01` } };
}
