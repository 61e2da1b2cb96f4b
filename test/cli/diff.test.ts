// `lockstep diff`: runs and files beside each other, as a person would ask for them.
import {
  cpSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { decodeSafetensors, encodeNpz, encodeSafetensors } from '@lockstep/formats';
import { describe, expect, test } from 'vitest';
import { bringAstray, rewriteEvents } from '../astray.js';
import { dice } from '../dice.js';
import { littleRuns } from './little-runs.js';

const { path, says, bursts, told, refuses } = littleRuns({
  again: ['--checkpoint-every', '5'],
  faster: ['--learning-rate', '0.01'],
  longer: ['--epochs', '4'],
});

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
    ['classNames', 'none', [...'abcdefghij']],
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
    await bursts('burst');
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
