// What does not compile is shown by `@ts-expect-error`, which is itself an error where the line below it compiles.
import { expect, it } from 'vitest';
import type { KernelCall } from './operator.js';

const out = { node: 0 };
const one = { perRow: 1, constant: 0 };

it('calls of kernels take addresses where kernels do, numbers elsewhere, and as many as there are', () => {
  const calls: KernelCall[] = [
    { kernel: 'fill', arguments: [out, one, 0.5] },
    { kernel: 'packPanels', arguments: [out, { node: 1 }, 3, 4] },
    // @ts-expect-error a number where an address is taken
    { kernel: 'fill', arguments: [1, out, 0.5] },
    // @ts-expect-error an address where a number is taken
    { kernel: 'packPanels', arguments: [out, { node: 1 }, 3, out] },
    // @ts-expect-error the value is missing
    { kernel: 'fill', arguments: [out, one] },
    // @ts-expect-error there is no fourth
    { kernel: 'fill', arguments: [out, one, 0.5, 0] },
    // @ts-expect-error there is no such kernel
    { kernel: 'fills', arguments: [out, one, 0.5] },
  ];
  expect(calls).toHaveLength(7);
});
