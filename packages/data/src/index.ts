// What the package offers: datasets from files, mirrors, arrays and text, in shared memory.

export type { FromArraysOptions } from './arrays.js';
export { fromArrays } from './arrays.js';
export { cacheFolder } from './cache-folder.js';
export type { CsvDataset, CsvOptions } from './csv.js';
export { parseCsv, parseCsvStream } from './csv.js';
export type { CsvProgress, ReadCsvOptions } from './csv-file.js';
export { readCsv } from './csv-file.js';
export type { DownloadProgress } from './download.js';
export type { DatasetPair } from './folder.js';
export { loadIdxFolder } from './folder.js';
export { datasetSha256 } from './hash.js';
export type { LoadMnistOptions, LoadOptions, LoadProgress } from './mnist.js';
export { loadMnist } from './mnist.js';
export { shareDataset, shareDatasets } from './shared.js';
export type { OfficialName } from './sources.js';
export type { SplitOptions } from './split.js';
export { firstSamples, trainTestSplit } from './split.js';
