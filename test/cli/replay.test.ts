// `lockstep replay` and `lockstep diff`: steps computed again, runs and files beside each other, as a person would ask for them.
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
import { decodeSafetensors, encodeNpz, encodeSafetensors } from '@lockstep/formats';
import { train } from '@lockstep/trainer';
import { beforeAll, describe, expect, test } from 'vitest';
import { bringAstray, rewriteEvents } from '../astray.js';
import { dice } from '../dice.js';
import { writeTinyDataset } from './idx.js';
import { events, type JsonEvent, workplace } from './lockstep.js';

const { path, says, lockstep } = workplace();

/** 8 steps an epoch. */
const FLAGS = [
  ...['--offline', '--limit-train', '256', '--limit-test', '50', '--batch-size', '32'],
  ...['--hidden', '8', '--epochs', '3', '--threads', '1'],
];

async function trains(out: string, ...more: readonly string[]): Promise<void> {
  const { status, stderr } = await says(['train', ...FLAGS, '--out', out, ...more]);
  expect(status, stderr).toBe(0);
}

/** What a command tells with --json, which it ends with a status. */
async function told(status: number, ...args: readonly string[]): Promise<JsonEvent> {
  const finished = await says([...args, '--offline', '--threads', '1', '--json']);
  expect(finished.status, finished.stderr).toBe(status);
  const [event, ...others] = events(finished.stdout);
  expect(others).toEqual([]);
  return event!;
}

/** What it says of an input that it cannot take. */
async function refuses(...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await says(args);
  expect([status, stdout]).toEqual([2, '']);
  return stderr;
}

/** Another bit in its last number. */
function flip(file: string): void {
  const bytes = readFileSync(file);
  bytes[bytes.length - 3]! ^= 1;
  writeFileSync(file, bytes);
}

/** Another bit in the last character that is a letter or a digit. */
function flipText(file: string, text: string): void {
  const bytes = readFileSync(file);
  const at = bytes.indexOf(text) + text.search(/\w\W*$/);
  bytes[at]! ^= 1;
  writeFileSync(file, bytes);
}

beforeAll(async () => {
  await trains('run');
  await trains('again', '--checkpoint-every', '5');
  await trains('faster', '--learning-rate', '0.01');
  await trains('longer', '--epochs', '4');
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
    const failed = await says([
      ...['train', ...FLAGS, '--optimizer', 'sgd', '--learning-rate', '1e30', '--out', 'burst'],
      '--json',
    ]);
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

describe('diff of runs', () => {
  test('that are the same says so, and how far', async () => {
    const { status, stdout } = await says(['diff', 'run', 'again']);
    expect([status, stdout]).toEqual([
      0,
      'settings  the same\nrecorded  the same up to step 24\nsame      up to step 24\n',
    ]);
    expect(await told(0, 'diff', 'run', 'again', '--exact')).toMatchObject({
      ...{ isSame: true, settings: [], computed: { same: 24, step: null } },
    });
  });

  test('whose settings differ says which, and where they are known to part', async () => {
    const { status, stdout } = await says(['diff', 'run', 'faster']);
    expect(status).toBe(1);
    expect(stdout).toContain('settings  optimizer.learningRate 0.001 / 0.01\n');
    expect(stdout).toMatch(
      /not at step 8: weights \w{8}… at epoch 1's end \/ \w{8}… at epoch 1's end/,
    );
    expect(stdout).toContain('--exact finds the step at which they part');
    const exact = await told(1, 'diff', 'run', 'faster', '--exact');
    expect(exact).toMatchObject({ computed: { same: 0, step: 1, astray: [] }, notComputed: null });
  });

  test.each([
    ['inputDivisor', '255', 128],
    ['classNames', '[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]', [...'abcdefghij']],
  ])('whose data has another %s names that first', async (name, before, after) => {
    cpSync('run', name, { recursive: true });
    const record = JSON.parse(readFileSync(`${name}/run.json`, 'utf8'));
    record.dataset[name] = after;
    writeFileSync(`${name}/run.json`, JSON.stringify(record));
    const { status, stdout } = await says(['diff', 'run', name]);
    expect(status).toBe(1);
    expect(stdout.split('\n')[0]).toContain(`settings  dataset.${name} ${before} / `);
    expect(stdout).not.toMatch(/^unknown/m);
  });

  test('of which one goes on further is the same as far as both have come, with other settings', async () => {
    const event = await told(1, 'diff', 'run', 'longer');
    expect(event).toMatchObject({
      settings: [{ name: 'epochs', left: 3, right: 4 }],
      known: { same: 24, parting: null, reached: { left: 24, right: 32 } },
      ...{ isSame: false, computed: null },
    });
  });

  test('of which one went astray finds the step and the number', async () => {
    cpSync('run', 'wrong', { recursive: true });
    const { name } = await bringAstray(path('wrong'), 24, dice(4));
    const { status, stdout } = await says(['diff', 'run', 'wrong', '--offline', '--threads', '1']);
    expect(status).toBe(1);
    expect(stdout).toContain('computed  they part at step 24; the same up to step 23\n');
    expect(stdout).toContain(`${name} at [`);
    expect(stdout).toContain(
      'step 24 of the run on the right is not what the step before it gives',
    );
  });

  test.each<[string, (run: string) => unknown, number, RegExp]>([
    [
      'a checkpoint is cut',
      (run) => truncateSync(`${run}/checkpoints/step-000000024.safetensors`, 3000),
      1,
      /^right +checkpoints\/step-000000024\.safetensors cannot be used: .*truncated.*\nunknown /m,
    ],
    [
      'a bit of the weights is another',
      (run) => flip(`${run}/weights.safetensors`),
      1,
      /not at step 24: weights .*\nright +step 24: weights .* in weights\.safetensors\n +first that differs: .* at \[/,
    ],
    [
      'a loss is another',
      (run) =>
        rewriteEvents(path(run), (event) =>
          event.event === 'epoch-end' && event.step === 16 ? { ...event, testLoss: 7 } : event,
        ),
      1,
      /not at step 16: testLoss [\d.]+ at epoch 2's end \/ 7 at epoch 2's end/,
    ],
    [
      'an epoch is gone from its records',
      (run) => {
        const lines = readFileSync(`${run}/metrics.jsonl`, 'utf8').split('\n');
        writeFileSync(
          `${run}/metrics.jsonl`,
          lines.filter((line) => !line.includes('"epoch":2,')).join('\n'),
        );
      },
      0,
      /^right +metrics\.jsonl tells nothing of the end of epoch 2\nsame /m,
    ],
    [
      'weights and checkpoints are gone',
      (run) => {
        for (const name of ['weights.safetensors', 'checkpoints'])
          rmSync(`${run}/${name}`, { recursive: true });
      },
      0,
      /^right +checkpoints\/step-000000024\.safetensors is not there[^\n]*\n +weights\.safetensors is not there[^\n]*\nsame /m,
    ],
    ...[
      ['the key of the format', '"lockstep"'],
      ['the format', 'lockstep-model/1'],
      ['the key of the network', 'lockstep-graph'],
      ['the key of the training data', 'lockstep-trained-on'],
    ].map(([what, text]): [string, (run: string) => void, number, RegExp] => [
      `${what} in the header of weights is another`,
      (run) => flipText(`${run}/weights.safetensors`, text!),
      1,
      /^right +weights\.safetensors (cannot be used|does not say of which network)[\s\S]*\nunknown /m,
    ]),
    [
      'metrics are a folder',
      (run) => {
        rmSync(`${run}/metrics.jsonl`);
        mkdirSync(`${run}/metrics.jsonl`);
      },
      1,
      /^right +metrics\.jsonl cannot be used: it is no file\n[\s\S]*unknown /m,
    ],
    [
      'an epoch ended at another step',
      (run) =>
        rewriteEvents(path(run), (event) =>
          event.event === 'epoch-end' && event.step === 8
            ? { ...event, step: 7, weightsHash: 'ab'.repeat(32) }
            : event,
        ),
      1,
      /not at step 8: weights \w{8}… at epoch 1's end \/ abababab… at epoch 1's end[\s\S]*says that epoch 1 ended at step 7/,
    ],
    ...['epoch-end metrics', 'epoch-end testLoss', 'run-end weightsHash', 'checkpoint digest'].map(
      (gone): [string, (run: string) => unknown, number, RegExp] => {
        const [kind, field] = gone.split(' ');
        return [
          `${gone} is gone`,
          (run) =>
            rewriteEvents(path(run), (event) =>
              event.event === kind && (event.step as number) > 8
                ? { ...event, [field!]: undefined }
                : event,
            ),
          1,
          new RegExp(
            `^right +metrics\\.jsonl tells .* without its ${field} \\(line \\d+\\)[^]*\\nunknown `,
            'm',
          ),
        ];
      },
    ),
    [
      'all records are gone',
      (run) => {
        for (const name of ['metrics.jsonl', 'weights.safetensors', 'checkpoints'])
          rmSync(`${run}/${name}`, { recursive: true });
      },
      1,
      /^right +metrics\.jsonl is not there[\s\S]*unknown +nothing is known that differs/m,
    ],
  ])('of which %s says so', async (name, damage, status, words) => {
    const run = name.replaceAll(' ', '-');
    cpSync('run', run, { recursive: true });
    damage(run);
    const finished = await says(['diff', 'run', run, '--offline', '--threads', '1']);
    expect(finished.stdout).toMatch(words);
    expect([finished.status, finished.stderr]).toEqual([
      status,
      expect.not.stringMatching(/error|warning/),
    ]);
  });

  test('of which a checkpoint was made right again finds the number, and whose it is', async () => {
    cpSync('run', 'mended', { recursive: true });
    const before = readFileSync('run/metrics.jsonl');
    const { name } = await bringAstray(path('mended'), 16, dice(7));
    writeFileSync('mended/metrics.jsonl', before);
    const { status, stdout } = await says(['diff', 'run', 'mended', '--offline', '--threads', '1']);
    expect(status).toBe(1);
    expect(stdout).toContain(
      'computed  both come to the same at step 16, where the run on the right recorded something else\n',
    );
    expect(stdout).toContain(`the checkpoint on the right / computed: ${name} at [`);
    expect(stdout).toMatch(/^right +step 16: .*in its checkpoint \(checkpoints\/step-000000016/m);
  });

  test('of which one was stopped, or failed, says how they ended', async () => {
    const { stdout } = await says(['diff', 'run', 'burst', '--offline']);
    expect(stdout).toMatch(
      /^ended +left ended with its last epoch, at step 24.*\n +right failed at step 1: /m,
    );
  });

  test('whose data is gone says what is known without it, unless it is to be exact', async () => {
    cpSync('run', 'moved', { recursive: true });
    cpSync('run', 'moved-wrong', { recursive: true });
    await bringAstray(path('moved-wrong'), 24, dice(5));
    for (const run of ['moved', 'moved-wrong']) {
      const record = JSON.parse(readFileSync(`${run}/run.json`, 'utf8'));
      record.origin.dataDir = path('no-such-folder');
      writeFileSync(`${run}/run.json`, JSON.stringify(record));
    }
    const event = await told(1, 'diff', 'moved', 'moved-wrong');
    expect(event).toMatchObject({ known: { parting: { step: 24 } }, computed: null });
    expect(event.notComputed).toContain('no-such-folder');
    await refuses('diff', 'moved', 'moved-wrong', '--exact', '--offline');
  });

  test('needs two of them', async () => {
    mkdirSync('empty', { recursive: true });
    expect(await refuses('diff', 'run')).toContain("missing required argument 'right'");
    expect(await refuses('diff', 'run', 'nowhere')).toContain('there is no file or folder nowhere');
    expect(await refuses('diff', 'empty', 'run')).toContain('holds no run (no run.json)');
    expect(await refuses('diff', 'run', 'run/weights.safetensors', '--exact')).toContain(
      'give two folders of runs',
    );
  });
});

describe('diff of files', () => {
  test('compares names, shapes, types and numbers', async () => {
    const floats = (...data: number[]) =>
      ({ dtype: 'F32', shape: [data.length], data: Float32Array.from(data) }) as const;
    const write = (file: string, tensors: Record<string, ReturnType<typeof floats>>): void =>
      writeFileSync(file, Buffer.concat(encodeSafetensors(new Map(Object.entries(tensors)), {})));
    write('left.safetensors', { a: floats(1, 2), b: floats(1), 'c\u001b[2J': floats(1) });
    write('right.safetensors', { a: floats(1, 2 + 2 ** -21), b: floats(1, 2) });
    const { status, stdout } = await says(['diff', 'left.safetensors', 'right.safetensors']);
    expect([status, stdout]).toEqual([
      1,
      [
        'differ    3 of 3 tensors, 5 numbers',
        '          a at [1]: 2 / 2.00000048 (1 of 2 numbers differs, by 2 ulps)',
        '          b: [1] / [2]',
        '          c [2J: F32 [1] / none',
        '',
      ].join('\n'),
    ]);
    const npz = encodeNpz(new Map([['a', floats(1, 2)]]));
    writeFileSync('left.npz', npz);
    write('one.safetensors', { a: floats(1, 2) });
    expect(await told(0, 'diff', 'left.npz', 'one.safetensors')).toMatchObject({ isSame: true });
  });

  test('compares what models say besides, and files of others, but not one with the other', async () => {
    const model = 'run/weights.safetensors';
    for (const [text, words] of [
      ['lockstep-model/1', /lockstep lockstep-model\/1 \/ lockstep-mode\S\/1/],
      ['"relu"', /lockstep-graph …\S+relu\S*… \/ …\S+rel\w\S*…/],
    ] as const) {
      cpSync(model, 'altered.safetensors');
      flipText('altered.safetensors', text.replaceAll('"', '\\"').slice(0, -1));
      const { status, stdout } = await says(['diff', model, 'altered.safetensors']);
      expect(status).toBe(1);
      expect(stdout).toMatch(/^same +4 tensors, /);
      expect(stdout).toMatch(words);
    }
    const { tensors } = decodeSafetensors(readFileSync(model));
    const write = (file: string, metadata: Record<string, string>): void =>
      writeFileSync(file, Buffer.concat(encodeSafetensors(tensors, metadata)));
    write('theirs.safetensors', { format: 'pt' });
    write('other.safetensors', { format: 'np' });
    const event = await told(1, 'diff', 'theirs.safetensors', 'other.safetensors');
    expect(event).toMatchObject({
      ...{ isSame: false, differences: [] },
      metadata: [{ name: 'format', left: 'pt', right: 'np' }],
    });
    expect(await told(0, 'diff', model, 'theirs.safetensors')).toMatchObject({ metadata: [] });
  });

  test('leaves out the optimizer where one side has none; a run stands for its weights', async () => {
    const checkpoint = 'run/checkpoints/step-000000024.safetensors';
    for (const other of ['run/weights.safetensors', 'run']) {
      expect(await told(0, 'diff', checkpoint, other)).toMatchObject({
        ...{ isSame: true, isNetworkAlone: true },
      });
    }
    const older = 'run/checkpoints/step-000000016.safetensors';
    const event = await told(1, 'diff', older, checkpoint);
    expect(event).toMatchObject({ isSame: false, isNetworkAlone: false });
  });

  test('refuses a file that is damaged, which is an input', async () => {
    cpSync('run/weights.safetensors', 'cut.safetensors');
    truncateSync('cut.safetensors', 3000);
    expect(await refuses('diff', 'run/weights.safetensors', 'cut.safetensors')).toMatch(
      /cut\.safetensors.*truncated/,
    );
  });

  test('refuses what holds no tensors', async () => {
    expect(await refuses('diff', 'run/run.json', 'run/weights.safetensors')).toContain('run.json');
    renameSync('run/weights.safetensors', 'weights');
    cpSync('weights', 'run/weights.safetensors');
    expect((await told(0, 'diff', 'weights', 'run/weights.safetensors')).isSame).toBe(true);
  });
});
