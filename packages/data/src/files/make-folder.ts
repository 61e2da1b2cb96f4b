// A folder that is made with those above it.
// Invariant: it answers. Node's own `mkdir(…, { recursive: true })` never does where a file system has a folder in which nothing can
// be made and calls what is to be made "not found", as /proc does: it goes up, finds the folder there, and tries again for ever.
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * @returns the outermost folder that was made; undefined if it was there
 * @throws the file system's own error if it cannot be made, or is a file
 */
export async function makeFolder(folder: string): Promise<string | undefined> {
  const fault = await tryMaking(folder);
  if (fault === undefined) return folder;
  if (await isFolder(folder)) return undefined;
  const above = dirname(folder);
  if (fault.code !== 'ENOENT' || above === folder) throw fault;
  const first = await makeFolder(above);
  const again = await tryMaking(folder);
  // Another process may have made it meanwhile.
  if (again !== undefined && !(await isFolder(folder))) throw again;
  return first ?? folder;
}

async function tryMaking(folder: string): Promise<NodeJS.ErrnoException | undefined> {
  return mkdir(folder).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error,
  );
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
