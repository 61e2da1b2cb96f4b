// What TensorBoard's table of hyper-parameters is made of: values without numbers whose metadata say it all. A session is one
// training; an experiment names the columns of the table, and TensorBoard takes those of the first that it finds.
// Source: https://github.com/tensorflow/tensorboard, tensorboard/plugins/hparams: plugin_data.proto, api.proto, metadata.py.
import type { PbfReader, PbfWriter } from 'pbf';
import { readText, writeText } from '../protobuf-text.js';
import { parse, readInner, readOuter } from './decode.js';
import { message } from './encode.js';
import type { SummaryValueProto } from './schema.js';

export type HparamValue = number | string | boolean;

/** A training begins. */
export interface SessionStartInfo {
  /** By name. */
  readonly hparams: Readonly<Record<string, HparamValue>>;
  /** Seconds since 1970. */
  readonly startTimeSecs: number;
}

/** A training is over. */
export interface SessionEndInfo {
  readonly status: TrainingStatus;
  /** Seconds since 1970. */
  readonly endTimeSecs: number;
}

export type TrainingStatus = (typeof STATUSES)[number];
/** By their numbers. */
const STATUSES = ['unknown', 'success', 'failure', 'running'] as const;

/** The columns of the table. */
export interface Experiment {
  /** Seconds since 1970. */
  readonly timeCreatedSecs: number;
  readonly hparamInfos: readonly HparamInfo[];
  readonly metricInfos: readonly MetricInfo[];
}

export interface HparamInfo {
  readonly name: string;
  readonly type: HparamType;
}

export type HparamType = (typeof TYPES)[number];
/** By their numbers. */
const TYPES = ['unset', 'string', 'boolean', 'number'] as const;

export interface MetricInfo {
  /** Of the numbers in the session's folder. */
  readonly tag: string;
  /** In place of the tag; '' for the tag. */
  readonly displayName: string;
}

/** One of these, whose field says which. */
export type HparamsPluginData =
  | { readonly experiment: Experiment }
  | { readonly sessionStartInfo: SessionStartInfo }
  | { readonly sessionEndInfo: SessionEndInfo };

const PLUGIN = 'hparams';
/** Who lists values by their tensors sees those only that have one. */
const NO_TENSOR = { shape: [1], floats: [0] };

/** The value that says it, under the tag where TensorBoard looks for it. */
export function hparamsValue(data: HparamsPluginData): SummaryValueProto {
  const kind =
    'experiment' in data
      ? 'experiment'
      : 'sessionStartInfo' in data
        ? 'session_start_info'
        : 'session_end_info';
  const metadata = { pluginName: PLUGIN, content: message(writeData, data) };
  return { tag: `_hparams_/${kind}`, metadata, tensor: NO_TENSOR };
}

/**
 * What such a value says.
 *
 * @returns undefined for any other value
 * @throws FormatError if it is damaged
 */
export function readHparamsValue({ metadata }: SummaryValueProto): HparamsPluginData | undefined {
  if (metadata?.pluginName !== PLUGIN) return undefined;
  return parse('hyper-parameters', readData, metadata.content);
}

function writeData(data: HparamsPluginData, writer: PbfWriter): void {
  if ('experiment' in data) writer.writeMessage(2, writeExperiment, data.experiment);
  if ('sessionStartInfo' in data) writer.writeMessage(3, writeStart, data.sessionStartInfo);
  if ('sessionEndInfo' in data) writer.writeMessage(4, writeEnd, data.sessionEndInfo);
}

function readData(reader: PbfReader): HparamsPluginData | undefined {
  let data: HparamsPluginData | undefined;
  readOuter(reader, (field) => {
    if (field === 2) data = { experiment: readExperiment(reader) };
    if (field === 3) data = { sessionStartInfo: readStart(reader) };
    if (field === 4) data = { sessionEndInfo: readEnd(reader) };
  });
  return data;
}

function writeExperiment(experiment: Experiment, writer: PbfWriter): void {
  writer.writeDoubleField(3, experiment.timeCreatedSecs);
  for (const info of experiment.hparamInfos) writer.writeMessage(4, writeHparamInfo, info);
  for (const info of experiment.metricInfos) writer.writeMessage(5, writeMetricInfo, info);
}

function readExperiment(reader: PbfReader): Experiment {
  let timeCreatedSecs = 0;
  const hparamInfos: HparamInfo[] = [];
  const metricInfos: MetricInfo[] = [];
  readInner(reader, (field) => {
    if (field === 3) timeCreatedSecs = reader.readDouble();
    if (field === 4) hparamInfos.push(readHparamInfo(reader));
    if (field === 5) metricInfos.push(readMetricInfo(reader));
  });
  return { timeCreatedSecs, hparamInfos, metricInfos };
}

function writeHparamInfo({ name, type }: HparamInfo, writer: PbfWriter): void {
  writeText(writer, 1, name);
  writer.writeVarintField(4, TYPES.indexOf(type));
}

function readHparamInfo(reader: PbfReader): HparamInfo {
  let name = '';
  let type: HparamType = 'unset';
  readInner(reader, (field) => {
    if (field === 1) name = readText(reader);
    if (field === 4) type = TYPES[reader.readVarint()] ?? 'unset';
  });
  return { name, type };
}

function writeMetricInfo(info: MetricInfo, writer: PbfWriter): void {
  writer.writeMessage(1, writeMetricName, info);
  if (info.displayName !== '') writeText(writer, 3, info.displayName);
}

function writeMetricName({ tag }: MetricInfo, writer: PbfWriter): void {
  writeText(writer, 2, tag);
}

function readMetricInfo(reader: PbfReader): MetricInfo {
  const info = { tag: '', displayName: '' };
  readInner(reader, (field) => {
    if (field === 1) {
      readInner(reader, (inner) => {
        if (inner === 2) info.tag = readText(reader);
      });
    }
    if (field === 3) info.displayName = readText(reader);
  });
  return info;
}

function writeStart({ hparams, startTimeSecs }: SessionStartInfo, writer: PbfWriter): void {
  for (const entry of Object.entries(hparams)) writer.writeMessage(1, writeHparam, entry);
  writer.writeDoubleField(5, startTimeSecs);
}

function readStart(reader: PbfReader): SessionStartInfo {
  const hparams: (readonly [string, HparamValue])[] = [];
  let startTimeSecs = 0;
  readInner(reader, (field) => {
    if (field === 1) hparams.push(...readHparam(reader));
    if (field === 5) startTimeSecs = reader.readDouble();
  });
  return { hparams: Object.fromEntries(hparams), startTimeSecs };
}

function writeHparam([name, value]: readonly [string, HparamValue], writer: PbfWriter): void {
  writeText(writer, 1, name);
  writer.writeMessage(2, writeValue, value);
}

/** @returns none of a value that is a list, an object or null */
function readHparam(reader: PbfReader): (readonly [string, HparamValue])[] {
  let name = '';
  let value: HparamValue | undefined;
  readInner(reader, (field) => {
    if (field === 1) name = readText(reader);
    if (field === 2) value = readValue(reader);
  });
  return value === undefined ? [] : [[name, value]];
}

/** google.protobuf.Value. */
function writeValue(value: HparamValue, writer: PbfWriter): void {
  if (typeof value === 'number') writer.writeDoubleField(2, value);
  if (typeof value === 'string') writeText(writer, 3, value);
  if (typeof value === 'boolean') writer.writeBooleanField(4, value);
}

function readValue(reader: PbfReader): HparamValue | undefined {
  let value: HparamValue | undefined;
  readInner(reader, (field) => {
    if (field === 2) value = reader.readDouble();
    if (field === 3) value = readText(reader);
    if (field === 4) value = reader.readBoolean();
  });
  return value;
}

function writeEnd({ status, endTimeSecs }: SessionEndInfo, writer: PbfWriter): void {
  writer.writeVarintField(1, STATUSES.indexOf(status));
  writer.writeDoubleField(2, endTimeSecs);
}

function readEnd(reader: PbfReader): SessionEndInfo {
  let status: TrainingStatus = 'unknown';
  let endTimeSecs = 0;
  readInner(reader, (field) => {
    if (field === 1) status = STATUSES[reader.readVarint()] ?? 'unknown';
    if (field === 2) endTimeSecs = reader.readDouble();
  });
  return { status, endTimeSecs };
}
