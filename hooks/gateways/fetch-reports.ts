import { Agent, type Dispatcher } from 'undici';
import { REPORT_PATH } from '../../gateway/contract/environment.ts';
import { parseReport } from '../../gateway/contract/report.ts';
import type { FetchReports, ReplicaReport } from './reports.ts';

export interface ReportFetcher {
  readonly fetchReports: FetchReports;
  /** Closes the connections. */
  close(): Promise<void>;
}

export interface ReportFetcherOptions {
  /** All replicas together must answer within this; default 500. */
  readonly timeoutMs?: number;
  /** Told of each replica that was asked. */
  readonly onReport?: (answered: boolean) => void;
}

/** A report on 10,000 Services has some 3 MB. */
const MAX_REPORT_BYTES = 16 * 1024 * 1024;

/**
 * Asks the replicas over HTTP on their admin ports, all at once. A replica that is slow, gone or unintelligible has no
 * report, and holds up nobody.
 */
export function createReportFetcher(options: ReportFetcherOptions = {}): ReportFetcher {
  const { timeoutMs = 500, onReport = () => {} } = options;
  // One connection a replica, kept for the next sync 3 seconds later; a pod that is gone is forgotten soon after.
  const agent = new Agent({ connections: 1, keepAliveTimeout: 10_000, connect: { timeout: timeoutMs } });
  return {
    fetchReports: ({ addresses }) => {
      const signal = AbortSignal.timeout(timeoutMs);
      return Promise.all(
        addresses.map(async (address): Promise<ReplicaReport> => {
          const report = await fetchReport(agent, address, signal);
          onReport(report !== undefined);
          return report === undefined ? { address } : { address, report };
        }),
      );
    },
    close: () => agent.close(),
  };
}

async function fetchReport(dispatcher: Dispatcher, address: string, signal: AbortSignal) {
  try {
    const { statusCode, body } = await dispatcher.request({
      origin: `http://${address}`,
      path: REPORT_PATH,
      method: 'GET',
      signal,
    });
    if (statusCode !== 200) {
      await body.dump();
      return undefined;
    }
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      // Leaving the loop destroys the body, and with it the connection.
      if (bytes > MAX_REPORT_BYTES) return undefined;
      chunks.push(chunk);
    }
    return parseReport(Buffer.concat(chunks).toString('utf8'));
  } catch {
    // Refused, reset, timed out: the same to us. The gateway's probes tell the kubelet.
    return undefined;
  }
}
