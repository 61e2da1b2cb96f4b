// `lockstep replay`: steps computed again, as a person would ask for them.
import {
  cpSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { crossEntropy, linear, sequential, sgd } from '@lockstep/core';
import { fromArrays } from '@lockstep/data';
import { train } from '@lockstep/trainer';
import { describe, expect, test } from 'vitest';
import { bringAstray } from '../astray.js';
import { dice } from '../dice.js';
import { writeTinyDataset } from './idx.js';
import { littleRuns } from './little-runs.js';
import { events } from './lockstep.js';

const { path, says, lockstep, trains, bursts, told, refuses } = littleRuns({
  again: ['--checkpoint-every', '5'],
  faster: ['--learning-rate', '0.01'],
});

describe('replay', () => {
  test('says with what a step was compared, and that it is the same', async () => {
    const { status, stdout, stderr } = await lockstep('replay', 'run', '--step', '24', '--offline');
    expect(status, stderr).toBe(0);
    const hash = /weights +sha256 (\w{64})/.exec(stdout)![1]!;
    expect(stdout).toContain(
      'replayed  step 24 from run/checkpoints/step-000000016.safetensors, 8 steps',
    );
    expect(stdout).toContain(
      `same      step 24: weights ${hash.slice(0, 8)}… as recorded at epoch 3's end`,
    );
    expect(stdout).toContain('as recorded in its checkpoint');
  });

  test('compares every step from one on, and writes the state', async () => {
    const args = ['replay', 'run', '--step', '16', '--from', '0', '--out', 'at-16.safetensors'];
    const event = await told(0, ...args);
    expect(event).toMatchObject({ event: 'replayed', run: path('run'), step: 16, from: 0 });
    expect(event).toMatchObject({ isSame: true, checkpoint: null, refused: [] });
    expect((event.compared as { step: number }[]).map(({ step }) => step)).toEqual([
      ...[8, 8, 16, 16, 16],
    ]);
    expect(event.out).toBe(path('at-16.safetensors'));
    const same = await told(
      ...([0, 'diff', 'at-16.safetensors', 'run/checkpoints/step-000000016.safetensors'] as const),
    );
    expect(same).toMatchObject({ kind: 'files', isSame: true, differences: [] });
    expect(await refuses(...args)).toContain('is there already; name another file');
  });

  test('of a step of which nothing was recorded says so', async () => {
    const { status, stdout } = await says(['replay', 'run', '--step', '11', '--offline']);
    expect(status).toBe(0);
    expect(stdout).toContain("step 11 from the run's beginning, 11 steps");
    expect(stdout).toContain('of step 11 itself nothing was recorded');
    const before = await says(['replay', 'run', '--step', '5', '--offline']);
    expect(before.status).toBe(0);
    expect(before.stdout).toContain('nothing was recorded of these steps');
    expect(await told(0, 'replay', 'run', '--step', '5')).toMatchObject({
      ...{ isSame: null, compared: [] },
    });
  });

  test('ends with 1 where a step differs, and says the number', async () => {
    cpSync('run', 'astray', { recursive: true });
    const { name, before, after } = await bringAstray(path('astray'), 24, dice(3));
    const { status, stdout, stderr } = await says([
      ...['replay', 'astray', '--step', '24', '--offline', '--threads', '1'],
    ]);
    expect(status).toBe(1);
    expect(stderr).not.toContain('error');
    expect(stdout).toMatch(
      /differs +step 24: weights \w{8}… was recorded at epoch 3's end, computed/,
    );
    const short = (value: number): string => String(Number(value.toPrecision(9)));
    expect(stdout).toContain(`first tensor that differs, recorded / computed: ${name} at [`);
    expect(stdout).toContain(`]: ${short(after)} / ${short(before)} (1 of `);
  });

  test('finds weights that the run began with, some of them, and says if they are others', async () => {
    await trains('learnt-on', '--init', 'run', '--init-only', 'layers.0.*');
    const args = ['replay', 'learnt-on', '--step', '8'];
    rmSync('learnt-on/checkpoints/step-000000016.safetensors', { force: true });
    expect(await told(0, ...args)).toMatchObject({ from: 0, isSame: true });
    cpSync('run', 'kept', { recursive: true });
    try {
      cpSync('faster/weights.safetensors', 'run/weights.safetensors');
      expect(await refuses(...args, '--offline')).toContain('did not begin with these weights');
    } finally {
      cpSync('kept/weights.safetensors', 'run/weights.safetensors');
    }
  });

  test('finds tables and folders again, also where they have been moved', async () => {
    const rows = Array.from(
      { length: 40 },
      (_, i) => `${i % 7},${i % 5},${i % 2 ? 'odd' : 'even'}`,
    );
    writeFileSync('table.csv', ['a,b,parity', ...rows, ''].join('\n'));
    const { status, stderr } = await says([
      ...[
        'train',
        '--csv',
        'table.csv',
        '--target',
        'parity',
        '--epochs',
        '2',
        '--batch-size',
        '8',
      ],
      ...['--out', 'table', '--validation', '0.2', '--threads', '1'],
    ]);
    expect(status, stderr).toBe(0);
    expect(await told(0, 'replay', 'table', '--step', '2', '--from', '0')).toMatchObject({
      ...{ event: 'replayed', step: 2 },
    });
    // Called otherwise, it is what the run calls it, and no flag of these is to call it anything.
    cpSync('table.csv', 'renamed.csv');
    for (const command of [
      ['replay', 'table', '--step', '2'],
      ['diff', 'table', 'table', '--exact'],
      ['train', '--resume', 'table'],
      ['report', 'table', '--force'],
      ['evaluate', 'table', '--data-dir', '.'],
    ]) {
      const where = command[0] === 'evaluate' ? [] : ['--csv', 'renamed.csv'];
      const { status, stderr } = await says([...command, ...where]);
      expect(status, stderr).toBe(0);
      expect(stderr).toMatch(/^data: table from /m);
      expect(stderr).not.toContain('--dataset');
    }
    rmSync('renamed.csv');
    mkdirSync('elsewhere', { recursive: true });
    renameSync('table.csv', 'elsewhere/table.csv');
    const lost = await refuses('replay', 'table', '--step', '2');
    expect(lost).toContain(`--csv ${path('table.csv')}, which is not there. Say where it lies now`);
    for (const place of [
      ['--csv', 'elsewhere/table.csv'],
      ['--data-dir', 'elsewhere'],
    ]) {
      expect(await told(0, 'replay', 'table', '--step', '2', ...place)).toMatchObject({ step: 2 });
      expect((await says(['train', '--resume', 'table', ...place, '--threads', '1'])).status).toBe(
        0,
      );
    }
    expect(
      await told(0, 'diff', 'table', 'table', '--exact', '--csv', 'elsewhere/table.csv'),
    ).toMatchObject({ isSame: true });
    const evaluated = await told(0, 'evaluate', 'table', '--data-dir', 'elsewhere');
    expect(evaluated.samples).toBe(8);
    expect(await refuses('replay', 'table', '--step', '2', '--text', 'x')).toContain(
      `--text does not say where its data lies now, which was --csv ${path('table.csv')}`,
    );
    expect(await refuses('replay', 'table', '--step', '2', '--csv', 'nowhere.csv')).toContain(
      `and there is no ${path('nowhere.csv')} either`,
    );
    writeFileSync('elsewhere/table.csv', ['a,b,parity', ...rows.reverse(), ''].join('\n'));
    for (const args of [
      ['replay', 'table', '--step', '2', '--csv', 'elsewhere/table.csv'],
      ['train', '--resume', 'table', '--csv', 'elsewhere/table.csv'],
      ['evaluate', 'table', '--data-dir', 'elsewhere'],
    ]) {
      const other = await refuses(...args);
      expect(other).toContain('began with other data');
      expect(other).toContain(`It was read from --csv ${path('elsewhere', 'table.csv')}`);
    }
  });

  test.each<[string, string, readonly string[]]>([
    ['text', 'words.txt', ['--model', 'lstm', '--width', '4', '--context', '8']],
    ['dataDir', 'idx', []],
  ])('finds its %s again where it has been moved', async (flag, name, more) => {
    const option = flag === 'text' ? '--text' : '--data-dir';
    if (flag === 'text') writeFileSync(name, 'what is read here is read there. '.repeat(30));
    else writeTinyDataset(name, { train: 40, test: 10 });
    const out = `of-${name}`;
    const { status, stderr } = await says([
      ...['train', option, name, ...more, '--epochs', '1', '--threads', '1', '--out', out],
    ]);
    expect(status, stderr).toBe(0);
    renameSync(name, `moved-${name}`);
    const replay = ['replay', out, '--step', '1'];
    expect(await refuses(...replay)).toContain(`${option} ${path(name)}, which is not there`);
    expect(await told(0, ...replay, option, `moved-${name}`)).toMatchObject({ step: 1 });
  });

  test.each<[readonly string[], string]>([
    [['run'], "required option '--step <n>'"],
    [['run', '--step', '0'], '--step'],
    [['run', '--step', 'x'], '--step'],
    [['run', '--step', '25'], '--step 25: the run in run has 24 steps'],
    [['run', '--step', '8', '--from', '8'], '--from 8: expected a step before --step 8'],
    [['nowhere', '--step', '8'], 'holds no run (no run.json)'],
    [['run', '--step', '8', '--out', 'run/x.safetensors'], "it is in the run's folder"],
    [['run', '--step', '8', '--out', 'no/x.safetensors'], 'there is no folder'],
    [['run', '--step', '8', '--data-dir', 'no'], 'no'],
    [['run/run.json', '--step', '8'], 'holds no run'],
  ])('%j is refused', async (args, words) => {
    expect(await refuses('replay', ...args, '--offline')).toContain(words);
  });

  test('a damaged journal says nothing, and that is said', async () => {
    cpSync('run', 'journalled', { recursive: true });
    writeFileSync('journalled/journal', '00000000 {"type":"run"}\n');
    const { status, stderr, stdout } = await says([
      ...['replay', 'journalled', '--step', '24', '--offline', '--threads', '1'],
    ]);
    expect([status, stdout]).toEqual([0, expect.stringContaining("at epoch 3's end")]);
    expect(stderr).toMatch(/warning: journal: line 1 of .* what it says of steps is not compared/);
  });

  test('of a damaged checkpoint differs where the step is its own, and begins before it otherwise', async () => {
    cpSync('run', 'cut', { recursive: true });
    truncateSync('cut/checkpoints/step-000000016.safetensors', 3000);
    const later = await says(['replay', 'cut', '--step', '24', '--offline', '--threads', '1']);
    expect([later.status, later.stdout]).toEqual([
      0,
      expect.stringContaining("the run's beginning"),
    ]);
    expect(later.stderr).toMatch(/warning: passed over: checkpoint .*000016.*truncated/);
    const own = await says(['replay', 'cut', '--step', '16', '--offline', '--threads', '1']);
    expect(own.status).toBe(1);
    expect(own.stdout).toMatch(/differs +step 16: the state in its checkpoint cannot be used/);
    expect(own.stdout).toMatch(/truncated/);
    expect(own.stderr).not.toContain('passed over');
  });

  test('of a run that failed by its numbers fails there, and says what was recorded', async () => {
    const failed = await bursts('burst');
    expect(failed.status).toBe(1);
    const [error] = events(failed.stdout).slice(-1);
    const lines = events(readFileSync('burst/metrics.jsonl', 'utf8'));
    expect(lines.at(-1)).toEqual(error);
    expect(error).toMatchObject({ event: 'error', code: 'non-finite', step: 1 });
    const again = await says(['replay', 'burst', '--step', '24', '--offline', '--threads', '1']);
    expect(again.status).toBe(1);
    expect(again.stderr).toContain(
      'Of the run itself is recorded: failed at step 1: train: step 1',
    );
    const before = await says(['replay', 'burst', '--step', '1', '--offline', '--threads', '1']);
    expect([before.status, before.stdout]).toEqual([
      0,
      expect.stringMatching(/the run +failed at step 1: train: step 1/),
    ]);
  });

  test('a run that another program began is for that program', async () => {
    const data = fromArrays({ inputs: [[0], [1]], labels: [0, 1] });
    await train({
      ...{ model: sequential(linear(1, 2)), data, loss: crossEntropy(), optimizer: sgd() },
      out: path('program'),
    }).result();
    expect(await refuses('replay', 'program', '--step', '1')).toContain(
      'compute it again in the program that began it, with openReplay',
    );
  });
});
