// Where a step's time goes: a recorder on each thread times every kernel call and the stages around them.
// It watches and changes nothing; without one a thread runs the kernels themselves.
import type { StepStage } from '@lockstep/core/internal';
import type { Kernels } from '@lockstep/kernels';

/** What is timed besides the kernels in it. */
export type Stage = StepStage | 'evaluate' | 'rest';
export const STAGES: readonly Stage[] = ['shards', 'reduce and update', 'wait', 'evaluate', 'rest'];

/** Hears of a thread's stages, which do not nest. */
export interface StageWatch {
  begin(stage: Stage): void;
  end(stage: Stage): void;
}

/** The last so many calls of each thread are kept as spans. */
const SPANS = 50_000;

/** Where time went, in all. */
export interface ProfileEntry {
  /** A stage, whose time leaves out the kernels in it, or a kernel. */
  readonly name: string;
  readonly calls: number;
  readonly ms: number;
}

/** Where time went, once. */
export interface ProfileSpan {
  readonly name: string;
  /** Milliseconds since 1970, with fractions. */
  readonly start: number;
  readonly ms: number;
}

/** What one thread did. */
export interface ThreadProfile {
  readonly thread: number;
  /** Over the whole run, longest first. */
  readonly entries: readonly ProfileEntry[];
  /** The last calls, in the order in which they ended. */
  readonly spans: readonly ProfileSpan[];
}

export class Recorder implements StageWatch {
  readonly #names: string[] = [...STAGES];
  readonly #calls: number[] = STAGES.map(() => 0);
  readonly #ms: number[] = STAGES.map(() => 0);
  readonly #starts = new Float64Array(SPANS);
  readonly #durations = new Float64Array(SPANS);
  readonly #kinds = new Uint8Array(SPANS);
  #recorded = 0;
  /** When the stage that is going on began, and the time of the kernels in it. */
  #begun = 0;
  #kernelMs = 0;

  /** The same kernels, timed; each call is made by itself. */
  wrap({ sequence, rowCopier, ...kernels }: Kernels): Kernels {
    const wrapped: Record<string, unknown> = rowCopier ? { rowCopier } : {};
    for (const [name, value] of Object.entries(kernels)) {
      wrapped[name] = typeof value === 'function' ? this.#timed(name, value as Kernel) : value;
    }
    return wrapped as unknown as Kernels;
  }

  /** Stages do not nest. */
  begin(): void {
    this.#begun = performance.now();
    this.#kernelMs = 0;
  }

  end(stage: Stage): void {
    const ms = performance.now() - this.#begun;
    const kind = STAGES.indexOf(stage);
    this.#record(kind, this.#begun, ms);
    this.#ms[kind]! -= this.#kernelMs;
  }

  profile(thread: number): ThreadProfile {
    const entries = this.#names
      .map((name, kind) => ({ name, calls: this.#calls[kind]!, ms: this.#ms[kind]! }))
      .filter(({ calls }) => calls > 0)
      .sort((a, b) => b.ms - a.ms);
    const first = Math.max(0, this.#recorded - SPANS);
    const spans = Array.from({ length: this.#recorded - first }, (_, i) => {
      const at = (first + i) % SPANS;
      return {
        name: this.#names[this.#kinds[at]!]!,
        start: performance.timeOrigin + this.#starts[at]!,
        ms: this.#durations[at]!,
      };
    });
    return { thread, entries, spans };
  }

  #timed(name: string, kernel: Kernel): Kernel {
    const kind = this.#names.push(name) - 1;
    this.#calls.push(0);
    this.#ms.push(0);
    return (...args) => {
      const start = performance.now();
      const result = kernel(...args);
      const ms = performance.now() - start;
      this.#kernelMs += ms;
      this.#record(kind, start, ms);
      return result;
    };
  }

  #record(kind: number, start: number, ms: number): void {
    this.#calls[kind]!++;
    this.#ms[kind]! += ms;
    const at = this.#recorded++ % SPANS;
    this.#starts[at] = start;
    this.#durations[at] = ms;
    this.#kinds[at] = kind;
  }
}

type Kernel = (...args: readonly number[]) => unknown;

/** The spans in Chrome's trace event format, which Perfetto and chrome://tracing open. */
export function chromeTrace(profiles: readonly ThreadProfile[]): string {
  const begin = Math.min(...profiles.flatMap(({ spans }) => spans.map(({ start }) => start)));
  const names = profiles.map(({ thread }) => ({
    name: 'thread_name',
    ph: 'M',
    pid: 1,
    tid: thread,
    args: { name: `thread ${thread}` },
  }));
  const events = profiles.flatMap(({ thread, spans }) =>
    spans.map(({ name, start, ms }) => ({
      name,
      ph: 'X',
      pid: 1,
      tid: thread,
      ts: Math.round((start - begin) * 1e6) / 1e3,
      dur: Math.round(ms * 1e6) / 1e3,
    })),
  );
  return JSON.stringify({ traceEvents: [...names, ...events] });
}

/**
 * A table in text: a line for each kernel and stage, a column for each thread, in microseconds a step.
 *
 * @param steps that the run took
 */
export function profileTable(profiles: readonly ThreadProfile[], steps: number): string {
  const names = [...new Set(profiles.flatMap(({ entries }) => entries.map(({ name }) => name)))];
  const perStep = (profile: ThreadProfile, name: string): number =>
    (1000 * (profile.entries.find((entry) => entry.name === name)?.ms ?? 0)) / steps;
  const total = (name: string): number =>
    profiles.reduce((sum, profile) => sum + perStep(profile, name), 0);
  const rows = names
    .sort((a, b) => total(b) - total(a))
    .map((name) => [label(name), ...profiles.map((profile) => perStep(profile, name))] as const);
  const all = ['total', ...profiles.map((p) => names.reduce((sum, n) => sum + perStep(p, n), 0))];
  const width = Math.max(...rows.map(([name]) => name.length));
  const line = ([name, ...cells]: readonly (string | number)[]): string =>
    `${String(name).padEnd(width)}  ${cells.map((cell) => (typeof cell === 'number' ? cell.toFixed(1) : cell).padStart(10)).join('')}`;
  const head = ['µs a step', ...profiles.map(({ thread }) => `thread ${thread}`)];
  return [head, ...rows, all].map(line).join('\n');
}

function label(name: string): string {
  if (name === 'shards') return 'shards: gather, calls';
  if (name === 'reduce and update') return 'reduce and update: calls';
  return name === 'evaluate' ? 'evaluate: gather, calls' : name;
}
