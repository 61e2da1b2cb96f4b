// Runs seeds, and says of one that failed what whoever mends it needs: the rule, how to see it again, what came before.
import type { Truth } from './oracle.js';
import { type Simulated, simulate } from './simulate.js';

/** Lines of the log that are shown. */
const TAIL = 60;
const MAX_LINE = 200;

/** @throws Error with the report, if a rule was broken */
export async function simulateOrReport(seed: number, truths: readonly Truth[]): Promise<Simulated> {
  const simulated = await simulate(seed, truths);
  if (simulated.violation === undefined) return simulated;
  const { log, scenario, violation } = await simulate(seed, truths, { isTraced: true });
  const { workers, topology, faults } = scenario;
  throw new Error(
    [
      `seed ${seed}: ${simulated.violation}`,
      violation === simulated.violation ? '' : `(and, played again: ${violation})`,
      `play it again: LOCKSTEP_SEED=${seed} npx vitest run test/simulator/simulator.test.ts`,
      `${workers.length} workers, ${topology}, ${faults.length} faults; the end of its log:`,
      ...log.slice(-TAIL).map((line) => line.slice(0, MAX_LINE)),
    ].join('\n'),
  );
}
