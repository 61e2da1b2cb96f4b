// The same tensor, of which gradients know nothing: what it was made from learns nothing through it. Costs nothing.
// In evaluation, where there are no gradients, it is its input.
import type { Operator } from './operator.js';

export const stopGradient: Operator = {
  name: 'stopGradient',
  kind: 'view',
  inputs: ['f32'],
  attributes: {},
  inModels: true,
  shape: ([x]) => x!.shape,
  values: 'moved',
  /** Stopped twice is stopped. */
  simplify: ({ inputs: [x], nodeOf }) => (nodeOf(x!).op === 'stopGradient' ? x : undefined),
  inEvaluation: ({ inputs: [x] }) => x!,
  reference({ inputs: [x], output }) {
    output.data.set(x!.data);
  },
};
