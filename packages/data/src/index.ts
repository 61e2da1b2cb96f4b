// What the package offers: datasets from files, mirrors, arrays and text, in shared memory.
export { cacheFolder } from './files/cache-folder.js';
export type { ReadCsvOptions } from './files/csv-file.js';
export { readCsv } from './files/csv-file.js';
export type { DownloadProgress } from './files/download.js';
export type { DatasetPair } from './files/folder.js';
export { loadIdxFolder } from './files/folder.js';
export { datasetSha256 } from './files/hash.js';
export { idxImages, isIdx } from './files/idx-images.js';
export type { LoadMnistOptions, LoadOptions, LoadProgress } from './files/mnist.js';
export { loadMnist } from './files/mnist.js';
export { decodePicture } from './files/pictures/decode.js';
export type { PictureOptions, ReadPicturesOptions } from './files/pictures/read-pictures.js';
export { readPictureFolder, readPictures } from './files/pictures/read-pictures.js';
export type { ReadProgress } from './files/read-into.js';
export type { OfficialName } from './files/sources.js';
export type { ReadTableOptions } from './files/table-file.js';
export { readTable } from './files/table-file.js';
export * from './pure.js';
