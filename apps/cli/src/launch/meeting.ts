// Where ranks meet: rank 0's machine and port, and by which rule. Pure.
// Flags come first, then our own variable; ranks of one machine meet on its loopback; then MASTER_ADDR, which people set for any
// launcher, and what the scheduler says.
import { isIP } from 'node:net';
import { UsageError } from '../errors.js';
import { isHost } from '../host-name.js';
import { isLoopback } from '../loopback.js';
import { type Environment, type Seen, type Sighting, Variables } from './schedulers/scheduler.js';

/** What somebody says of it. */
export interface MeetingFlags {
  readonly coordinator?: { readonly host: string; readonly port: number | undefined };
  readonly port?: number;
}

export interface Meeting {
  /** An address or a name, IPv6 without brackets. */
  readonly host: string;
  /** By which rule, in words. */
  readonly hostFrom: string;
  readonly port: number;
  readonly portFrom: string;
  /** Whether all ranks are on one machine. */
  readonly isLocal: boolean;
}

const LOOPBACK = '127.0.0.1';
const USUAL_PORT = 7070;
const MAX_PORT = 65_535;

export interface Known {
  readonly ranks: number;
  readonly localRanks: number | undefined;
  /** Whose rank it is. */
  readonly chosen: Seen | undefined;
  /** Everybody who says anything. */
  readonly all: readonly Seen[];
}

/** @throws UsageError if rank 0's machine cannot be known, or variables are no address or port */
export function meetingOf(env: Environment, flags: MeetingFlags, known: Known): Meeting {
  const variables = new Variables(env, '--port');
  const own = flags.coordinator ? undefined : ownAddress(variables);
  const { host, from } = hostOf(variables, flags, own, known);
  const isLocal = isLoopback(host);
  return {
    host: host === 'localhost' ? LOOPBACK : host,
    hostFrom: from,
    ...portOf(variables, flags, own, known),
    isLocal,
  };
}

function hostOf(
  variables: Variables,
  { coordinator }: MeetingFlags,
  own: ReturnType<typeof ownAddress>,
  { ranks, localRanks, chosen, all }: Known,
): { host: string; from: string } {
  if (coordinator) return { host: coordinator.host, from: '--coordinator' };
  if (own) return { host: own.host, from: 'LOCKSTEP_COORDINATOR' };
  if (ranks === 1) return { host: LOOPBACK, from: 'there is one rank' };
  if (localRanks === ranks) {
    return { host: LOOPBACK, from: 'all ranks are on this machine' };
  }
  const master = variables.text('MASTER_ADDR');
  if (master !== undefined) {
    return { host: checkedHost('MASTER_ADDR', master), from: 'MASTER_ADDR' };
  }
  const told = toldOf('host', chosen, all);
  if (told) return { host: told.name, from: told.from };
  const faulty = all.find(({ sighting }) => sighting.hostFault !== undefined);
  if (faulty) {
    throw new UsageError(
      `launch: ${faulty.scheduler.name}: ${faulty.sighting.hostFault}; or give --coordinator HOST on every rank`,
    );
  }
  const hint = chosen?.scheduler.hostHint;
  throw new UsageError(
    `launch: nobody says on which machine rank 0 is${chosen ? ` (not by ${chosen.scheduler.name})` : ''}; give --coordinator HOST on every rank${hint === undefined ? '' : `, or ${hint}`}`,
  );
}

function portOf(
  variables: Variables,
  { coordinator, port }: MeetingFlags,
  own: ReturnType<typeof ownAddress>,
  { chosen, all }: Known,
): Pick<Meeting, 'port' | 'portFrom'> {
  if (coordinator?.port !== undefined && port !== undefined && port !== coordinator.port) {
    throw new UsageError(
      `--coordinator has port ${coordinator.port}, and --port is ${port}; give one of them`,
    );
  }
  if (coordinator?.port !== undefined) return { port: coordinator.port, portFrom: '--coordinator' };
  if (port !== undefined) return { port, portFrom: '--port' };
  if (own?.port !== undefined) return { port: own.port, portFrom: 'LOCKSTEP_COORDINATOR' };
  const master = variables.number('MASTER_PORT');
  if (master !== undefined) {
    if (master < 1 || master > MAX_PORT) {
      throw variables.fault(`a port from 1 to ${MAX_PORT}`, 'MASTER_PORT');
    }
    // torchrun's own store listens there.
    if (!/^(true|1)$/i.test(variables.text('TORCHELASTIC_USE_AGENT_STORE') ?? '')) {
      return { port: master, portFrom: 'MASTER_PORT' };
    }
    const beside = master < MAX_PORT ? master + 1 : master - 1;
    return { port: beside, portFrom: 'beside MASTER_PORT, at which torchrun itself listens' };
  }
  const told = toldOf('port', chosen, all);
  if (told) return { port: told.number, portFrom: told.from };
  return { port: USUAL_PORT, portFrom: 'the usual one' };
}

/** What whoever started this rank says, else whoever is around it. */
function toldOf<P extends 'host' | 'port'>(
  part: P,
  chosen: Seen | undefined,
  all: readonly Seen[],
): Sighting[P] {
  return (
    chosen?.sighting[part] ??
    all
      .map(({ sighting }) => (sighting.ofJob ?? sighting)[part])
      .find((value) => value !== undefined)
  );
}

function ownAddress(variables: Variables): { host: string; port: number | undefined } | undefined {
  const text = variables.text('LOCKSTEP_COORDINATOR');
  if (text === undefined) return undefined;
  const found = hostAndMaybePort(text);
  if (typeof found !== 'string') return found;
  throw new UsageError(
    `launch: LOCKSTEP_COORDINATOR=${text}: ${found}; unset it, or give --coordinator`,
  );
}

function checkedHost(name: string, text: string): string {
  const found = hostAndMaybePort(text);
  if (typeof found !== 'string' && found.port === undefined) return found.host;
  throw new UsageError(
    `launch: ${name}=${text}: expected a host name or an address alone; unset it, or give --coordinator`,
  );
}

/** `HOST`, `HOST:PORT`, `::1` or `[::1]:7070`. @returns what to write instead, as words, if it is none */
export function hostAndMaybePort(
  text: string,
): { host: string; port: number | undefined } | string {
  const expected = 'expected HOST or HOST:PORT, for example node1:7070 or [fd00::1]:7070';
  if (isHost(text)) return { host: text, port: undefined };
  const [, bracketed, name, digits] =
    /^(?:\[([\da-f:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/i.exec(text) ?? [];
  const host = bracketed ?? name;
  const port = digits === undefined ? undefined : Number(digits);
  const isPort = port === undefined || (port >= 1 && port <= MAX_PORT);
  if (host === undefined || !isPort) return expected;
  return (bracketed === undefined ? isHost(host) : isIP(host) === 6) ? { host, port } : expected;
}

/** As in a URL: IPv6 in brackets. */
export function inUrl(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}
