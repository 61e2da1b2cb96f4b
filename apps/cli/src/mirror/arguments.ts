// Commands that read runs take them where they are kept, too: `lockstep evaluate s3://bucket/prefix`. What stands there is fetched
// into the cache, and the command gets that folder; the next time only what has changed is fetched.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { cacheFolder } from '@lockstep/data';
import { type Command, InvalidArgumentError } from 'commander';
import { UsageError } from '../errors.js';
import type { Session } from '../session.js';
import { folderNameOf, isStoreUrl, storeUrl } from './address.js';

/** Commands whose argument is such a place itself. */
const ITSELF: readonly string[] = ['pull'];

export function namesStore(command: Command): boolean {
  return !ITSELF.includes(command.name()) && command.args.some(isStoreUrl);
}

/**
 * Puts folders in the place of such arguments, before the command sees them.
 *
 * @throws UsageError if there is no run; StoreError if the store cannot be read
 */
export async function fetchArguments(command: Command, session: Session): Promise<void> {
  const fetched = async (argument: unknown): Promise<unknown> => {
    if (Array.isArray(argument)) return Promise.all(argument.map(fetched));
    return typeof argument === 'string' && isStoreUrl(argument)
      ? fetchToCache(argument, session)
      : argument;
  };
  command.processedArgs = (await fetched(command.processedArgs)) as unknown[];
}

async function fetchToCache(text: string, { env, signal, screen }: Session): Promise<string> {
  const { fetchRun } = await import('./fetch-run.js');
  const { ObjectStore } = await import('./object-store.js');
  let url: string;
  try {
    url = storeUrl(text);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new UsageError(`${text}: ${error.message}`, { cause: error });
  }
  const mark = createHash('sha256').update(url).digest('hex').slice(0, 16);
  const folder = join(cacheFolder({}), 'runs', `${folderNameOf(url)}-${mark}`);
  const warn = (message: string): void => screen.warn(message);
  const store = ObjectStore.open(url, env);
  if (await fetchRun(store, folder, { signal, warn, isCopy: true })) return folder;
  throw new UsageError(`${url} holds no run`);
}
