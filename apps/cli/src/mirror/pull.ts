// `lockstep pull`: a run that is kept in an object store, fetched into a folder.
import { type Command, InvalidArgumentError } from 'commander';
import { UsageError } from '../errors.js';
import { localPath } from '../option-values.js';
import type { Perform, Session } from '../session.js';
import { isStoreUrl, storeUrl } from './address.js';
import { folderOf } from './options.js';

const EXAMPLES = `
Examples:
  $ lockstep pull s3://models/runs/mnist
  $ lockstep pull s3://models/runs/mnist mnist-of-yesterday

AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY sign the requests; AWS_ENDPOINT_URL names another store than Amazon's. A folder that
holds the run already gets what is newer there. The other way a run goes by --mirror:
lockstep train --resume DIR --mirror s3://BUCKET/PREFIX.`;

/** Adds the command to a program; `perform` runs what it does. */
export function addPullCommand(program: Command, perform: Perform): void {
  program
    .command('pull')
    .description('fetch a run that is kept in an object store (--mirror)')
    .argument('<url>', 's3://BUCKET/PREFIX', pulled)
    .argument('[dir]', 'the folder (default: runs/ and the last part of the prefix)', localPath)
    .addHelpText('after', EXAMPLES)
    .action((url: string, dir: string | undefined) =>
      perform((session) => pull(url, dir ?? folderOf(url), session)),
    );
}

/** As an argument's parser. @throws InvalidArgumentError if it is no place of a run in a store */
function pulled(text: string): string {
  if (isStoreUrl(text)) return storeUrl(text);
  throw new InvalidArgumentError(
    'Expected s3://BUCKET/PREFIX, and then a folder. The other way a run goes by --mirror: lockstep train --resume DIR --mirror s3://BUCKET/PREFIX.',
  );
}

async function pull(url: string, out: string, session: Session): Promise<void> {
  const { hasRun, openMirror, takeNewest } = await import('./home.js');
  await takeNewest(openMirror(url, session), { flag: 'pull', out, isNeeded: true }, session);
  if (!(await hasRun(out))) throw new UsageError(`pull: ${url} holds no run`);
  session.screen.result('run', out);
}
