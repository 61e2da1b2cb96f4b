// Small animals: what the tests of models with several inputs and outputs learn from, and their model.
import { concat, linear, namedModel, relu, reshape } from '@lockstep/core';
import { fromArrays } from '@lockstep/data';

const SPECIES = ['cat', 'dog', 'owl'];

/** Pictures of 4 × 4 bytes, tables of 3 numbers, a species and an age. */
export function animals(samples: number, from = 0) {
  const at = (i: number): number => Math.imul(i + 1, 2654435761) >>> 8;
  const labels = Array.from({ length: samples }, (_, i) => at(i + from) % 3);
  return {
    image: Uint8Array.from({ length: 16 * samples }, (_, i) => {
      const sample = Math.floor(i / 16);
      return (at(16 * from + i) % 100) + (i % 16 < 8 ? 50 * labels[sample]! : 0);
    }),
    table: labels.map((label, i) => [label / 2, (at(i + from) % 50) / 50, 1]),
    labels,
    ages: labels.map((label, i) => label + (at(i + from) % 50) / 50),
  };
}

export function animalData(samples: number, from = 0) {
  const { image, table, labels, ages } = animals(samples, from);
  return fromArrays({
    inputs: { image, table },
    inputShape: { image: [1, 4, 4] },
    inputDivisor: { image: 255 },
    labels: { species: labels },
    classNames: { species: SPECIES },
    targets: { age: ages },
  });
}

export const animalModel = namedModel<'image' | 'table'>(({ image, table }, scope) => {
  const seen = relu(linear(16, 6)(reshape(image, [16]), scope.child('image')));
  const both = concat([seen, table]);
  return {
    species: linear(9, 3)(both, scope.child('species')),
    age: linear(9, 1)(both, scope.child('age')),
  };
});
