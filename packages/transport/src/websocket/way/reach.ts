// The second part of the way: TCP, to each address that a name leads to. A dial takes one after the other, and the first that
// answers; here all are tried, since another machine may take another one.
import { once } from 'node:events';
import { connect, isIP } from 'node:net';
import type { Finding } from '../../transport.js';
import { inTime, within } from '../../within.js';

const PART = { id: 'connect', title: 'Connection' } as const;

/** What came of one address. */
export type Reached =
  | { readonly address: string; readonly ms: number }
  /** The system's code, or `timeout`. */
  | { readonly address: string; readonly code: string };

export function reachAll(
  addresses: readonly string[],
  port: number,
  ms: number,
): Promise<readonly Reached[]> {
  return Promise.all(addresses.map((address) => reach(address, port, ms)));
}

async function reach(address: string, port: number, ms: number): Promise<Reached> {
  const socket = connect({ host: address, port });
  socket.on('error', () => {});
  const begun = performance.now();
  try {
    await within(ms, (signal) => once(socket, 'connect', { signal }));
    return { address, ms: performance.now() - begun };
  } catch (error) {
    return { address, code: (error as NodeJS.ErrnoException).code ?? 'unknown' };
  } finally {
    socket.destroy();
  }
}

/** What it comes to. @param reached at least one */
export function describeReached(reached: readonly Reached[], port: number): Finding {
  const found = reached.map((one) => `${place(one.address, port)} ${outcome(one)}`).join('; ');
  const codes = reached.flatMap((one) => ('code' in one ? one.code : []));
  if (codes.length < reached.length) {
    // One that refuses costs no time; one that is silent costs each dial some.
    return codes.some(isSilent)
      ? {
          ...{ ...PART, status: 'note', found },
          advice:
            'whoever dials waits for the silent address first; let the name lead only to where it listens',
        }
      : { ...PART, status: 'ok', found };
  }
  return { ...PART, status: 'problem', found, advice: adviceFor(codes) };
}

function place(address: string, port: number): string {
  return isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}

function outcome(one: Reached): string {
  if ('ms' in one) return `answers in ${inTime(one.ms)}`;
  if (isSilent(one.code)) return 'does not answer';
  return one.code === 'ECONNREFUSED' ? 'refuses (ECONNREFUSED)' : `cannot be reached (${one.code})`;
}

function isSilent(code: string): boolean {
  return code === 'timeout' || code === 'ETIMEDOUT';
}

const UNREACHABLE = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ENETDOWN']);

function adviceFor(codes: readonly string[]): string {
  if (codes.some((code) => code === 'ECONNREFUSED')) {
    return 'nobody listens there: look whether the coordinator runs, at that port, and listens beyond its own machine (--host; 127.0.0.1 unless it is given)';
  }
  if (codes.some(isSilent)) {
    return 'a firewall may drop what comes: open the port on that machine, and on the way to it; and look whether it is the right machine';
  }
  if (codes.some((code) => UNREACHABLE.has(code))) {
    return "there is no way to that network from here: look at this machine's network, VPN and routes";
  }
  if (codes.some((code) => code === 'EACCES' || code === 'EPERM')) {
    return 'this machine does not let the program connect: look at its firewall, and at Node’s permission model';
  }
  return "look at the address, and at this machine's network";
}
