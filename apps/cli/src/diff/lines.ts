// What `diff` found, in lines for people. Left / right, wherever two values stand beside each other.
import {
  type Parting,
  type RecordedParting,
  type RecordFault,
  type SettingDifference,
  type TensorDifference,
  valueWords,
} from '@lockstep/trainer';
import { endingWords } from '../ending-words.js';
import type { FilesComparedEvent, RunsComparedEvent } from '../reporter.js';
import type { Colors } from '../screen.js';
import { plain, tensorWords } from '../tensor-words.js';
import { formatCount, plural } from '../wording.js';

const LABEL_WIDTH = 10;
/** So many tensors, and settings, are told one by one. */
const SHOWN = 20;

type Row = readonly [label: string, text: string];

/** @returns whole lines, without ends */
export function diffLines(event: RunsComparedEvent | FilesComparedEvent, colors: Colors): string[] {
  const rows = event.kind === 'runs' ? runRows(event) : fileRows(event);
  return rows.map(([label, text]) => colors.dim(label.padEnd(LABEL_WIDTH)) + text);
}

function fileRows(event: FilesComparedEvent): Row[] {
  const { tensors, numbers, differences, metadata, isNetworkAlone } = event;
  const size = `${plural(tensors, 'tensor')}, ${plural(numbers, 'number')}`;
  return [
    ...(differences.length === 0
      ? [['same', size] as const]
      : [['differ', `${formatCount(differences.length)} of ${size}`] as const]),
    ...tensorRows(differences),
    ...labelled('metadata', metadata.map(settingWords)),
    ...(isNetworkAlone
      ? [['left out', "the checkpoint's optimizer vectors, which weights alone have not"] as const]
      : []),
  ];
}

function tensorRows(differences: readonly TensorDifference[]): Row[] {
  return shown(differences.map(tensorWords), 'tensor').map((text) => ['', text]);
}

function shown(texts: readonly string[], noun: string): string[] {
  const more = texts.length - SHOWN;
  return more > 0 ? [...texts.slice(0, SHOWN), `and ${plural(more, `more ${noun}`)}`] : [...texts];
}

function runRows(event: RunsComparedEvent): Row[] {
  const { settings, faults, computed, notComputed } = event;
  const texts = shown(settings.map(settingWords), 'setting');
  return [
    ...labelled('settings', settings.length === 0 ? ['the same'] : texts),
    ...endingRows(event),
    ...knownRows(event),
    ...labelled('left', shown(faults.left.flatMap(faultWords), 'line')),
    ...labelled('right', shown(faults.right.flatMap(faultWords), 'line')),
    ...(computed ? computedRows(computed) : []),
    ...(notComputed === null ? [] : [['note', `not computed: ${plain(notComputed)}`] as const]),
    ...verdictRows(event),
  ];
}

function settingWords({ name, left, right }: SettingDifference): string {
  return `${plain(name)} ${said(left)} / ${said(right)}`;
}

/** Where there is more to say than that both came to the same end. */
function endingRows({ endings: { left, right } }: RunsComparedEvent): Row[] {
  const words = [left, right].map(endingWords);
  if (left?.event === 'run-end' && words[0] === words[1]) return [];
  return labelled('ended', [`left ${words[0]}`, `right ${words[1]}`]);
}

function faultWords({ message, differences }: RecordFault): string[] {
  const [first, ...more] = differences;
  if (!first) return [plain(message)];
  const others = more.length > 0 ? `, and ${plural(more.length, 'more tensor')}` : '';
  return [plain(message), `first that differs: ${tensorWords(first)}${others}`];
}

function verdictRows(event: RunsComparedEvent): Row[] {
  const { isSame, settings, known, computed, endings, faults } = event;
  if (isSame) return [['same', sameWords(event)]];
  if (isSame === null) {
    const why =
      known.same === null ? 'nothing of the same steps can be compared' : 'not all can be compared';
    return [['unknown', `nothing is known that differs, but ${why}`]];
  }
  const isTold = settings.length > 0 || known.parting !== null || (computed?.step ?? null) !== null;
  if (isTold) return [];
  const ends = [endings.left, endings.right];
  // By its numbers a run fails wherever it is computed.
  const isOfEnds =
    ends.some((end) => end?.event === 'run-end') &&
    ends.some((end) => end?.event === 'error' && end.code !== 'non-finite');
  const hasFaults = [...faults.left, ...faults.right].some(({ kind }) => kind === 'contradiction');
  const why =
    isOfEnds && !hasFaults
      ? 'one came to its end, and the other failed'
      : 'what they recorded cannot all be right';
  return [['differ', why]];
}

/** Several lines under one label. */
function labelled(label: string, texts: readonly string[]): Row[] {
  return texts.map((text, i) => [i === 0 ? label : '', text]);
}

function said(value: string | number | boolean | null): string {
  return value === null ? 'none' : plain(String(value));
}

function knownRows({ known }: RunsComparedEvent): Row[] {
  const { same, parting, others, differences } = known;
  const texts = [
    ...(same === null ? [] : [`the same up to step ${formatCount(same)}`]),
    ...(parting ? [partingWords(parting)] : []),
    ...shown(differences.map(tensorWords), 'tensor'),
    ...shown(others.map(partingWords), 'record'),
    ...(same === null && !parting ? ['nothing of the same steps by both'] : []),
  ];
  return labelled('recorded', texts);
}

function partingWords({ step, left, right }: RecordedParting): string {
  const [ours, theirs] = [left, right].map(
    (record) => `${plain(valueWords(record))} ${plain(record.place)}`,
  );
  const what = plain(left.what.replace(/^metric /, ''));
  return `not at step ${formatCount(step)}: ${what} ${ours} / ${theirs}`;
}

function computedRows({ same, step, differences, astray, saved }: Parting): Row[] {
  if (step === null) {
    const at = `both come to the same at step ${formatCount(same!)}`;
    const who = astray.length === 0 ? '' : `, where ${sides(astray)} recorded something else`;
    const held = (['left', 'right'] as const).flatMap((side) =>
      shown(saved[side].map(tensorWords), 'tensor').map(
        (words) => `the checkpoint on the ${side} / computed: ${words}`,
      ),
    );
    return labelled('computed', [at + who, ...held]);
  }
  const [first, ...more] = differences;
  const found = [placeWords(step, same), tensorWords(first!)];
  if (more.length > 0) found.push(`and ${plural(more.length, 'more tensor')}`);
  if (astray.length > 0) {
    found.push(
      `step ${formatCount(step)} of ${sides(astray)} is not what the step before it gives`,
    );
  }
  return labelled('computed', found);
}

function placeWords(step: number, same: number | null): string {
  if (step === 0) return 'they begin with other states';
  const before =
    same === null
      ? 'no step before it is the same, as far as they can be computed'
      : `the same up to step ${formatCount(same)}`;
  return `they part at step ${formatCount(step)}; ${before}`;
}

function sides(astray: readonly string[]): string {
  return `the run on the ${astray.join(', and that on the ')}`;
}

/** How far they are known to be, and who has gone further. */
function sameWords({ known, computed }: RunsComparedEvent): string {
  const { left, right } = known.reached;
  const same = computed?.same ?? known.same;
  const far = same === null ? 'no step is known of both' : `up to step ${formatCount(same)}`;
  if (left === right || left === null || right === null) return far;
  const [side, step] = left > right ? ['left', left] : ['right', right];
  return `${far}; the run on the ${side} has come to step ${formatCount(step as number)}`;
}
