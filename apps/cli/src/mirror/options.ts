// The flags that say where a run is kept besides its folder.
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { UsageError } from '../errors.js';
import { localPath } from '../option-values.js';
import { folderNameOf, isStoreUrl, storeUrl } from './address.js';

export interface MirrorFlags {
  /** `s3://bucket/prefix`. */
  readonly mirror?: string;
}

/** Of a command whose `--resume` takes a folder: it takes where a run is kept, too, which goes on there and in a folder here. */
export function addMirrorOption(command: Command): void {
  command
    .option(
      '--mirror <url>',
      'keep the run in an object store, too: s3://BUCKET/PREFIX, with the usual AWS_* variables. Steps never wait for it',
      storeUrl,
    )
    .hook('preAction', () => {
      const { resume, out, mirror } = command.opts<
        MirrorFlags & { readonly resume?: string; readonly out?: string }
      >();
      if (resume === undefined || !isStoreUrl(resume)) return;
      const url = checkedUrl(resume);
      if (mirror !== undefined && mirror !== url) {
        throw new UsageError(
          `--resume ${url} goes on there, and --mirror ${mirror} is another place; "lockstep pull" fetches the run, and --resume DIR --mirror URL keeps it elsewhere`,
        );
      }
      command.setOptionValueWithSource('mirror', url, 'cli');
      command.setOptionValueWithSource('resume', out ?? folderOf(url), 'cli');
    });
}

/** As a flag's parser. @throws InvalidArgumentError if it is a URL */
export function runFolder(text: string): string {
  if (!/^s3:/i.test(text)) return localPath(text);
  throw new InvalidArgumentError(
    'Expected a folder on this machine. To keep the run in an object store besides, give --mirror s3://BUCKET/PREFIX.',
  );
}

/** Where a run from a store lies here, unless somebody says where. */
export function folderOf(url: string): string {
  return join('runs', folderNameOf(url));
}

function checkedUrl(text: string): string {
  try {
    return storeUrl(text);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new UsageError(`--resume ${text}: ${error.message}`, { cause: error });
  }
}
