// Where and how workers reach a coordinator: the options, and the same complete and checked.
import {
  ConfigError,
  checkOptions,
  type OptionNames,
  requireChoice,
  requireInteger,
  requireNumber,
  requireText,
} from '@lockstep/errors';
import { checkTransports, type ListenTls, type Transport, webSockets } from '@lockstep/transport';
import { MAX_HEARTBEAT_MS, MAX_MEMBERS } from '@lockstep/wire';
import type { Lead } from './lead.js';

const MIN_TOKEN_CHARACTERS = 16;

/** Where and how workers reach a coordinator. */
export interface CoordinatorOptions {
  /**
   * What carries messages, to listen with all of them, as `unixSockets({ path })` for workers of this machine. Default:
   * WebSockets, with `host`, `port`, `tls`, `insecure` and `names`, which belong to them and stand in `webSockets({ … })` where a
   * list is given.
   */
  readonly transports?: readonly Transport[] | undefined;
  /** Default 127.0.0.1. Beyond loopback it takes `tls`, or `insecure`. */
  readonly host?: string | undefined;
  /** Default 7070; 0 takes a free one. */
  readonly port?: number | undefined;
  /** What workers must prove to have; at least 16 characters. */
  readonly token: string;
  /** PEM texts; with `ca`, workers must show a certificate of that authority. */
  readonly tls?: ListenTls | undefined;
  /** Allows listening beyond loopback without TLS: others could read and change what is sent. Default false. */
  readonly insecure?: boolean | undefined;
  /** More host names under which workers may reach it. */
  readonly names?: readonly string[] | undefined;
  /** Wait for so many before the first step, of a run that goes on, too; not of one that is taken over by a `lead`. Default 1. */
  readonly minWorkers?: number | undefined;
  /** More are refused. Default 256. */
  readonly maxWorkers?: number | undefined;
  /** Default `auto`: a mesh when all workers can reach each other, else a star. Cannot change the result. */
  readonly topology?: 'auto' | 'star' | 'mesh' | undefined;
  /**
   * The share of steps, from 0 to 1, that are audited: another worker computes each part of the sum again, and the step
   * is only taken if the bytes are the same. It takes twice the computing, and a worker twice the memory. Default 0.
   */
  readonly auditShare?: number | undefined;
  /** A worker that is silent for longer is lost. Default 5000. */
  readonly heartbeatTimeoutMs?: number | undefined;
  /** Of one of several coordinators that leads now: it does nothing once it does not any more. A `Candidate` gives it. */
  readonly lead?: Lead | undefined;
}

/** The same, complete and checked. */
export interface NetworkOptions {
  readonly transports: readonly Transport[];
  readonly token: string;
  readonly minWorkers: number;
  readonly maxWorkers: number;
  readonly topology: 'auto' | 'star' | 'mesh';
  readonly auditShare: number;
  readonly heartbeatTimeoutMs: number;
  readonly lead: Lead | undefined;
}

export const COORDINATOR_OPTIONS: OptionNames<CoordinatorOptions> = {
  transports: true,
  host: true,
  port: true,
  token: true,
  tls: true,
  insecure: true,
  names: true,
  minWorkers: true,
  maxWorkers: true,
  topology: true,
  auditShare: true,
  heartbeatTimeoutMs: true,
  lead: true,
};

const TOPOLOGIES = ['auto', 'star', 'mesh'] as const;

/**
 * @param operation for errors
 * @throws ConfigError if one is of a wrong kind or out of its range, or others could read and change what is sent
 */
export function networkOptions(
  options: CoordinatorOptions,
  operation = 'coordinate',
): NetworkOptions {
  const { token, minWorkers = 1, maxWorkers = 256, topology = 'auto', auditShare = 0 } = options;
  const { heartbeatTimeoutMs = 5000, lead } = options;
  if (token !== undefined) requireText(operation, 'token', token);
  if (token === undefined || token.length < MIN_TOKEN_CHARACTERS) {
    const { length } = token ?? '';
    throw new ConfigError(
      `${operation}: the token has ${length} ${length === 1 ? 'character' : 'characters'}, expected at least ${MIN_TOKEN_CHARACTERS}: it is all that keeps strangers out`,
    );
  }
  requireInteger(operation, 'maxWorkers', maxWorkers, 1, MAX_MEMBERS);
  requireInteger(operation, 'minWorkers', minWorkers, 1, maxWorkers);
  requireChoice(operation, 'topology', topology, TOPOLOGIES);
  requireNumber(operation, 'auditShare', auditShare, { min: 0, max: 1 });
  requireInteger(operation, 'heartbeatTimeoutMs', heartbeatTimeoutMs, 100, MAX_HEARTBEAT_MS);
  const transports = transportsOf(options, operation);
  return {
    transports,
    token,
    minWorkers,
    maxWorkers,
    topology,
    auditShare,
    heartbeatTimeoutMs,
    lead,
  };
}

function transportsOf(options: CoordinatorOptions, operation: string): readonly Transport[] {
  const { transports, host = '127.0.0.1', port = 7070, tls, insecure, names } = options;
  if (transports === undefined) {
    if (tls !== undefined) {
      checkOptions(`${operation}: tls`, tls, { cert: true, key: true, ca: true });
      requireText(operation, 'tls.cert', tls.cert);
      requireText(operation, 'tls.key', tls.key);
    }
    return [webSockets({ host, port, tls, insecure, names }, operation)];
  }
  return checkTransports(operation, transports, options, WEB_SOCKETS_OWN);
}

const WEB_SOCKETS_OWN = ['host', 'port', 'tls', 'insecure', 'names'] as const;
