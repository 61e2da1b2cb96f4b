// The file of a Unix socket: whether one can be made at a path, and making it. A file of somebody who is gone is taken over, one
// behind which somebody listens is not, and anything that is no socket is left as it is.
// Invariant: nobody but this user may connect: the file's permissions say so, and connecting takes the right to write.
import { chmodSync, existsSync, lstatSync, type Stats, unlinkSync } from 'node:fs';
import { createConnection, type Server } from 'node:net';
import { dirname } from 'node:path';
import { ListenError } from '../errors.js';

/** Of a socket's address (sun_path), less the zero at its end: Linux has 108, BSD and macOS 104. */
export const MOST_PATH_BYTES = process.platform === 'linux' ? 107 : 103;

/** @returns what is wrong with it, as words about a path; undefined if it can be a socket's */
export function pathProblem(path: string): string | undefined {
  const bytes = Buffer.byteLength(path);
  if (process.platform === 'win32') {
    return 'Unix sockets are for Linux, macOS and BSD; on Windows use ws://127.0.0.1:PORT';
  }
  if (path.includes('\0')) return 'a path has no zero byte';
  if (bytes > MOST_PATH_BYTES) {
    return `the path has ${bytes} bytes, and a socket's may have ${MOST_PATH_BYTES}; choose a shorter one, as /tmp/lockstep.sock`;
  }
  return undefined;
}

/**
 * Makes way at a path for a socket.
 *
 * @throws ListenError `address` if none can be made there
 */
async function clearPath(path: string): Promise<void> {
  const problem = pathProblem(path);
  if (problem !== undefined) throw refusal(path, problem);
  const found = fileAt(path);
  if (!found) return;
  if (!found.isSocket()) {
    throw refusal(path, 'that is there already, and is no socket; choose another path');
  }
  if (await isAnswered(path)) {
    throw refusal(path, 'another process listens there already; choose another path, or end that');
  }
  // Somebody else may have made way as well, and listen there by now.
  const now = fileAt(path);
  if (!now || now.ino !== found.ino) return;
  try {
    unlinkSync(path);
  } catch (cause) {
    const { message } = cause as Error;
    throw refusal(path, `the socket of a process that is gone cannot be removed: ${message}`);
  }
}

/** @throws ListenError `address` if it cannot be looked at */
function fileAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    throw refusal(path, bindProblem(cause as NodeJS.ErrnoException, path), cause as Error);
  }
}

/** @throws ListenError `address` */
export async function listenAt(server: Server, path: string): Promise<void> {
  await clearPath(path);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(refusal(path, bindProblem(cause, path), cause));
    });
    server.listen(path, () => resolve());
    // It is bound by now, and nobody has been let in.
    if (server.listening) chmodSync(path, 0o600);
  });
}

/** Whether anybody listens behind a socket, or may. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', ({ code, message }: NodeJS.ErrnoException) => {
      if (code === 'ECONNREFUSED' || code === 'ENOENT') resolve(false);
      else if (code === 'EAGAIN') resolve(true);
      else reject(refusal(path, `a socket is there already: ${message}`));
    });
  });
}

function bindProblem({ code, message }: NodeJS.ErrnoException, path: string): string {
  switch (code) {
    case 'EADDRINUSE':
      return `another process listens there already (${code}); choose another path`;
    // libuv says so of a folder that is not there, too.
    case 'EACCES':
    case 'ENOENT': {
      const folder = dirname(path);
      return existsSync(folder)
        ? `this user may not make a file there (${code}); choose another path`
        : `there is no folder ${folder} that this user can see (${code})`;
    }
    case 'ENOTDIR':
      return `${dirname(path)} is no folder (${code}); choose another path`;
    default:
      return message;
  }
}

function refusal(path: string, problem: string, cause?: Error): ListenError {
  return new ListenError('address', `listen on ${path}: ${problem}`, { cause });
}
