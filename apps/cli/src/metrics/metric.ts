// What a metric is, and how a table of them becomes what Prometheus reads. Values are asked for when somebody scrapes: between
// scrapes nothing is done.
// Invariant: names follow Prometheus' conventions (base units, `_total` of counters), and a value that is not known is left out
// rather than 0. Source: https://prometheus.io/docs/practices/naming/
import type * as Prometheus from 'prom-client';

export interface Value {
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A family of values, of something that is seen. */
export interface Metric<Seen> {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter';
  readonly labels?: readonly string[];
  values(seen: Seen): readonly Value[];
}

/** A gauge of one value; undefined while it is not known. */
export function gauge<Seen>(
  name: string,
  help: string,
  value: (seen: Seen) => number | null | undefined,
): Metric<Seen> {
  return { name, help, type: 'gauge', values: (seen) => known(value(seen)) };
}

/** A counter of one value. */
export function counter<Seen>(
  name: string,
  help: string,
  value: (seen: Seen) => number | undefined,
): Metric<Seen> {
  return { name, help, type: 'counter', values: (seen) => known(value(seen)) };
}

function known(value: number | null | undefined): Value[] {
  return value === undefined || value === null ? [] : [{ value }];
}

/** Registers a table, over what is seen when somebody scrapes. */
export function register<Seen>(
  prometheus: typeof Prometheus,
  registry: Prometheus.Registry,
  metrics: readonly Metric<Seen>[],
  seen: Seen,
): void {
  for (const { name, help, type, labels = [], values } of metrics) {
    const config = { name, help, labelNames: [...labels], registers: [registry] };
    if (type === 'gauge') {
      new prometheus.Gauge({
        ...config,
        collect() {
          clear(this, labels);
          for (const one of values(seen)) this.set({ ...one.labels }, one.value);
        },
      });
    } else {
      new prometheus.Counter({
        ...config,
        collect() {
          clear(this, labels);
          for (const one of values(seen)) this.inc({ ...one.labels }, one.value);
        },
      });
    }
  }
}

/** Without labels a reset leaves a 0. */
function clear(metric: Prometheus.Gauge | Prometheus.Counter, labels: readonly string[]): void {
  metric.reset();
  if (labels.length === 0) metric.remove();
}
