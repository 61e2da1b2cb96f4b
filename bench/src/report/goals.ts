// What the project promises and what was found, a line a promise: WebAssembly's kernels and the compiled ones side by side.
import type { Kernels } from '../kernels.js';
import type { Report } from './report.js';
import { ratio, table, thousandths } from './table.js';

interface Found {
  readonly kind: Kernels;
  /** As the run names them. */
  readonly kernels: string;
  readonly value: string;
  readonly goal: number;
  readonly isMet: boolean;
}

interface Goal {
  readonly what: string;
  readonly over: string;
  readonly found: Found;
}

/** @returns nothing if nothing of it was measured */
export function goals(report: Report): string[] {
  const all = [
    ...[...trainingGoals(report), ...productGoals(report), ...startupGoals(report)],
    ...dashboardGoals(report),
  ];
  if (all.length === 0) return [];
  // Both kinds of kernels in one line.
  const lines = new Map<string, { goal: Goal; found: Partial<Record<Kernels, Found>> }>();
  for (const goal of all) {
    const key = `${goal.what} ${goal.over}`;
    const line = lines.get(key) ?? { goal, found: {} };
    line.found[goal.found.kind] = goal.found;
    lines.set(key, line);
  }
  const rows = [...lines.values()].map(({ goal: { what, over }, found }) => [
    ...[what, over],
    ...cells(found.wasm),
    ...cells(found.native),
    found.native?.kernels ?? '',
  ]);
  const columns = ['what', 'over', 'WebAssembly:', 'goal:', 'native:', 'goal:', 'native kernels'];
  return ['### What is promised', table(columns, rows)];
}

function cells(found: Found | undefined): string[] {
  if (!found) return ['', ''];
  return [`${found.value}${found.isMet ? '' : ' (missed)'}`, String(found.goal)];
}

function trainingGoals({ training }: Report): Goal[] {
  return training.flatMap(({ name, comparisons }) =>
    comparisons.flatMap(
      ({ label, against, threads, kernels, computedBy, ratio: found, atLeast }) =>
        atLeast === undefined
          ? []
          : [
              {
                what: `${name}, ${threads} thread${threads === 1 ? '' : 's'}`,
                over: overOf(label, against),
                found: {
                  ...{ kind: kernels, kernels: computedBy, goal: atLeast },
                  value: ratio(found.median),
                  isMet: found.median >= atLeast,
                },
              },
            ],
    ),
  );
}

function productGoals({ product }: Report): Goal[] {
  return (product?.rows ?? []).map(({ kind, kernels, lanes, share, atLeast }) => ({
    what: `product ${product!.shape}, ${lanes} lanes`,
    over: 'the peak of mul + add',
    found: {
      ...{ kind, kernels, goal: atLeast },
      value: ratio(share.median),
      isMet: share.median >= atLeast,
    },
  }));
}

function startupGoals({ startup }: Report): Goal[] {
  return (startup?.rows ?? []).flatMap(({ kernels, seconds, atMost }) =>
    kernels === undefined || atMost === undefined
      ? []
      : [
          {
            what: 'first step after the start',
            over: 'seconds, at most',
            found: {
              ...{ kind: kernels, kernels: kernels === 'wasm' ? 'wasm' : '', goal: atMost },
              value: seconds.median.toFixed(2),
              isMet: seconds.median <= atMost,
            },
          },
        ],
  );
}

function dashboardGoals({ dashboard }: Report): Goal[] {
  return (dashboard?.rows ?? []).flatMap(({ name, ratio: found, atLeast }) =>
    found === undefined || atLeast === undefined
      ? []
      : [
          {
            what: `a run with ${name}`,
            over: 'the run without a page',
            found: {
              ...{ kind: dashboard!.kernels, kernels: '', goal: atLeast },
              ...{ value: thousandths(found.median), isMet: found.median >= atLeast },
            },
          },
        ],
  );
}

/** What a comparison is over, and which of several it was. */
export function overOf(label: string, against: string): string {
  return against.startsWith('torch') ? `${label} (${against.replace('torch-', '')})` : label;
}
