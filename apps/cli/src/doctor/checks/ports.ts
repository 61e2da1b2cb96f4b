// Whether this machine can talk to itself, and whether a coordinator could listen where it listens unless it is told otherwise.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { type Check, type Judgement, note, ok, problem, together } from '../check.js';

/** A coordinator's, unless it is given another. */
const PORT = 7070;
const HOST = '127.0.0.1';

/** What came of it; codes are the system's. */
export interface Ports {
  /** Why no connection of this machine's own can be made. */
  readonly loopback: string | undefined;
  /** Why PORT cannot be listened on. */
  readonly usual: string | undefined;
}

export const ports: Check = {
  id: 'ports',
  title: 'Ports',
  async look({ signal }) {
    return judgePorts({
      loopback: await tryLoopback(signal),
      usual: await tryListening(PORT),
    });
  },
};

/** @returns the code of what is in the way; undefined if a byte went from one end to the other */
export async function tryLoopback(signal: AbortSignal): Promise<string | undefined> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  try {
    await listening(server, 0);
    const socket = connect((server.address() as AddressInfo).port, HOST);
    socket.on('error', () => {});
    try {
      await once(socket, 'connect', { signal });
      socket.write('?');
      await once(socket, 'data', { signal });
      return undefined;
    } finally {
      socket.destroy();
    }
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    server.close();
  }
}

/** @returns the code of what is in the way */
export async function tryListening(port: number): Promise<string | undefined> {
  const server = createServer();
  try {
    await listening(server, port);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    server.close();
  }
}

function listening(server: ReturnType<typeof createServer>, port: number): Promise<unknown> {
  server.listen(port, HOST);
  return once(server, 'listening');
}

export function judgePorts({ loopback, usual }: Ports): Judgement {
  if (loopback !== undefined) {
    return problem(
      `this machine cannot talk to itself at ${HOST} (${loopback === 'ABORT_ERR' ? 'no answer' : loopback})`,
      'look at its firewall, at the loopback interface (ip link set lo up), and at Node’s permission model; threads of one machine need no port',
    );
  }
  const own = ok(`${HOST} can be listened on and dialled`);
  if (usual === undefined) return together(own, ok(`${PORT} is free`));
  return usual === 'EADDRINUSE'
    ? together(
        own,
        note(
          `${PORT} is taken: something listens there already`,
          'it may be a coordinator; another one takes another port with --port N, 0 takes a free one',
        ),
      )
    : together(
        own,
        note(`${PORT} cannot be listened on (${usual})`, 'take another port with --port N'),
      );
}
