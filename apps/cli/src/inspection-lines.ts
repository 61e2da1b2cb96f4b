// What `inspect` found, in lines for people: a table of layers, or of tensors where there is no network, and what is said
// besides. Names come from files, so what would move a terminal's cursor is not printed.
import type { NamedPart, Shape, Tokenizer } from '@lockstep/core';
import type { InspectionEvent } from './reporter.js';
import type { Colors } from './screen.js';
import { formatCount, plural } from './wording.js';

type Row = readonly string[];

const LABEL_WIDTH = 10;
const SHOWN_CLASSES = 12;
const SHOWN_CHARACTERS = 100;
const GAP = '  ';

const KINDS: Readonly<Record<InspectionEvent['kind'], string>> = {
  run: 'a run',
  model: 'a trained model',
  checkpoint: 'a checkpoint of a run',
  weights: 'weights without their network',
  graph: 'a network without weights',
};

/** @returns whole lines, without ends */
export function inspectionLines(event: InspectionEvent, colors: Colors): string[] {
  const table = event.network ? layerRows(event.network) : tensorRows(event.tensors);
  const facts = [...aboutRun(event), ...aboutData(event), ...aboutWeights(event)];
  const shown = facts.map(([label, value]) => {
    const name = printable(label!);
    const padded = name.length < LABEL_WIDTH ? name.padEnd(LABEL_WIDTH) : `${name}${GAP}`;
    return `${colors.dim(padded)}${printable(value!)}`;
  });
  return [...tableLines(table, colors), '', ...shown];
}

function layerRows({
  inputShape,
  layers,
  parameters,
}: NonNullable<InspectionEvent['network']>): Row[] {
  return [
    ['layer', 'computes', 'output', 'parameters'],
    ...(inputShape ? [['', 'input', shapeOf(inputShape), '']] : []),
    ...layers.map(({ name = '', operators, outputShape, parameters }) => [
      ...[name, operators.join(', '), shapeOf(outputShape)],
      parameters > 0 ? formatCount(parameters) : '',
    ]),
    ['', '', 'all', formatCount(parameters)],
  ];
}

function tensorRows(tensors: InspectionEvent['tensors']): Row[] {
  const counts = tensors.map(({ shape }) => shape.reduce((size, dim) => size * dim, 1));
  return [
    ['tensor', 'type', 'shape', 'numbers'],
    ...tensors.map(({ name, dtype, shape }, i) => [
      ...[name, dtype, shapeOf(shape)],
      formatCount(counts[i]!),
    ]),
    ['', '', 'all', formatCount(counts.reduce((sum, count) => sum + count, 0))],
  ];
}

function aboutRun({ kind, step, run, network }: InspectionEvent): Row[] {
  const taken = step === null ? '' : `, ${plural(step, 'step')} taken`;
  return [
    ['this is', `${KINDS[kind]}${taken}`],
    ...(run?.dataset ? [['data', dataOf(run.dataset)]] : []),
    ...(run ? [['training', trainingOf(run)]] : []),
    ...(network?.loss ? [['loss', network.loss]] : []),
    ...(network?.heads ? [['outputs', network.heads.map(headOf).join(', ')]] : []),
  ];
}

function headOf({ name, shape, loss }: { name: string; shape: Shape; loss?: string }): string {
  return `${name} ${shapeOf(shape)}${loss === undefined ? '' : ` by ${loss}`}`;
}

type Run = NonNullable<InspectionEvent['run']>;

function dataOf({ name, train, test }: NonNullable<Run['dataset']>): string {
  const testing = test > 0 ? ` + ${formatCount(test)} for testing` : '';
  return `${name}, ${plural(train, 'sample')}${testing}`;
}

function trainingOf({ optimizer, epochs, batchSize, shards, seed }: Run): string {
  const batches = `batches of ${formatCount(batchSize)} in ${plural(shards, 'shard')}`;
  return `${optimizer}, ${plural(epochs, 'epoch')}, ${batches}, seed ${seed}`;
}

function aboutData({ trainedOn }: InspectionEvent): Row[] {
  if (!trainedOn) return [];
  const { inputShape, inputDivisor, targetShape, classes, classNames, inputNames, inputParts } =
    trainedOn;
  const { vocabulary, tokenizer } = trainedOn;
  const divided = inputDivisor === 1 ? '' : `, divided by ${inputDivisor}`;
  const of = classNames ? `: ${listOf(classNames)}` : '';
  return [
    ['input', `${shapeOf(inputShape)}${divided}`],
    ...(vocabulary === undefined
      ? []
      : [['tokens', `${formatCount(vocabulary)}${tokenizer ? ` ${wordOf(tokenizer)}` : ''}`]]),
    ...(inputParts ? [['inputs', inputParts.map(partOf).join(', ')]] : []),
    ...(inputNames ? [['columns', listOf(inputNames)]] : []),
    classes === undefined
      ? ['target', shapeOf(targetShape)]
      : ['classes', `${formatCount(classes)}${of}`],
    ...(trainedOn.preparation
      ? [['prepared', 'columns become inputs as the model remembers']]
      : []),
  ];
}

function wordOf({ kind }: Tokenizer): string {
  return kind === 'bpe' ? 'byte-pair tokens' : kind;
}

function partOf({ name, shape, divisor = 1 }: NamedPart): string {
  return `${name} ${shapeOf(shape)}${divisor === 1 ? '' : ` divided by ${divisor}`}`;
}

function aboutWeights({ network, weightsHash, metadata }: InspectionEvent): Row[] {
  const said = Object.entries(metadata);
  return [
    ...(network && network.buffers > 0 ? [['buffers', formatCount(network.buffers)]] : []),
    ...(network && network.constants > 0 ? [['constants', formatCount(network.constants)]] : []),
    ...(weightsHash === null ? [] : [['weights', `sha256 ${weightsHash}`]]),
    ...said.map(([key, value]) => [key, value]),
  ];
}

function listOf(names: readonly string[]): string {
  const rest = names.length - SHOWN_CLASSES;
  const shown = names.slice(0, SHOWN_CLASSES).join(', ');
  return rest > 0 ? `${shown} and ${formatCount(rest)} more` : shown;
}

function shapeOf(shape: readonly (number | string)[]): string {
  return `[${shape.join(', ')}]`;
}

/** The last column is of numbers, which end below each other. */
function tableLines(rows: readonly Row[], colors: Colors): string[] {
  const texts = rows.map((row) => row.map(printable));
  const widths = texts[0]!.map((_, column) => Math.max(...texts.map((row) => row[column]!.length)));
  return texts.map((row, index) => {
    const line = row
      .map((text, column) =>
        column === row.length - 1 ? text.padStart(widths[column]!) : text.padEnd(widths[column]!),
      )
      .join(GAP)
      .trimEnd();
    return index === 0 ? colors.dim(line) : line;
  });
}

/** Cut short, and without control characters. */
function printable(text: string): string {
  const plain = text.replace(/\p{Cc}/gu, ' ');
  return plain.length > SHOWN_CHARACTERS ? `${plain.slice(0, SHOWN_CHARACTERS)}…` : plain;
}
