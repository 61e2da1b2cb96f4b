// Every source of data there is besides `--dataset`, and which of them flags ask for.
import { UsageError } from '../errors.js';

import type { Given } from '../given.js';
import { csvSource } from './csv.js';
import { imagesSource } from './images.js';
import type { DataSource, SourceSpec } from './source.js';
import { textSource } from './text.js';

export const DATA_SOURCES: readonly DataSource[] = [csvSource, imagesSource, textSource];

/**
 * @returns what the flags ask a source for; undefined if none of them is about a source
 * @throws UsageError if they ask for two, or a flag stands without the one that it goes with
 */
export function sourceSpecOf(given: Given<object>): SourceSpec | undefined {
  const isGiven = given.isGiven as (flag: string) => boolean;
  const asked = DATA_SOURCES.filter(({ flag }) => isGiven(flag));
  const [source, other] = asked;
  if (other) {
    throw new UsageError(`--${source!.flag} and --${other.flag} are two sources of data; give one`);
  }
  const mine = new Set(source?.flags);
  const stray = DATA_SOURCES.flatMap(({ flags }) => flags).find(
    (name) => isGiven(name) && !mine.has(name),
  );
  if (stray !== undefined) {
    const hosts = DATA_SOURCES.filter(({ flags }) => flags.includes(stray));
    throw new UsageError(
      `${dashed(stray)} goes with ${hosts.map(({ flag }) => dashed(flag)).join(' or ')}`,
    );
  }
  if (!source) return undefined;
  if (isGiven('dataDir')) {
    throw new UsageError(
      `${dashed(source.flag)} and --data-dir are two sources of data; give one (--dataset NAME only gives it a name)`,
    );
  }
  return source.specOf(given);
}

/** @throws UsageError if no source is called so, as in a run.json of another version */
export function sourceOf(spec: SourceSpec): DataSource {
  const found = DATA_SOURCES.find(({ flag }) => flag === spec.source);
  if (found) return found;
  throw new UsageError(
    `the run's data came by --${spec.source}, which is none of ${DATA_SOURCES.map(({ flag }) => dashed(flag)).join(', ')} here`,
  );
}

/** imageSize → `--image-size`. */
export function dashed(flag: string): string {
  return `--${flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
