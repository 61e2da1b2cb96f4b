import { expect, test } from 'vitest';
import { createArena, type Span } from './bits/arena.js';
import { randomFloats } from './bits/values.js';
import type { ScalarsOf, UpdateKernel } from './contract/kernels.js';
import { scalarNames } from './kernels.generated.js';
import { expectSameBits } from './testing/values.js';
import { wasm } from './wasm.js';

const arena = createArena(wasm);
const { kernels: k } = arena;
const f = Math.fround;
const LR = f(0.01);
const EPS = f(1e-8);

/** An update: the kernel, its scalars but the count, and one element's new values in rounded arithmetic. */
interface Rule {
  kernel: UpdateKernel;
  states: number;
  scalars: Record<string, number>;
  element(olds: number[], g: number): number[];
}

function rule<Name extends UpdateKernel>(
  kernel: Name,
  states: number,
  scalars: Record<Exclude<ScalarsOf<Name>, 'count'>, number>,
  element: Rule['element'],
): Rule {
  return { kernel, states, scalars, element };
}

/** The vectors of a state are spans of one length, one after another: equally far apart. */
function run(
  { kernel, scalars }: Rule,
  outs: Span[],
  olds: Span[],
  g: Span,
  more: number,
  n: number,
  count: number,
): number {
  const all: Record<string, number> = { ...scalars, count };
  const block = arena.put(scalarNames[kernel].map((name) => all[name]!));
  const stride = olds[1] ? olds[1].at - olds[0]!.at : 0;
  return k[kernel](outs[0]!.at, olds[0]!.at, stride, g.at, more, n, block.at);
}

const decayed = (g: number, p: number, wd: number): number => (wd === 0 ? g : f(g + f(wd * p)));

const sgd = (wd: number): Rule =>
  rule('sgd', 1, { lr: LR, weightDecay: wd }, ([p], g) => [f(p! - f(LR * decayed(g, p!, wd)))]);

function momentum(wd: number, nesterov: boolean, first: boolean): Rule {
  const mu = f(0.9);
  const gain = f(0.75);
  const flags = { nesterov: +nesterov, first: +first };
  const scalars = { lr: LR, momentum: mu, gain, weightDecay: wd, ...flags };
  return rule('momentum', 2, scalars, ([p, v], g) => {
    const d = decayed(g, p!, wd);
    const v1 = first ? d : f(f(mu * v!) + f(gain * d));
    return [f(p! - f(LR * (nesterov ? f(d + f(mu * v1)) : v1))), v1];
  });
}

function adam(wd: number, decay: number): Rule {
  const [b1, c1, b2, c2, root] = [f(0.9), f(0.1), f(0.999), f(0.001), f(1 / Math.sqrt(0.002))];
  const moments = { beta1: b1, oneMinusBeta1: c1, beta2: b2, oneMinusBeta2: c2 };
  const scalars = { ...moments, stepSize: LR, scale2: root, eps: EPS, weightDecay: wd, decay };
  return rule('adam', 3, scalars, ([p, m, v], g) => {
    const d = decayed(g, p!, wd);
    const m1 = f(f(b1 * m!) + f(c1 * d));
    const v1 = f(f(b2 * v!) + f(f(c2 * d) * d));
    const denominator = f(f(f(Math.sqrt(v1)) * root) + EPS);
    return [f(f(p! * decay) - f(f(LR * m1) / denominator)), m1, v1];
  });
}

const [ALPHA, GAIN] = [f(0.99), f(0.01)];

function rmsprop(wd: number): Rule {
  const scalars = { lr: LR, alpha: ALPHA, oneMinusAlpha: GAIN, eps: EPS, weightDecay: wd };
  return rule('rmsprop', 2, scalars, ([p, s], g) => {
    const d = decayed(g, p!, wd);
    const s1 = f(f(ALPHA * s!) + f(f(GAIN * d) * d));
    return [f(p! - f(f(LR * d) / f(f(Math.sqrt(s1)) + EPS))), s1];
  });
}

function rmspropMomentum(wd: number): Rule {
  const mu = f(0.9);
  const common = { lr: LR, alpha: ALPHA, oneMinusAlpha: GAIN, eps: EPS, weightDecay: wd };
  return rule('rmspropMomentum', 3, { ...common, momentum: mu }, ([p, s, b], g) => {
    const d = decayed(g, p!, wd);
    const s1 = f(f(ALPHA * s!) + f(f(GAIN * d) * d));
    const b1 = f(f(mu * b!) + f(d / f(f(Math.sqrt(s1)) + EPS)));
    return [f(p! - f(LR * b1)), s1, b1];
  });
}

const WD = f(0.1);
const RULES: Record<string, Rule> = {
  sgd: sgd(0),
  'sgd with weight decay': sgd(WD),
  momentum: momentum(0, false, false),
  'momentum at its first step': momentum(WD, false, true),
  'Nesterov momentum': momentum(WD, true, false),
  'Nesterov momentum at its first step': momentum(0, true, true),
  Adam: adam(0, 1),
  'Adam with weight decay': adam(WD, 1),
  AdamW: adam(0, f(1 - LR * WD)),
  RMSprop: rmsprop(0),
  'RMSprop with weight decay': rmsprop(WD),
  'RMSprop with momentum': rmspropMomentum(0),
  'RMSprop with momentum and weight decay': rmspropMomentum(WD),
};

/** Old parameters, and states that are not negative (second moments are squares). */
function oldValues(states: number, n: number): Float32Array[] {
  return Array.from({ length: states }, (_, s) =>
    randomFloats(n, 10 * n + s, s === 0 ? 1 : 0.01).map((x) => (s === 0 ? x : Math.abs(x))),
  );
}

test.each(Object.keys(RULES))(
  '%s is bit for bit its formula, at any length and in place',
  (name) => {
    const rule = RULES[name]!;
    for (let n = 0; n <= 35; ++n) {
      arena.reset();
      const values = oldValues(rule.states, n);
      const olds = values.map((v) => arena.put(v));
      const g = arena.put(randomFloats(n, n + 1000));
      const outs = values.map(() => arena.room(n));
      const before = [...g.u32];
      // A power of two, of which the kernels multiply by the inverse, and a number of which they do not.
      const count = n % 2 ? 64 : 48;
      const rest = n % 3 ? arena.put(randomFloats(n, n + 2000)) : undefined;
      expect(run(rule, outs, olds, g, rest?.at ?? 0, n, count)).toBe(1);
      arena.check();
      const expected = Array.from({ length: n }, (_, i) =>
        rule.element(
          values.map((v) => v[i]!),
          f((rest ? f(g.f32[i]! + rest.f32[i]!) : g.f32[i]!) / count),
        ),
      );
      outs.forEach((out, s) => {
        expectSameBits(
          out.f32,
          expected.map((e) => e[s]!),
        );
      });
      olds.forEach((old, s) => {
        expectSameBits(old.f32, values[s]!);
      });
      expect([...g.u32]).toEqual(before);

      expect(run(rule, olds, olds, g, rest?.at ?? 0, n, count)).toBe(1);
      arena.check();
      olds.forEach((old, s) => {
        expectSameBits(old.f32, outs[s]!.f32);
      });
    }
  },
);

test.each(Object.keys(RULES))('%s tells of a non-finite value at any place', (name) => {
  const rule = RULES[name]!;
  for (let n = 1; n <= 9; ++n) {
    for (let i = 0; i < n; ++i) {
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
        arena.reset();
        const olds = oldValues(rule.states, n).map((v) => arena.put(v));
        const g = arena.put(randomFloats(n, n));
        g.f32[i] = bad;
        expect(run(rule, olds, olds, g, 0, n, 1)).toBe(0);
      }
    }
  }
});

test('Adam with all zeros and eps 0 is 0/0, but unused lanes of a tail raise no such alarm', () => {
  arena.reset();
  const scalars = {
    ...{ stepSize: LR, beta1: 0, oneMinusBeta1: 1, beta2: 0, oneMinusBeta2: 1 },
    ...{ scale2: 1, eps: 0, weightDecay: 0, decay: 1 },
  };
  const bare: Rule = { kernel: 'adam', states: 3, scalars, element: () => [] };
  const adamStep = (p: number, g: number): number => {
    const state = [p, 0, 0].map((value) => arena.put([value]));
    return run(bare, state, state, arena.put([g]), 0, 1, 1);
  };
  expect(adamStep(1, 2)).toBe(1);
  expect(adamStep(0, 0)).toBe(0);
});

test('average divides by the count, and tells of an overflow or NaN at any place', () => {
  for (let n = 0; n <= 35; ++n) {
    arena.reset();
    const values = randomFloats(n, n);
    const g = arena.put(values);
    for (const count of [48, 64, 1, 60_000]) {
      g.f32.set(values);
      expect(k.average(g.at, n, count)).toBe(1);
      arena.check();
      expectSameBits(
        g.f32,
        Array.from(values, (x) => f(x / count)),
      );
    }
    for (let i = 0; i < n; ++i) {
      const kept = g.f32[i]!;
      g.f32[i] = i % 2 ? Number.NaN : Number.NEGATIVE_INFINITY;
      expect(k.average(g.at, n, 1)).toBe(0);
      g.f32[i] = kept;
    }
  }
});

test('flushing makes subnormals 0, at any place, and leaves everything else, NaN included', () => {
  const smallest = 2 ** -126;
  const values = [1, -0, smallest, -smallest, smallest / 2, -1e-45, 0, NaN, -Infinity, 3e38];
  for (let n = 0; n <= values.length; ++n) {
    arena.reset();
    const a = arena.put(values.slice(0, n));
    k.flushSubnormals(a.at, n);
    arena.check();
    const expected = values.slice(0, n).map((x) => (Math.abs(x) < smallest ? x * 0 : x));
    expect(Array.from(a.f32, Math.abs)).toEqual(expected.map((x) => Math.abs(Math.fround(x))));
  }
});
