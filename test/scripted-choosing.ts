// A script in place of what chooses how many threads compute: another number after every second step, whatever they took.
import type { ThreadChoice, ThreadChoosing } from '@lockstep/trainer';

const ONE_STEP = { steps: 1, ms: 0 };

/** @param places among the numbers that can be chosen, in falling order; begins again behind its end */
export function scripted(...places: readonly number[]): ThreadChoosing {
  const choice = (numbers: readonly number[], turn: number): ThreadChoice => {
    const at = (index: number): number =>
      numbers[Math.min(places[index % places.length]!, numbers.length - 1)]!;
    const threads = at(turn);
    const before = turn === 0 ? threads : at(turn - 1);
    const change = { threads, before, stepMs: 1, beforeMs: 1 };
    return {
      threads,
      change: threads === before ? undefined : change,
      next: () => choice(numbers, turn + 1),
    };
  };
  return {
    window: { warmUp: ONE_STEP, measured: ONE_STEP },
    begin: (numbers) => choice(numbers, 0),
  };
}
