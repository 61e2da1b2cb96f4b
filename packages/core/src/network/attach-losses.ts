// Adds losses by name to the graph of a model whose outputs have names: what they come to is added up, and told of each.
// Not here: how much each counts, which is in the loss itself (losses/weighted.ts).
import { ConfigError, GraphError } from '../errors.js';
import type { Graph, GraphHead } from '../graph/graph.js';
import { isBuiltIn } from '../losses/built-in.js';
import type { Loss, Losses, TargetShape } from '../losses/loss.js';
import { MAX_METRICS, metricOutput } from '../metrics/metric.js';
import { takeApart } from '../model/named.js';
import { add, Tensor } from '../model/tensor.js';
import { checkPartNames, type NamedPart } from '../parts.js';
import { formatShape } from '../shape.js';
import { GraphBuilder, mapOutputs, replay } from '../transform/builder.js';
import { buildLoss } from './build-loss.js';

/**
 * @param heads of the graph; those without a loss are given by the model and learnt by nothing
 * @returns a graph with the outputs `output`, `loss` [N], and of each head that has a loss the metrics `<head>.loss` and, where
 * the loss knows right from wrong, `<head>.accuracy`
 * @throws ConfigError or ShapeError if outputs, targets and losses do not go together
 */
export function attachLosses(
  graph: Graph,
  heads: readonly GraphHead[],
  losses: Loss | Losses,
  data: TargetShape,
): Graph {
  if (graph.outputs.loss !== undefined) throw new GraphError('loss: the graph already has one');
  const named = requireLosses(heads, losses);
  const parts = requireTargets(named, data);
  const builder = new GraphBuilder(graph);
  const { output, ...updates } = mapOutputs(graph, replay(graph, builder));
  const targetNode = builder.add('target', [], { shape: ['N', ...data.targetShape] });
  const outputs = takeApart(new Tensor(builder, output!), heads);
  const targets = takeApart(new Tensor(builder, targetNode), parts);
  const metrics: Record<string, number> = {};
  const names: string[] = [];
  let total: Tensor | undefined;
  for (const { name } of heads) {
    const loss = named[name];
    if (!loss) continue;
    const { shape, classNames } = parts.find((part) => part.name === name)!;
    const about = { targetShape: shape, classes: undefined, classNames };
    const built = buildLoss(loss, outputs[name]!, targets[name]!, about);
    if (built.weight) {
      throw new ConfigError(
        `${loss.name} (output "${name}"): it weighs samples, and the losses of several outputs are added up before means are taken; leave its weights of samples out`,
      );
    }
    total = total ? add(total, built.loss) : built.loss;
    names.push(`${name}.loss`);
    metrics[metricOutput(`${name}.loss`, 'sum')] = built.loss.node;
    if (built.correct) {
      names.push(`${name}.accuracy`);
      metrics[metricOutput(`${name}.accuracy`, 'correct')] = built.correct.node;
    }
  }
  if (names.length > MAX_METRICS) {
    throw new ConfigError(
      `loss: losses and accuracies of the outputs come to ${names.length} metrics, at most ${MAX_METRICS} are possible`,
    );
  }
  builder.heads = heads.map(({ name, shape }) => ({
    ...{ name, shape },
    ...(named[name] && isBuiltIn(named[name]) && { loss: named[name].name }),
  }));
  return {
    ...builder.finish({ output: output!, loss: total!.node, ...metrics, ...updates }),
    metrics: names,
  };
}

function requireLosses(heads: readonly GraphHead[], losses: Loss | Losses): Losses {
  const names = heads.map(({ name }) => name);
  const example = `{ ${names.map((name) => `${name}: …`).join(', ')} }`;
  if (typeof losses !== 'object' || losses === null || typeof losses.build === 'function') {
    throw new ConfigError(
      `loss: the model gives outputs by name (${names.join(', ')}); expected a loss for each that is learnt, ${example}`,
    );
  }
  const given = Object.entries(losses as Losses);
  for (const [name, loss] of given) {
    if (!names.includes(name)) {
      throw new ConfigError(
        `loss: the model gives no output "${name}"; it gives ${names.join(', ')}`,
      );
    }
    if (typeof loss?.build !== 'function') {
      throw new ConfigError(
        `loss: that of "${name}" is none; expected a loss such as crossEntropy() gives`,
      );
    }
  }
  if (given.length === 0) throw new ConfigError(`loss: there is none; expected ${example}`);
  return losses as Losses;
}

/** The parts of the row of targets, one for each loss. */
function requireTargets(losses: Losses, data: TargetShape): readonly NamedPart[] {
  const { targetParts } = data;
  if (!targetParts) {
    throw new ConfigError(
      `loss: there are losses by name (${Object.keys(losses).join(', ')}), and the data's targets ${formatShape(data.targetShape)} have no names; give targets or labels by name, as fromArrays takes them`,
    );
  }
  checkPartNames('loss, of the targets', losses, targetParts);
  return targetParts;
}
