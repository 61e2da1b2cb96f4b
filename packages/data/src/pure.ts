// What needs no files: the package as a page gets it, by the condition `browser` of its exports.
// Invariant: nothing here reaches a Node API. In Node the index gives all of it, and files besides.
export type { FromArraysOptions } from './arrays.js';
export { fromArrays } from './arrays.js';
export type { CsvDataset, CsvOptions } from './csv.js';
export { parseCsv, parseCsvStream } from './csv.js';
export { shareDataset, shareDatasets } from './shared.js';
export type { SplitOptions } from './split.js';
export { firstSamples, trainTestSplit } from './split.js';
