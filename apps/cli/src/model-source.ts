// What `--model` stands for: a built-in, a graph in a JSON file, or a module of the user's own.
// Invariant: what comes out is a traced graph without a loss. A JSON graph is data from outside and is
// checked completely; a module is code that the user asked to run, here and in no other process.
import { readFile, stat } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type Dataset,
  type Graph,
  LockstepError,
  type Model,
  normalize,
  traceModel,
  validateGraph,
} from '@lockstep/core';
import { channelStatistics } from '@lockstep/data';
import { inPlace } from '@lockstep/errors';
import { UsageError } from './errors.js';
import type { Given } from './given.js';
import { builtInNamed, checkNetworkFlags, MODEL_NAMES, networkFlagsOf } from './models/list.js';
import type { ModelFlags } from './options.js';
import { offerOwnPackages } from './own-packages.js';
import { outputsUnder } from './usual-loss.js';

/** A model that waits for the data, whose shape decides the rest, and for the name of the loss. */
export type ModelSource = (data: Dataset, loss?: string) => Graph;

const MAX_GRAPH_BYTES = 64 * 1024 * 1024;

/**
 * Finds the model, and reads it if it is a file.
 *
 * @throws UsageError if there is no such model or the file is not one; GraphError or ShapeError for a
 * graph that is not valid
 */
export async function findModel(given: Given<ModelFlags>): Promise<ModelSource> {
  const { flags } = given;
  const { model } = flags;
  checkNetworkFlags(given);
  const builtIn = builtInNamed(model);
  if (builtIn) {
    const sizes = networkFlagsOf(model, flags);
    return (data, loss = flags.loss) =>
      inPlace(`--model ${model}`, () =>
        traceModel(
          normalized(flags, builtIn.build(sizes, outputsUnder(loss, data), data), data),
          data.inputShape,
          { vocabulary: data.vocabulary },
        ),
      );
  }
  switch (extname(model)) {
    case '.json': {
      if (flags.normalize) {
        throw new UsageError(
          '--normalize goes with a built-in network or a module, not with a graph',
        );
      }
      const graph = await readGraph(model);
      return () => graph;
    }
    case '.js':
    case '.mjs':
      return tracing(await importModel(model), flags);
    default:
      throw new UsageError(
        `--model: there is no model "${model}"; expected ${MODEL_NAMES.join(', ')}, or a file that ends in .json, .js or .mjs`,
      );
  }
}

async function readGraph(path: string): Promise<Graph> {
  const size = await fileSize(path);
  if (size > MAX_GRAPH_BYTES) {
    throw new UsageError(
      `--model ${path}: it has ${size} bytes, at most ${MAX_GRAPH_BYTES} are read`,
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new UsageError(`--model ${path}: not a graph: ${(cause as Error).message}`, { cause });
  }
  const graph = inPlace(`--model ${path}`, () => validateGraph(json));
  if (graph.outputs.loss !== undefined) {
    throw new UsageError(
      `--model ${path}: the graph has a loss in it; expected one without, as traceModel makes it`,
    );
  }
  return graph;
}

async function importModel(path: string): Promise<Model> {
  await fileSize(path);
  offerOwnPackages();
  let module: { readonly default?: unknown };
  try {
    module = await import(pathToFileURL(resolve(path)).href);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`--model ${path}: cannot be imported: ${message}`, { cause });
  }
  if (typeof module.default !== 'function') {
    throw new UsageError(
      `--model ${path}: the default export is ${module.default === undefined ? 'missing' : `a ${typeof module.default}`}; expected a model, such as sequential(…)`,
    );
  }
  return module.default as Model;
}

/** The network after its input was normalised, if that is asked for. */
function normalized({ normalize: isAsked }: ModelFlags, model: Model, data: Dataset): Model {
  if (!isAsked) return model;
  if (data.vocabulary !== undefined) {
    throw new UsageError('--normalize changes numbers, and the samples are tokens; leave it out');
  }
  const first = normalize(channelStatistics(data));
  return (x, scope) => model(first(x, scope), scope);
}

function tracing(model: Model, flags: ModelFlags): ModelSource {
  const path = flags.model;
  return (data) => {
    try {
      return inPlace(`--model ${path}`, () =>
        traceModel(normalized(flags, model, data), data.inputShape, {
          vocabulary: data.vocabulary,
        }),
      );
    } catch (cause) {
      if (cause instanceof LockstepError) throw cause;
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new UsageError(`--model ${path}: the model threw: ${message}`, { cause });
    }
  };
}

async function fileSize(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) throw new UsageError(`--model ${path}: there is no such file`);
  return found.size;
}
