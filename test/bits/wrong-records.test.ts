// A step that is computed again, from whatever a run's folder still has, is the step that was recorded; and where two runs part
// is found, to the number.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { prepareResume, type RecordFault, readEvidence, readRun, train } from '@lockstep/trainer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bringAstray, rewriteEvents } from '../astray.js';
import { dice } from '../dice.js';
import { commonRun, data, options, replayed, STEPS } from './replayed.js';
import { follow } from './runs.js';
import { temporaryFolder } from './temporary-folder.js';

const common = commonRun();

/** What of a run's folder is wrong, by kind and file. */
async function faultsOf(out: string): Promise<[string, string, number | null][]> {
  const { faults } = await readEvidence(out, await readRun(out));
  return faults.map(({ kind, file, step }: RecordFault) => [kind, file, step]);
}

const MAKE_PIPE = 'mkfifo';

type Rewritten = Readonly<Record<string, unknown>>;

/** Of the run's last step, if it is of a step at all. */
function isLast({ event, step }: Rewritten, kind: string): boolean {
  return event === kind && (step === STEPS || kind === 'run-start');
}

function isEnd({ event, epoch }: Rewritten, ofEpoch: number): boolean {
  return event === 'epoch-end' && epoch === ofEpoch;
}

/** @param at from the end, where it is negative */
function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at < 0 ? bytes.length + at : at]! ^= 1;
  writeFileSync(path, bytes);
}

describe('what is wrong with the records of a run', () => {
  let out: string;
  beforeEach(async () => {
    out = await mkdtemp(join(tmpdir(), 'lockstep-faults-'));
    await cp(common(), out, { recursive: true });
  });
  afterEach(() => rm(out, { recursive: true }));
  const checkpoint = (step: number): string =>
    join(out, 'checkpoints', `step-${String(step).padStart(9, '0')}.safetensors`);
  const name = (step: number): string => `checkpoints/${basename(checkpoint(step))}`;

  it('is nothing where nothing is', async () => {
    expect(await faultsOf(out)).toEqual([]);
    const interrupted = await temporaryFolder();
    const controller = new AbortController();
    const { signal } = controller;
    const run = train({ ...options, epochs: 99, out: interrupted, signal, threads: 2 });
    await follow(run, ({ event }) => {
      if (event === 'epoch-end') controller.abort();
    });
    expect(await faultsOf(interrupted)).toEqual([]);
  });

  it.each<[string, (path: string) => void, RegExp]>([
    ['is empty', (path) => truncateSync(path), /damaged or no checkpoint/],
    ['is cut', (path) => truncateSync(path, 9000), /truncated|damaged/],
    ['has another bit in its header', (path) => flip(path, 40), /./],
    ['has another bit in its hash', (path) => flip(path, 80), /altered since it was saved/],
    ['has another bit at its end', (path) => flip(path, -3), /altered since it was saved/],
  ])('a checkpoint that %s is damaged', async (_, damage, words) => {
    damage(checkpoint(21));
    const { faults } = await readEvidence(out, await readRun(out));
    expect(faults).toMatchObject([{ kind: 'damaged', file: name(21), step: 21 }]);
    expect(faults[0]!.message).toMatch(words);
    const { compared } = await replayed(out, { step: 21 });
    expect(compared.filter(({ isSame }) => !isSame)).toMatchObject([
      { step: 21, place: 'in its checkpoint', recorded: null, fault: expect.stringMatching(words) },
    ]);
  });

  it('two checkpoints that changed their names are', async () => {
    renameSync(checkpoint(21), `${checkpoint(21)}.x`);
    renameSync(checkpoint(14), checkpoint(21));
    renameSync(`${checkpoint(21)}.x`, checkpoint(14));
    expect(await faultsOf(out)).toEqual([
      ['damaged', name(21), 21],
      ['damaged', name(14), 14],
    ]);
  });

  it('a checkpoint whose hash was made right again contradicts what was recorded of its step', async () => {
    const before = readFileSync(join(out, 'metrics.jsonl'));
    await bringAstray(out, 21, dice(6));
    writeFileSync(join(out, 'metrics.jsonl'), before);
    const faults = await faultsOf(out);
    const of21 = ['contradiction', name(21), 21];
    expect(faults).toEqual([of21, of21]);
    const { compared } = await replayed(out, { step: 21 });
    expect(compared.filter(({ isSame }) => !isSame)).toMatchObject([
      { place: 'in its checkpoint', differences: [{ what: 'values', count: 1 }] },
    ]);
    expect((await prepareResume({ out, data })).refused).toMatchObject([{ path: checkpoint(21) }]);
  });

  it('weights of the end that are others contradict it, and the tensor is told', async () => {
    const path = join(out, 'weights.safetensors');
    flip(path, -3);
    const { faults } = await readEvidence(out, await readRun(out));
    expect(faults).toMatchObject([{ kind: 'contradiction', step: 21 }]);
    expect(faults[0]!.message).toContain('in weights.safetensors');
    expect(faults[0]!.differences).toMatchObject([{ what: 'values', count: 1 }]);
    const { compared } = await replayed(out, { step: 21 });
    expect(compared.filter(({ isSame }) => !isSame)).toMatchObject([
      { place: 'in weights.safetensors', differences: [{ count: 1 }] },
    ]);
  });

  it('lines that are lost, files that are gone and numbers that are others are told', async () => {
    const metrics = join(out, 'metrics.jsonl');
    const text = readFileSync(metrics, 'utf8');
    const without = (part: string): string =>
      text
        .split('\n')
        .filter((line) => !line.includes(part))
        .join('\n');
    writeFileSync(metrics, without('"epoch":2,'));
    expect(await faultsOf(out)).toEqual([['missing', 'metrics.jsonl', null]]);
    writeFileSync(metrics, text.replace('"epoch-end"', '"epoch-en'));
    expect(await faultsOf(out)).toContainEqual(['damaged', 'metrics.jsonl', null]);
    writeFileSync(metrics, text);
    rewriteEvents(out, (event) => (event.event === 'run-end' ? { ...event, testLoss: 9 } : event));
    expect(await faultsOf(out)).toEqual([['contradiction', 'metrics.jsonl', 21]]);
    rmSync(metrics);
    rmSync(checkpoint(21));
    expect(await faultsOf(out)).toEqual([
      ['missing', 'metrics.jsonl', null],
      ['damaged', 'weights.safetensors', null],
    ]);
  });

  type Case = [string, (event: Rewritten) => object, [string, RegExp][]];
  it.each<Case>([
    [
      'an epoch that ended at another step',
      (event) => (isEnd(event, 2) ? { ...event, step: 13, weightsHash: 'ab'.repeat(32) } : event),
      [
        ['contradiction', /says that epoch 2 ended at step 13, and its last is step 14/],
        ['contradiction', /step 14: weights .*at epoch 2's end/],
      ],
    ],
    [
      'an epoch more than the run has',
      (event) => (isEnd(event, 3) ? { ...event, epoch: 4, step: 28 } : event),
      [
        ['contradiction', /tells of the end of epoch 4, and the run has 3 epochs/],
        ['missing', /tells nothing of the end of epoch 3/],
      ],
    ],
    [
      'a checkpoint after the last step',
      (event) => (event.event === 'checkpoint' ? { ...event, step: 22 } : event),
      [['contradiction', /tells of a checkpoint at step 22, and the run has 21 steps/]],
    ],
    [
      'an epoch without its hash and its loss',
      (event) =>
        isEnd(event, 2) ? { ...event, weightsHash: undefined, trainLoss: undefined } : event,
      [['damaged', /tells the end of epoch 2 without its weightsHash and trainLoss \(line \d+\)/]],
    ],
    [
      'an epoch without a metric that the others have',
      (event) => {
        const { metrics } = event as { readonly metrics?: object };
        return metrics && !isEnd(event, 2) ? { ...event, metrics: { ...metrics, f1: 1 } } : event;
      },
      [['missing', /epoch 2 without its metrics\.f1, which others have \(line \d+\)/]],
    ],
    ...(
      [
        ['metrics', [1], /epoch 2 with metrics \[1\], expected metrics by name/],
        ['metrics', undefined, /epoch 2 without its metrics/],
        ['metrics', {}, /epoch 2 without its metrics.loss/],
        ['metrics', { loss: 'low' }, /epoch 2 with metrics \{"loss":"low"\}, expected/],
        ['testLoss', undefined, /epoch 2 without its testLoss/],
        ['testLoss', null, /epoch 2 with testLoss null, expected a number, as it stands/],
        ['samples', undefined, /epoch 2 without its samples/],
        ['seconds', '1', /epoch 2 with seconds "1", expected a number/],
      ] as const
    ).map(
      ([field, value, words]): Case => [
        `an epoch whose ${field} is ${JSON.stringify(value) ?? 'gone'}`,
        (event) => (isEnd(event, 2) ? { ...event, [field]: value } : event),
        [['damaged', words]],
      ],
    ),
    ...(
      [
        ['run-start', 'seed', /the run's begin without its seed/],
        ['run-end', 'weightsHash', /the run's end without its weightsHash/],
        ['run-end', 'stopped', /the run's end without its stopped/],
        ['run-end', 'bestEpoch', /the run's end without its bestEpoch/],
        ['checkpoint', 'digest', /the checkpoint of step 21 without its digest/],
        ['checkpoint', 'path', /the checkpoint of step 21 without its path/],
      ] as const
    ).flatMap(([kind, field, words]): Case[] => [
      [
        `a ${kind} whose ${field} is gone`,
        (event) => (isLast(event, kind) ? { ...event, [field]: undefined } : event),
        [['damaged', words]],
      ],
      [
        `a ${kind} whose ${field} is a list`,
        (event) => (isLast(event, kind) ? { ...event, [field]: [5] } : event),
        [['damaged', new RegExp(`with ${field} \\[5\\], expected `)]],
      ],
    ]),
  ])('lines of %s are told', async (_, rewrite, expected) => {
    rewriteEvents(out, rewrite);
    const { faults } = await readEvidence(out, await readRun(out));
    expect(faults.map(({ kind, message }) => [kind, message])).toEqual(
      expected.map(([kind, words]) => [kind, expect.stringMatching(words)]),
    );
  });

  it.each([
    ['epoch-end', 'weightsHash', { what: 'weights', place: "at epoch 3's end" }],
    ['run-end', 'weightsHash', { what: 'weights', place: "at the run's end" }],
    ['checkpoint', 'digest', { what: 'state', place: 'with its checkpoint' }],
  ])(
    'of a step that was asked for, the hash of its %s is not passed over: %s',
    async (kind, field, told) => {
      rewriteEvents(out, (event) => (isLast(event, kind) ? { ...event, [field]: 5 } : event));
      const fault = expect.stringMatching(
        `^metrics.jsonl tells .* with ${field} 5, expected a text`,
      );
      const { compared } = await replayed(out, { step: STEPS });
      expect(compared.filter(({ isSame }) => !isSame)).toMatchObject([
        { ...told, step: STEPS, recorded: null, fault },
      ]);
      const before = await replayed(out, { step: 14 });
      expect(before.compared.every(({ isSame }) => isSame)).toBe(true);
    },
  );

  it('epochs that a later checkpoint shows to have ended are missing', async () => {
    const metrics = join(out, 'metrics.jsonl');
    const text = readFileSync(metrics, 'utf8');
    writeFileSync(metrics, '');
    rmSync(join(out, 'weights.safetensors'));
    const { faults } = await readEvidence(out, await readRun(out));
    expect(faults.map(({ message }) => message)).toEqual([
      'metrics.jsonl tells nothing of the end of epochs 1, 2, 3',
    ]);
    const lines = text.split('\n');
    const third = lines.findIndex((line) => line.includes('"epoch":3,'));
    writeFileSync(metrics, `${lines.slice(0, third).join('\n')}\n`);
    const cut = await readEvidence(out, await readRun(out));
    expect(cut.faults.map(({ message }) => message)).toEqual([
      'metrics.jsonl tells nothing of the end of epoch 3',
    ]);
  });

  it.skipIf(process.platform === 'win32')(
    'what is no file is damaged, and nobody waits for it',
    async () => {
      for (const path of [checkpoint(21), join(out, 'weights.safetensors')]) {
        rmSync(path);
        execFileSync(MAKE_PIPE, [path]);
      }
      expect(await faultsOf(out)).toEqual([
        ['damaged', name(21), 21],
        ['damaged', 'weights.safetensors', null],
      ]);
      const metrics = join(out, 'metrics.jsonl');
      rmSync(metrics);
      mkdirSync(metrics);
      expect(await faultsOf(out)).toContainEqual(['damaged', 'metrics.jsonl', null]);
    },
  );

  it('a record that says otherwise than the run began is told by what it says', async () => {
    const path = join(out, 'run.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace(/"seed": 5/, '"seed": 6'));
    const { faults } = await readEvidence(out, await readRun(out));
    expect(faults.map(({ kind }) => kind)).toEqual(['contradiction', 'damaged', 'damaged']);
    expect(faults[0]!.message).toContain('began with seed 5, run.json has 6');
    expect(faults[1]!.message).toContain('seed 5 / 6');
  });
});
