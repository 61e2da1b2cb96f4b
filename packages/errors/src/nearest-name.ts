// The name that somebody meant who wrote another one: by what other libraries call the same thing, then by spelling.
// Invariant: a suggestion is one of the names that are allowed; nothing is suggested for what resembles none of them.

/** What PyTorch, Keras and scikit-learn call our options, spelt without case and separators. */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  lr: ['learningRate'],
  eta: ['learningRate'],
  betas: ['beta1', 'beta2'],
  eps: ['epsilon'],
  decay: ['weightDecay'],
  l2: ['weightDecay'],
  rho: ['alpha'],
  l2regularization: ['weightDecay'],
  bs: ['batchSize'],
  nepochs: ['epochs'],
  maxiter: ['epochs'],
  tmax: ['steps'],
  etamin: ['minimum'],
  maxlr: ['maximum'],
  randomstate: ['seed'],
  test: ['data'],
  testsize: ['testFraction'],
  sep: ['delimiter'],
  separator: ['delimiter'],
  label: ['target', 'labels'],
  usecols: ['columns'],
  validation: ['validation', 'test'],
  val: ['validation', 'test'],
  validationdata: ['validation', 'test', 'data'],
  testdata: ['test', 'data'],
  criterion: ['loss'],
  lossfn: ['loss'],
  numworkers: ['threads', 'workers'],
  njobs: ['threads', 'workers'],
  weights: ['parameters'],
  x: ['inputs', 'data'],
  y: ['targets', 'labels'],
};

/**
 * @param name what was written
 * @param allowed the names there are
 * @returns the nearest of them, joined by “ and ” where one name stands for two; undefined if none is near
 */
export function nearestName(name: string, allowed: readonly string[]): string | undefined {
  const plain = spelt(name);
  if (plain === '') return undefined;
  const same = allowed.find((other) => spelt(other) === plain);
  if (same !== undefined) return same;
  const elsewhere = Object.hasOwn(ELSEWHERE, plain) ? ELSEWHERE[plain]! : [];
  const known = elsewhere.filter((other) => allowed.includes(other));
  if (known.length > 0) return plain === 'betas' ? known.join(' and ') : known[0];
  let best: string | undefined;
  // Of two letters each is half of the name.
  let least = plain.length < 3 ? 1 : Math.floor(plain.length / 3) + 1;
  for (const other of allowed) {
    const steps = distance(plain, spelt(other));
    if (steps < least) {
      least = steps;
      best = other;
    }
  }
  return best ?? (plain.length >= 3 ? partOf(plain, allowed) : undefined);
}

/** `batch` for `batchSize`, `divisor` for `inputDivisor`, `useBias` for `bias`; a beginning before any other part. */
function partOf(plain: string, allowed: readonly string[]): string | undefined {
  return (
    allowed.find((other) => spelt(other).startsWith(plain)) ??
    allowed.find((other) => spelt(other).includes(plain)) ??
    allowed.find((other) => spelt(other).length >= 3 && plain.includes(spelt(other)))
  );
}

function spelt(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

/** Letters to insert, delete, replace or swap with their neighbour (optimal string alignment). */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(row[j]! + 1, next[j - 1]! + 1, replaced);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, before[j - 2]! + 1);
      }
      next.push(least);
    }
    before = row;
    row = next;
  }
  return row[b.length]!;
}
