// The examples as a newcomer runs them: each built file in a process of its own. What it prints is compared,
// character by character, with what it says at its end that it prints: the bits are the same everywhere, so
// the output is. Beside that, each is held to what it teaches, so that a wrong output cannot be written down.
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const EXAMPLES = resolve(dirname(fileURLToPath(import.meta.url)), '../../examples');
const NAMES = readdirSync(EXAMPLES)
  .filter((file) => file.endsWith('.ts') && file !== 'run.ts')
  .map((file) => file.slice(0, -'.ts'.length))
  .sort();

interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a built file; one that has no end is killed, and then has no status. */
function run(file: string, ...args: readonly string[]): Promise<Outcome> {
  return new Promise((done, fail) => {
    const command = [join(EXAMPLES, 'dist', `${file}.js`), ...args];
    execFile(process.execPath, command, { timeout: 50_000 }, (error, stdout, stderr) => {
      const status = error ? error.code : 0;
      if (typeof status === 'number') done({ status, stdout, stderr });
      else fail(error);
    });
  });
}

/** One run of each example serves all tests. */
const runs = new Map<string, Promise<Outcome>>();
function outcome(name: string): Promise<Outcome> {
  const known = runs.get(name) ?? run(name);
  runs.set(name, known);
  return known;
}

async function lines(name: string): Promise<string[]> {
  return (await outcome(name)).stdout.trimEnd().split('\n');
}

function sourceOf(name: string): string {
  return readFileSync(join(EXAMPLES, `${name}.ts`), 'utf8').replaceAll('\r\n', '\n');
}

describe.each(NAMES)('%s', (name) => {
  it('says in its head what one learns and the command that runs it', () => {
    const head = /^(?:\/\/.*\n)+/.exec(sourceOf(name))?.[0] ?? '';
    expect(head).toContain('One learns: ');
    expect(head).toMatch(new RegExp(`Run it: pnpm example ${name}\\b`));
  });

  it('prints exactly what it says that it prints', async () => {
    const said = /\n\/\* Prints:\n([\s\S]*)\*\/\n$/.exec(sourceOf(name))?.[1];
    const { status, stdout, stderr } = await outcome(name);
    expect(stderr).not.toContain('Error');
    expect(status).toBe(0);
    expect(stdout).toBe(said);
  });
});

describe('perceptron', () => {
  it.each([
    ['AND', (a: number, b: number) => a & b],
    ['OR', (a: number, b: number) => a | b],
  ])('learns %s', async (name, truth) => {
    const printed = await lines('perceptron');
    const start = printed.findIndex((line) => line.startsWith(`${name}:`));
    const table = printed.slice(start + 1, start + 5).map((line) => line.trim());
    const expected = [0, 1, 2, 3].map((i) => [i >> 1, i & 1] as const);
    expect(table).toEqual(expected.map(([a, b]) => `${a} ${b} -> ${truth(a, b)}  right`));
    expect(printed[start + 5]).toMatch(/learnt after \d+ epochs/);
  });

  it('gets XOR wrong, and says why', async () => {
    const { stdout } = await outcome('perceptron');
    const xor = stdout.slice(stdout.indexOf('XOR:'));
    expect(xor).toContain('wrong');
    expect(xor).toContain('no line has 01 and 10 on one side');
  });
});

describe('lenet', () => {
  it('is better after the same samples than linear layers are', async () => {
    const told = (await lines('lenet')).filter((line) => line.includes('% of the test'));
    const [lenet, mlp] = told.map((line) => Number(/[\d.]+/.exec(line)![0]));
    expect(lenet).toBeGreaterThan(mlp! + 3);
  });
});

describe('resnet', () => {
  it('learns more from 800 digits than one block of 8 channels, and is far above chance', async () => {
    const told = (await lines('resnet')).filter((line) => line.includes('% of the test'));
    const [own, resnet] = told.map((line) => Number(/[\d.]+/.exec(line)![0]));
    expect(resnet).toBeGreaterThan(40);
    expect(resnet).toBeGreaterThan(own!);
  });
});

describe('pictures', () => {
  it('takes files that it asks about for what their folders say', async () => {
    const told = (await lines('pictures')).slice(-2);
    for (const line of told) expect(line.split(': ')[1]).toBe(line.split('/')[0]);
  });
});

describe('xor', () => {
  it('learns the truth table, each answer with a probability of at least 0.99', async () => {
    const table = (await lines('xor')).filter((line) => line.includes(' xor '));
    expect(table).toHaveLength(4);
    for (const line of table) {
      const [a, b, answer, probability] = line.match(/[\d.]+(?=[ )])/g)!.map(Number);
      expect(answer).toBe(a! ^ b!);
      // 0.99 is what "learnt" means here; 200 epochs reach 0.995.
      expect(Math.abs(probability! - answer!)).toBeLessThan(0.01);
    }
  });
});

describe('gradient-descent', () => {
  /** The least mean squared error that any line has on the example's points: linear regression in float64. */
  function leastError(): number {
    const xs = Array.from({ length: 64 }, (_, i) => (2 * i + 1) / 64 - 1);
    const ys = xs.map((x, i) => 3 * x - 1 + (((29 * i) % 64) / 64 - 0.5));
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    const [mx, my] = [mean(xs), mean(ys)];
    const slope =
      mean(xs.map((x, i) => (x - mx) * (ys[i]! - my))) / mean(xs.map((x) => (x - mx) ** 2));
    return mean(xs.map((x, i) => (ys[i]! - my - slope * (x - mx)) ** 2));
  }

  async function columns(): Promise<number[][]> {
    const rows = (await lines('gradient-descent'))
      .filter((line) => line.startsWith('epoch '))
      .map((line) => line.trim().split(/\s+/).slice(2).map(Number));
    expect(rows).toHaveLength(10);
    return [0, 1, 2].map((column) => rows.map((row) => row[column]!));
  }

  it('takes 1, 8 and 64 steps an epoch', async () => {
    const steps = (await lines('gradient-descent')).find((line) => line.startsWith('steps'))!;
    expect(steps.match(/\d+/g)).toEqual(['1', '8', '64']);
  });

  it('never goes below the least error that any line has', async () => {
    const all = (await columns()).flat();
    // Half of the last printed digit.
    expect(Math.min(...all)).toBeGreaterThanOrEqual(leastError() - 0.00005);
  });

  it('falls at every epoch in batch descent, is first near the best line in stochastic descent, and rests closest to it in mini-batch descent', async () => {
    const [batch, mini, stochastic] = await columns();
    for (let i = 1; i < batch!.length; i++) expect(batch![i]).toBeLessThan(batch![i - 1]!);
    expect(stochastic![0]).toBeLessThan(mini![0]!);
    expect(mini![0]).toBeLessThan(batch![0]!);
    expect(stochastic!.some((error, i) => i > 0 && error > stochastic![i - 1]!)).toBe(true);
    expect(mini!.at(-1)).toBeLessThan(Math.min(batch!.at(-1)!, stochastic!.at(-1)!));
    // 2% above the least error: mini-batch steps are still noisy at this learning rate.
    expect(mini!.at(-1)).toBeLessThan(1.02 * leastError());
  });
});

describe('own-data', () => {
  it('classifies samples that it was not trained on', async () => {
    const [leaves, leaf, points, places] = await lines('own-data');
    const [right, of] = leaves!.match(/\d+/g)!.map(Number);
    expect(right).toBe(of);
    expect(leaf).toContain('willow');
    // Only test points next to the circle may be on the wrong side.
    expect(Number(/(\d+) of 100/.exec(points!)![1])).toBeGreaterThanOrEqual(90);
    expect(places).toContain('centre: inside, corner: outside');
  });
});

describe('tables', () => {
  it('iris tells nearly all test flowers', async () => {
    const [right, of] = (await lines('iris'))[0]!.match(/\d+/g)!.map(Number);
    expect(right! / of!).toBeGreaterThan(0.93);
  });

  it('houses knows the rule that made the prices, and answers in their unit', async () => {
    const printed = await lines('houses');
    // Prices are scattered by 12 to both sides: 6.9 is the least that can be reached.
    expect(Number(/RMSE ([\d.]+)/.exec(printed[2]!)![1])).toBeLessThan(10);
    const rule = 1.9 * 120 + 6 * 4 + 0.35 * 80 + 110;
    expect(Math.abs(Number(/hill (\d+)/.exec(printed[3]!)![1]) - rule)).toBeLessThan(15);
  });

  it('spam tells the two new mails', async () => {
    expect((await lines('spam')).slice(1).map((line) => line.split(' ')[0])).toEqual([
      'spam',
      'ham',
    ]);
  });

  it('tides does better than the guess that nothing changes', async () => {
    const [network, guess] = (await lines('tides')).map((line) =>
      Number(/by ([\d.]+)/.exec(line)?.[1]),
    );
    expect(network!).toBeLessThan(0.1 * guess!);
  });
});

describe('series-lstm', () => {
  it('tells nearly all turns', async () => {
    const [right] = (await lines('series-lstm'))[0]!.match(/\d+/g)!.map(Number);
    expect(right).toBeGreaterThanOrEqual(97);
  });
});

describe('text', () => {
  it('is noise first, then nearly all words of the tales', async () => {
    const [before, after] = (await outcome('text')).stdout.split('after 4 epochs');
    const known = new Set(wordsOf(readFileSync(join(EXAMPLES, 'data', 'tales.txt'), 'utf8')));
    const share = (text: string) => {
      const words = wordsOf(text.slice(text.indexOf('Once')));
      return words.filter((word) => known.has(word)).length / words.length;
    };
    expect(share(before!)).toBeLessThan(0.5);
    expect(share(after!)).toBeGreaterThan(0.9);
    expect(Number(/among ([\d.]+)/.exec(after!)![1])).toBeLessThan(2);
  });

  const wordsOf = (text: string) => text.split(/[^A-Za-z]+/).filter((word) => word !== '');
});

describe('service', () => {
  it('answers rows, and says what is wrong with one', async () => {
    const [answer, refusal] = await lines('service');
    expect(answer).toBe('200 ["virginica","setosa"]');
    expect(refusal).toContain('400 {"error":"classify: row 0,');
  });
});

describe('sweep and cluster', () => {
  it('stops some trainings early and chooses the best', async () => {
    const printed = await lines('sweep');
    expect(printed.filter((line) => line.includes('(patience)')).length).toBeGreaterThan(1);
    expect(Number(/tells ([\d.]+)%/.exec(printed.at(-1)!)![1])).toBeGreaterThan(93);
  });

  it('two workers come to the bits of one machine', async () => {
    const [by, cluster, alone] = await lines('cluster');
    expect(by).toBe('computed by ada and bob');
    expect(cluster!.split(' ').at(-1)).toBe(alone!.split(' ').at(-1));
  });
});

describe('mnist-core and mnist-threads', () => {
  it('reach 92% of the test images after one epoch', async () => {
    const [epoch] = await lines('mnist-core');
    // Four seeds gave 93.9 to 95.1%.
    expect(Number(/accuracy ([\d.]+)%/.exec(epoch!)![1])).toBeGreaterThan(92);
  });

  it('print the same lines and the same hash of the weights, on 1 thread and on 4', async () => {
    const { stdout } = await outcome('mnist-core');
    expect(stdout).toMatch(/^weights [0-9a-f]{64}$/m);
    for (const threads of ['1', '4']) {
      const other = await run('mnist-threads', '--threads', threads);
      expect(other.stderr).toBe(`training on ${threads} threads\n`);
      expect(other.stdout).toBe(stdout);
    }
  });
});

describe('the runner', () => {
  it('lists every example with its first line when it is given no name', async () => {
    const { status, stdout } = await run('run');
    expect(status).toBe(0);
    const listed = stdout.trimEnd().split('\n');
    expect(listed.map((line) => line.split(/\s+/)[2])).toEqual(NAMES);
    for (const line of listed) expect(line).toMatch(/\.$/);
  });

  it('gives an example its own arguments', async () => {
    const { status, stdout } = await run('run', 'mnist-core', '--epochs', '0');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^weights [0-9a-f]{64}\n$/);
  });

  it.each(['nothing', 'run', '../run'])('refuses "%s" with status 2 and the list', async (name) => {
    const { status, stdout, stderr } = await run('run', name);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(`there is no "${name}"`);
    expect(stderr).toContain('pnpm example xor');
  });
});
