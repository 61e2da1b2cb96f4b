// What needs no files: the package as a page gets it, by the condition `browser` of its exports.
// Invariant: nothing here reaches a Node API. In Node the index gives all of it, and files besides.
export type { FromArraysOptions } from './arrays.js';
export { fromArrays } from './arrays.js';
export type { CsvDataset, CsvOptions } from './csv.js';
export { parseCsv, parseCsvStream } from './csv.js';
export { DEFAULT_RULE, pictureInputs, type SampleSize, sampleSize } from './pictures/apply-rule.js';
export { type ChannelStatistics, channelStatistics } from './pictures/channel-statistics.js';
export type { Picture } from './pictures/picture.js';
export { type PictureWay, pictureWay } from './pictures/picture-way.js';
export { categoryFault } from './preparing/automatic.js';
export type {
  BagOfWordsOptions,
  ClassOptions,
  ColumnOptions,
  ColumnPlan,
  MinMaxOptions,
  MissingRule,
  OneHotOptions,
} from './preparing/columns.js';
export {
  bagOfWords,
  classOf,
  minMax,
  oneHot,
  passThrough,
  standardise,
} from './preparing/columns.js';
export type { Prepared, PrepareOptions, TableParts } from './preparing/prepare.js';
export { datasetOf, prepare } from './preparing/prepare.js';
export { type SeriesColumns, type WindowOptions, windows } from './series/windows.js';
export { shareDataset, shareDatasets } from './shared.js';
export type { Parts, SplitOptions, TrainTestSplitOptions } from './split.js';
export { firstSamples, split, trainTestSplit } from './split.js';
export type { TableFormat, TableOptions } from './table/options.js';
export { parseTable, parseTableStream } from './table/parse.js';
export { Table, tableOf } from './table/table.js';
export { learnTokenizer, type TokenizerChoice } from './text/learn-tokenizer.js';
export { type TextOptions, type TextParts, textDataset } from './text/text-dataset.js';
