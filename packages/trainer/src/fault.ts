// Deaths on purpose, for tests of recovery: a thread dies at a given step in a given way, once.

export interface Fault {
  readonly thread: number;
  /** The step that the thread is computing. */
  readonly step: number;
  /** Before its shards, between shards and reduction, or after the new state is written, unpublished. */
  readonly when: 'compute' | 'reduce' | 'commit';
  readonly how: 'throw' | 'exit' | 'out-of-memory';
}

export function injectFault(fault: Fault | undefined, step: number, when: Fault['when']): void {
  if (fault?.step !== step || fault.when !== when) return;
  if (fault.how === 'throw') throw new Error(`fault injected at step ${step}`);
  if (fault.how === 'exit') process.exit(7);
  const hoard: unknown[] = [];
  for (;;) hoard.push(Array.from({ length: 100_000 }, () => ({ step })));
}
