import { expect, test } from 'vitest';
import { differentiate, gradientOutput } from '../graph/differentiate.js';
import { isNearKink, randomProblem } from '../testing/random-model.js';
import { describeProblem, runProgram } from '../testing/run-program.js';
import { runReference } from './reference.js';

test('stress', () => {
  const ops = new Map<string, number>();
  const scales: number[] = [];
  let near = 0;
  const bad: string[] = [];
  const t0 = Date.now();
  let worst = 0;
  let n = 0;
  for (let seed = 1; Date.now() - t0 < 45000; seed++) {
    const problem = randomProblem({
      seed: seed * 7919,
      operators: seed % 22,
      rows: [0, 1, 2, 3, 4, 5, 9, 16, 17, 33][seed % 10]!,
    });
    const all = (g: any, p: 'f32' | 'f64') => {
      const o = Object.fromEntries(g.nodes.map((_: any, i: number) => [String(i), i]));
      const v = runReference({ ...g, outputs: o }, { ...problem, precision: p });
      return g.nodes.map((_: any, i: number) => v[i]!.data);
    };
    if (isNearKink(problem, (p) => all(problem.graph, p))) {
      near++;
      continue;
    }
    n++;
    try {
      const r = runProgram(problem);
      const g = differentiate(problem.graph);
      for (const { op } of g.nodes) ops.set(op, (ops.get(op) ?? 0) + 1);
      const e = runReference(g, { ...problem, precision: 'f64' });
      const vals = all(g, 'f64');
      const scale = Math.max(
        1,
        ...vals.map((v: any) =>
          Array.from(v as number[]).reduce((m, x) => Math.max(m, Math.abs(x)), 0),
        ),
      );
      scales.push(scale);
      let d = Math.abs(r.lossSum - e.lossSum!.data[0]!) / scale;
      r.gradients.forEach((gr, i) =>
        gr.forEach((x, j) => {
          const q = Math.abs(x - e[gradientOutput(i)]!.data[j]!) / scale;
          d = Math.max(d, Number.isNaN(q) ? Infinity : q);
        }),
      );
      if (d > 2e-6 || (r.correctSum !== undefined && r.correctSum !== e.correctSum!.data[0]))
        bad.push(`${seed} ${d} ${scale} ${describeProblem(problem)}`);
      worst = Math.max(worst, d);
      // transposed off, capacity larger: same bits
      const off = runProgram(problem, {
        transposed: problem.parameters.map(() => false),
        capacity: problem.rows + 5,
      });
      r.gradients.forEach((gr, i) =>
        gr.forEach((x, j) => {
          if (!Object.is(x, off.gradients[i]![j]))
            throw new Error(`bits ${i} ${j} ${x} ${off.gradients[i]![j]}`);
        }),
      );
      if (!Object.is(r.lossSum, off.lossSum)) throw new Error('loss bits');
      const ev = runProgram(problem, { kind: 'evaluation' });
      void ev;
    } catch (x) {
      bad.push(`${seed} ${String((x as Error).stack).slice(0, 300)}\n${describeProblem(problem)}`);
    }
  }
  scales.sort((a, b) => a - b);
  console.log(
    n,
    near,
    worst,
    'scale median',
    scales[scales.length >> 1],
    scales.at(-1),
    [...ops]
      .sort((a, b) => a[1] - b[1])
      .map((x) => x.join(':'))
      .join(' '),
  );
  console.log(bad.length, bad.slice(0, 3).join('\n----\n'));
  expect(n).toBeGreaterThan(0);
});
