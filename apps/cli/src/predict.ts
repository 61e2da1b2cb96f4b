// `lockstep predict`: what a trained model says of pictures, tables and IDX files, without the code or data it was made with.
import { readFile, stat } from 'node:fs/promises';
import { DataError, LockstepError, type TrainedModel } from '@lockstep/core';
import { pictureWay } from '@lockstep/data';
import { loadModel } from '@lockstep/trainer';
import { type Command, Option } from 'commander';
import { type AnswerWriter, answerWriter, FORMATS, type Format } from './asking/answer-writer.js';
import { answersTo, checkAnswers, type Inputs, inputSize } from './asking/answers.js';
import { FIRST_ROW, MAX_INPUT_BYTES, samplesOf } from './asking/samples.js';
import { UsageError } from './errors.js';
import { type Given, givenOptions } from './given.js';
import { jsonOption } from './options.js';
import type { Perform, Session } from './session.js';

interface PredictFlags {
  readonly format: Format;
  readonly json: boolean;
}

const EXAMPLES = `
Examples:
  $ lockstep predict runs/2026-11-23T09-41-00Z-mnist-mlp digit.png photo.jpg
  $ lockstep predict iris.safetensors flowers.csv --format csv > answers.csv
  $ cat flowers.csv | lockstep predict runs/iris - --json

What an input is, its content says: PNG, JPEG, CSV, TSV, JSON lines or IDX, plain or .gz. A table's columns are found by
name and prepared as the training data was; without names they are taken in order. Pictures become samples as those of
the training data did (docs/pictures.md).`;

/** Samples that are asked about at once: enough for the kernels, few enough to be told soon. */
const BATCH = 1024;

/** Adds the command to a program; `perform` runs what it does. */
export function addPredictCommand(program: Command, perform: Perform): void {
  const command = program
    .command('predict')
    .description('what a trained model says of pictures, tables or IDX files')
    .argument('<run|file>', "a run's folder, a model's file, or a checkpoint")
    .argument('<inputs...>', 'files, or - for standard input')
    .addOption(new Option('--format <format>', 'of the answers').choices(FORMATS).default('table'))
    .addOption(jsonOption())
    .addHelpText('after', EXAMPLES);
  command.action((source: string, inputs: readonly string[]) => {
    const given = givenOptions<PredictFlags>(command);
    return perform((session) => predict(given, source, inputs, session));
  });
}

async function predict(
  { flags, isGiven }: Given<PredictFlags>,
  source: string,
  inputs: readonly string[],
  session: Session,
): Promise<void> {
  const { screen, signal } = session;
  if (flags.json && isGiven('format') && flags.format !== 'json') {
    throw new UsageError(`--json and --format ${flags.format} are two formats; give one`);
  }
  if (inputs.filter((name) => name === '-').length > 1) {
    throw new UsageError('predict: - is given twice; standard input can be read once');
  }
  const trained = await loadModel(source);
  checkAnswers(trained, 'predict');
  const writer = answerWriter(flags.json ? 'json' : flags.format, trained, screen);
  let toldWay = false;
  try {
    for (const name of inputs) {
      signal.throwIfAborted();
      const bytes = name === '-' ? await readStdin(session) : await readInput(name);
      const { inputs: given, kind } = await samplesOf(trained, bytes, name);
      if (kind === 'picture' && !toldWay) {
        screen.note(`pictures become ${pictureWay(trained.traits).said}`);
        toldWay = true;
      }
      const nameOf = (sample: number): string =>
        kind === 'picture' ? name : `${name}:${sample + FIRST_ROW}`;
      answerAll(trained, given, nameOf, writer);
    }
  } finally {
    // What has been answered before a fault is told.
    writer.end();
  }
}

function answerAll(
  trained: TrainedModel,
  inputs: Inputs,
  nameOf: (sample: number) => string,
  writer: AnswerWriter,
): void {
  const size = inputSize(trained);
  const samples = inputs.length / size;
  const answer = (first: number, end: number): void => {
    const answers = answersTo(trained, inputs.subarray(first * size, end * size));
    for (const [i, one] of answers.entries()) writer.write(nameOf(first + i), one);
  };
  for (let first = 0; first < samples; first += BATCH) {
    const end = Math.min(first + BATCH, samples);
    try {
      answer(first, end);
    } catch {
      // One that cannot be answered must not take the others with it, and is told by its name.
      for (let one = first; one < end; one++) answerNamed(one);
    }
  }

  function answerNamed(one: number): void {
    try {
      answer(one, one + 1);
    } catch (error) {
      if (!(error instanceof LockstepError)) throw error;
      throw new DataError(`${nameOf(one)}: ${error.message}`, { cause: error });
    }
  }
}

async function readInput(path: string): Promise<Uint8Array> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new UsageError(`predict: there is no file ${path}`);
  if (found.isDirectory()) {
    throw new UsageError(`predict: ${path} is a folder; name files in it, such as ${path}/*.png`);
  }
  if (found.size > MAX_INPUT_BYTES) throw tooLarge(path);
  return readFile(path);
}

async function readStdin({ stdin }: Session): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of stdin) {
    bytes += piece.length;
    if (bytes > MAX_INPUT_BYTES) throw tooLarge('-');
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function tooLarge(name: string): DataError {
  return new DataError(`${name}: more than ${MAX_INPUT_BYTES} bytes; cut it into several inputs`);
}
