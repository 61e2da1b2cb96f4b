// The transport for parties of one machine: Unix sockets. Its URLs are `unix:PATH`, with what is not plain ASCII
// percent-encoded; the file at that path is its user's alone (socket-file.ts). A worker that came by one listens by one for the
// others, in a folder that it makes and removes. It is nothing for Windows.
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ConfigError, checkOptions, requireText } from '@lockstep/errors';
import { printable } from '@lockstep/wire';
import { LinkError } from '../errors.js';
import type { Acceptor, DialSetting, Door, Transport } from '../transport.js';
import { examineFile } from './examine-file.js';
import { listenAt, pathProblem } from './socket-file.js';
import { UnixChannel } from './unix-channel.js';

/** What `unixSockets` takes. */
export interface UnixSocketSettings {
  /**
   * Listens there; a relative one is of the working directory. If left out, a coordinator does not listen; a worker that
   * reaches its coordinator by a Unix socket listens in a folder of its own.
   */
  readonly path?: string | undefined;
}

const SCHEME = 'unix:';
const MAX_SHOWN = 300;

/**
 * @param operation for errors
 * @throws ConfigError if the path cannot be a socket's
 */
export function unixSockets(
  settings: UnixSocketSettings = {},
  operation = 'unixSockets',
): Transport {
  checkOptions(operation, settings, { path: true });
  if (settings.path !== undefined) requireText(operation, 'path', settings.path);
  const path = settings.path === undefined ? undefined : resolve(settings.path);
  const problem = path === undefined ? undefined : pathProblem(path);
  if (problem !== undefined) throw new ConfigError(`${operation}: listen on ${path}: ${problem}`);
  return {
    schemes: ['unix'],
    urlProblem,
    suggestion: (url) => (url.startsWith('/') ? `, as unix:${printable(url, MAX_SHOWN)}` : ''),
    dial,
    examine: (url, partMs) => examineFile(url, partMs, dial),
    async probe() {
      if (path === undefined) return;
      const server = createServer();
      await listenAt(server, path);
      await new Promise((closed) => server.close(closed));
    },
    async listen(acceptor: Acceptor) {
      if (path !== undefined) return openDoor(path, acceptor);
      return acceptor.towards?.startsWith(SCHEME) ? openOwnDoor(acceptor) : undefined;
    },
  };
}

function urlProblem(url: string): string | undefined {
  const shown = `"${printable(url, MAX_SHOWN)}"`;
  const path = pathOf(url);
  if (path === undefined) return `${shown} is not an address to dial; expected unix:/PATH`;
  const problem = pathProblem(path);
  return problem === undefined ? undefined : `${shown} cannot be dialled: ${problem}`;
}

/** As a user writes it, too: `unix:run.sock` of the working directory. Two slashes would begin with a host. */
function pathOf(url: string): string | undefined {
  if (!url.startsWith(SCHEME) || url.length === SCHEME.length) return undefined;
  if (/^\/\/(?!\/)/.test(url.slice(SCHEME.length))) return undefined;
  try {
    return resolve(decodeURIComponent(url.slice(SCHEME.length)).replace(/^\/\/(?=\/)/, ''));
  } catch {
    return undefined;
  }
}

function urlOf(path: string): string {
  return SCHEME + encodeURI(path);
}

async function dial(url: string, { signal }: DialSetting): Promise<UnixChannel> {
  const socket = createConnection({ path: pathOf(url)!, signal });
  socket.pause();
  socket.on('error', () => {});
  try {
    await once(socket, 'connect');
  } catch (cause) {
    signal.throwIfAborted();
    throw dialFailure(url, cause as NodeJS.ErrnoException);
  }
  return new UnixChannel(socket, url);
}

function dialFailure(url: string, cause: NodeJS.ErrnoException): LinkError {
  const { code, message } = cause;
  const failure = (kind: 'refused' | 'unreachable', words: string): LinkError =>
    new LinkError(kind, `dial ${printable(url, MAX_SHOWN)}: ${words}`, code, { cause });
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return failure('unreachable', `there is no such socket on this machine (${code})`);
    case 'ECONNREFUSED':
    case 'ENOTSOCK': {
      const isSocket = statSync(pathOf(url)!, { throwIfNoEntry: false })?.isSocket() ?? true;
      const words = isSocket ? 'nobody listens there any more' : 'what is there is no socket';
      return failure('unreachable', `${words} (${code})`);
    }
    case 'EACCES':
    case 'EPERM':
      return failure('refused', `this user may not connect there (${code}): it is of another one`);
    default:
      return failure('unreachable', message);
  }
}

async function openDoor(path: string, acceptor: Acceptor): Promise<Door> {
  const url = urlOf(path);
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    const arrival = acceptor.arriving(() => socket.destroy());
    socket.once('close', () => arrival.gone());
    acceptor.open(new UnixChannel(socket, url), arrival);
  });
  await listenAt(server, path);
  return {
    urls: [url],
    // Which removes the file.
    async close() {
      server.close();
    },
  };
}

/** Of this user alone, as `mkdtemp` makes it. @returns undefined where the system's folder is too deep for a socket */
async function openOwnDoor(acceptor: Acceptor): Promise<Door | undefined> {
  const parent = join(tmpdir(), 'lockstep-');
  if (pathProblem(`${parent}XXXXXX/worker`) !== undefined) return undefined;
  const folder = await mkdtemp(parent);
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const door = await openDoor(join(folder, 'worker'), acceptor);
    return {
      ...door,
      async close() {
        await door.close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
