// `lockstep inspect`: what a run, a model, a checkpoint, a file of weights or a graph holds. Nothing is computed.
import { resolve } from 'node:path';
import { summarize } from '@lockstep/core';
import { type Contents, readContents } from '@lockstep/trainer';
import type { Command } from 'commander';
import { jsonOption } from './options.js';
import type { InspectionEvent } from './reporter.js';
import type { Perform, Session } from './session.js';

const EXAMPLES = `
Examples:
  $ lockstep inspect runs/2026-11-23T09-41-00Z-mnist-mlp
  $ lockstep inspect weights.npz
  $ lockstep inspect iris.safetensors --json`;

/** Adds the command to a program; `perform` runs what it does. */
export function addInspectCommand(program: Command, perform: Perform): void {
  program
    .command('inspect')
    .description('what a file or a run holds: layers, shapes, counts, names, hash')
    .argument(
      '<file|run>',
      "a run's folder, a model's file, a checkpoint, any safetensors or npz file, or a graph (.json)",
    )
    .addOption(jsonOption())
    .addHelpText('after', EXAMPLES)
    .action((path: string) => perform((session) => inspectPath(path, session)));
}

async function inspectPath(path: string, { reporter, now }: Session): Promise<void> {
  const contents = await readContents(path);
  reporter.report({
    ...{ event: 'inspected', time: now().toISOString(), path: resolve(path) },
    ...told(contents),
  });
}

function told(contents: Contents): Omit<InspectionEvent, 'event' | 'time' | 'path'> {
  const { kind, tensors, graph, config, dataset, metadata = {} } = contents;
  return {
    kind,
    step: contents.step ?? null,
    network: graph
      ? { loss: graph.loss ?? null, heads: graph.heads ?? null, ...summarize(graph) }
      : null,
    tensors,
    weightsHash: contents.weightsHash ?? null,
    trainedOn: contents.trainedOn ?? null,
    run: config
      ? {
          optimizer: config.optimizer.kind,
          batchSize: config.batchSize,
          shards: config.shards,
          epochs: config.epochs,
          seed: config.seed,
          dataset: dataset
            ? { name: dataset.name, train: dataset.train, test: dataset.test }
            : null,
        }
      : null,
    metadata,
  };
}
