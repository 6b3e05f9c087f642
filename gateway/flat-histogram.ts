import type { Metric, Registry } from 'prom-client';

export interface FlatHistogramOptions {
  readonly name: string;
  readonly help: string;
  /** Upper bounds, ascending, without infinity. */
  readonly buckets: readonly number[];
  /** The labels of each series, by its number. */
  readonly series: readonly Readonly<Record<string, string>>[];
}

/**
 * A histogram whose series are known beforehand and observed by number. prom-client's own makes a string of the labels
 * at each observation, which is more than all else that the gateway does with a small call's metrics.
 */
export class FlatHistogram {
  readonly name: string;
  readonly help: string;
  readonly type = 'histogram';
  readonly #options: FlatHistogramOptions;
  /** Observations by series and bucket, not cumulated; the last bucket of each is the one without bound. */
  readonly #counts: Float64Array;
  readonly #sums: Float64Array;
  readonly #bounds: Float64Array;

  constructor(options: FlatHistogramOptions) {
    this.name = options.name;
    this.help = options.help;
    this.#options = options;
    this.#bounds = Float64Array.from(options.buckets);
    this.#counts = new Float64Array(options.series.length * (options.buckets.length + 1));
    this.#sums = new Float64Array(options.series.length);
  }

  observe(series: number, value: number): void {
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
    (this.#counts[series * (bounds.length + 1) + bucket] as number)++;
    (this.#sums[series] as number) += value;
  }

  /** How many observations each series has, of those that have any. */
  totals(): { readonly labels: Readonly<Record<string, string>>; readonly count: number }[] {
    return this.#options.series.flatMap((labels, number) => {
      const count = this.#of(number).reduce((sum, n) => sum + n, 0);
      return count === 0 ? [] : [{ labels, count }];
    });
  }

  /** What prom-client asks of a metric when it is scraped. Series without an observation are left out. */
  get(): { name: string; help: string; type: string; values: Sample[]; aggregator: string } {
    const values: Sample[] = [];
    this.#options.series.forEach((labels, number) => {
      let cumulated = 0;
      const samples = Array.from(this.#of(number), (count, bucket) => {
        cumulated += count;
        const le = this.#bounds[bucket] ?? '+Inf';
        return { metricName: `${this.name}_bucket`, labels: { ...labels, le: String(le) }, value: cumulated };
      });
      if (cumulated === 0) return;
      values.push(...samples, { metricName: `${this.name}_sum`, labels, value: this.#sums[number] ?? 0 });
      values.push({ metricName: `${this.name}_count`, labels, value: cumulated });
    });
    return { name: this.name, help: this.help, type: this.type, values, aggregator: 'sum' };
  }

  register(registry: Registry): void {
    // A registry takes whatever has a name and get(); its type names only prom-client's own classes.
    registry.registerMetric(this as unknown as Metric);
  }

  #of(series: number): Float64Array {
    const width = this.#bounds.length + 1;
    return this.#counts.subarray(series * width, (series + 1) * width);
  }
}

interface Sample {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}
