// What a replay came to, in lines for people: what was the same, what was not, and where.
import type { Comparison } from '@lockstep/trainer';
import { shortPath } from '../command-line.js';
import { endingWords } from '../ending-words.js';
import type { ReplayEvent } from '../reporter.js';
import type { Colors } from '../screen.js';
import { plain, shortHash, tensorWords } from '../tensor-words.js';
import { formatCount, plural } from '../wording.js';

const LABEL_WIDTH = 10;
/** So many of a kind are told one by one. */
const SHOWN = 6;

/** @returns whole lines, without ends */
export function replayLines(event: ReplayEvent, cwd: string, colors: Colors): string[] {
  const { compared, out, weightsHash, digest, ending } = event;
  const label = (text: string): string => colors.dim(text.padEnd(LABEL_WIDTH));
  const same = compared.filter(({ isSame }) => isSame);
  const others = compared.filter(({ isSame }) => !isSame);
  return [
    `${label('replayed')}${originOf(event, cwd)}`,
    ...sameLines(same).map((line) => `${label('same')}${line}`),
    ...others.slice(0, SHOWN).flatMap((one) => {
      const [first, ...more] = differsLines(one);
      return [`${colors.red('differs'.padEnd(LABEL_WIDTH))}${first}`, ...more.map(indented)];
    }),
    ...(others.length > SHOWN
      ? [indented(`and ${others.length - SHOWN} more records differ`)]
      : []),
    ...unrecorded(event).map(indented),
    ...(ending?.event === 'run-end' ? [] : [`${label('the run')}${endingWords(ending)}`]),
    `${label('weights')}sha256 ${weightsHash}`,
    `${label('state')}sha256 ${digest}`,
    ...(out === null ? [] : [`${label('file')}${shortPath(out, cwd)}`]),
  ];
}

function indented(line: string): string {
  return ' '.repeat(LABEL_WIDTH) + line;
}

function originOf({ step, from, checkpoint }: ReplayEvent, cwd: string): string {
  const steps = plural(step - from, 'step');
  const begin =
    checkpoint === null ? "from the run's beginning" : `from ${plain(shortPath(checkpoint, cwd))}`;
  return `step ${formatCount(step)} ${begin}, ${steps}`;
}

/** A step on the way may be compared, and the one that was asked for not. */
function unrecorded({ compared, step }: ReplayEvent): string[] {
  if (compared.length === 0) {
    return ['nothing was recorded of these steps that they could be compared with'];
  }
  const isCompared = compared.some((one) => one.step === step);
  return isCompared ? [] : [`of step ${formatCount(step)} itself nothing was recorded`];
}

/** Of many the last one, and where the others are. */
function sameLines(same: readonly Comparison[]): string[] {
  const lines = same.map(
    ({ step, what, computed, place }) =>
      `step ${formatCount(step)}: ${what} ${shortHash(computed)} as recorded ${plain(place)}`,
  );
  if (lines.length <= SHOWN) return lines;
  const [first, last] = [same[0]!.step, same.at(-1)!.step];
  const others = `and ${formatCount(same.length - 1)} more records, of steps ${formatCount(first)} to ${formatCount(last)}`;
  return [lines.at(-1)!, others];
}

function differsLines({
  step,
  what,
  place,
  recorded,
  computed,
  fault,
  differences,
}: Comparison): string[] {
  const [first, ...others] = differences;
  const was =
    recorded === null
      ? `the ${what} ${plain(place)} cannot be used`
      : `${what} ${shortHash(recorded)} was recorded ${plain(place)}`;
  return [
    `step ${formatCount(step)}: ${was}, computed ${shortHash(computed)}`,
    ...(fault === null ? [] : [plain(fault)]),
    ...(first ? [`first tensor that differs, recorded / computed: ${tensorWords(first)}`] : []),
    ...(others.length > 0 ? [`and ${plural(others.length, 'more tensor')}`] : []),
  ];
}
