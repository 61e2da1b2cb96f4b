// `--csv`: tables at the command line, from training to another table that is evaluated as the run prepared it.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { events, lastEvent, workplace } from './lockstep.js';

const { lockstep, path, says } = workplace();
const DATA = fileURLToPath(new URL('../../examples/data/', import.meta.url));
const HOUSES = ['--csv', `${DATA}houses.csv`, '--target', 'price', '--missing', 'mean'];
const SHORT = ['--epochs', '2', '--batch-size', '32', '--hidden', '8', '--json'];

test('a table of numbers: the same bits from threads, a coordinator and a run that goes on, told in the column’s unit', async () => {
  const { stdout, stderr, status } = await lockstep('train', ...HOUSES, ...SHORT, '--out', 'a');
  expect(status, stderr).toBe(0);
  for (const line of [
    'note: regression of price; the column holds numbers; --task says it otherwise',
    'note: standardised: area, rooms, built',
    'note: an input for each category: district',
  ]) {
    expect(stderr).toContain(line);
  }
  const end = lastEvent(stdout);
  const metrics = end.metrics as Record<string, number>;
  expect(metrics['root-mean-squared-error']!).toBeGreaterThan(10);
  expect(metrics.r2!).toBeLessThan(1);
  const record = JSON.parse(readFileSync(path('a', 'run.json'), 'utf8'));
  expect(record.dataset.preparation.inputs[2]).toMatchObject({
    kind: 'standardise',
    column: 'built',
  });

  const alone = ['--host', '127.0.0.1', '--port', '0', '--local-threads', '1', '--out', 'b'];
  const cluster = await lockstep('coordinator', ...HOUSES, ...SHORT, ...alone);
  expect(lastEvent(cluster.stdout).weightsHash, cluster.stderr).toBe(end.weightsHash);
  const again = await lockstep('train', '--resume', 'a', '--json');
  expect(lastEvent(again.stdout).weightsHash, again.stderr).toBe(end.weightsHash);

  const own = await lockstep('evaluate', 'a', '--json');
  expect(lastEvent(own.stdout)).toMatchObject({ loss: end.testLoss, samples: 48 });
  const whole = await lockstep('evaluate', 'a', '--csv', `${DATA}houses.csv`, '--json');
  expect(lastEvent(whole.stdout), whole.stderr).toMatchObject({ samples: 240 });
});

test('two classes: one output that speaks for the positive one, precision and recall', async () => {
  const flags = ['--csv', `${DATA}spam.csv`, '--target', 'kind', '--words', 'text'];
  const { stdout, stderr } = await lockstep('train', ...flags, ...SHORT, '--positive', 'spam');
  const end = lastEvent(stdout);
  expect(Object.keys(end.metrics as object), stderr).toEqual(
    expect.arrayContaining(['loss', 'accuracy', 'precision', 'recall']),
  );
  expect(events(stdout)[0]).toMatchObject({ event: 'run-start', dataset: { name: 'spam' } });
});

test('what does not fit is refused before a run begins', async () => {
  const refused: readonly [string[], string][] = [
    [['--target', 'price'], '--target goes with --csv'],
    [['--csv', `${DATA}iris.csv`], 'which column is the target? Say --target'],
    [['--csv', `${DATA}iris.csv`, '--target', 'specie'], 'did you mean "species"?'],
    [
      ['--csv', `${DATA}iris.csv`, '--target', 'species', '--positive', 'setosa'],
      '--positive goes',
    ],
    [[...HOUSES.slice(0, 4)], 'say --missing mean'],
    [['--csv', 'no.csv', '--target', 'y'], 'no.csv'],
  ];
  for (const [flags, message] of refused) {
    const { status, stderr } = await says(['train', ...flags]);
    expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
  }
});
