// Gradients of a problem on the reference executor: by differentiation, and by finite differences.
import { runReference } from '../execute/reference.js';
import type { Graph } from '../graph/graph.js';
import type { SampleContext } from '../ops/operator.js';
import { differentiate, gradientOutput } from '../transform/differentiate.js';

/** A graph with a loss, and everything that it reads. */
export interface Problem {
  readonly graph: Graph;
  readonly rows: number;
  /** One per parameter, in its exported shape. */
  readonly parameters: readonly Float32Array[];
  readonly input: Float32Array;
  /** Values, or labels as whole numbers. */
  readonly target: Float32Array;
  readonly context: SampleContext;
}

/** The gradient of the summed loss with respect to each parameter. */
export function referenceGradients(
  problem: Problem,
  precision: 'f32' | 'f64',
): ArrayLike<number>[] {
  const outputs = runReference(differentiate(problem.graph), { ...problem, precision });
  return problem.parameters.map((_, index) => outputs[gradientOutput(index)]!.data);
}

/** The summed loss in float64. */
export function referenceLoss(
  problem: Problem,
  parameters: readonly ArrayLike<number>[] = problem.parameters,
): number {
  const { loss } = runReference(problem.graph, { ...problem, parameters, precision: 'f64' });
  return (loss!.data as Float64Array).reduce((sum, value) => sum + value, 0);
}

/** The same gradients by central differences of step `h`, an element at a time. */
export function gradientsByDifference(problem: Problem, h: number): Float64Array[] {
  const parameters = problem.parameters.map((values) => Float64Array.from(values));
  return parameters.map((values) =>
    values.map((value, i) => {
      values[i] = value + h;
      const above = referenceLoss(problem, parameters);
      values[i] = value - h;
      const below = referenceLoss(problem, parameters);
      values[i] = value;
      return (above - below) / (2 * h);
    }),
  );
}
